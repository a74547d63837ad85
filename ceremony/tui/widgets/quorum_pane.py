"""Who has signed each role, who is missing, and how many it needs; a root that follows another is counted twice."""

from collections.abc import Iterable, Mapping

from textual.content import Content
from textual.widgets import Static

from ceremony.core.tally import Standing
from ceremony.engine.room import Scene
from ceremony.tui.widgets.ink import DONE, WAITING, bold, clean, dim, good, lines

Standings = tuple[Standing, ...]


def quorum_lines(scene: Scene) -> Content:
    """For each role: how many of how many, then who has signed and who is missing, by name."""
    if not scene.standings:
        return lines([bold("SIGNATURES"), *_planned(scene)])
    names = dict(scene.holders)
    return lines([bold("SIGNATURES"), *(line for each in by_role(scene.standings) for line in _role(each, names))])


def quorum_strip(scene: Scene) -> Content:
    """Each role in a few characters, and who is still missing somewhere."""
    if not scene.standings:
        enrolled = f"enrolled {len(scene.enrolled)} of {len(scene.plan.keyholders)}"
        return Content.assemble(" Signatures: none yet · ", clean(enrolled))
    names = dict(scene.holders)
    counts = " · ".join(count_words(each, alike) for alike in by_role(scene.standings) for each in alike)
    open_ones = [each for each in scene.standings if not each.is_complete]
    missing = dict.fromkeys(names.get(keyid, keyid[:8]) for each in open_ones for keyid in each.missing)
    tail = f" · not yet: {', '.join(missing)}" if missing else f" {DONE} complete"
    return Content.assemble(" Signed: ", (counts, "bold"), clean(tail))


def by_role(standings: Standings) -> tuple[Standings, ...]:
    """The standings of each role beside each other, in their order: one for most roles, two for a root after a root."""
    roles = dict.fromkeys(each.role for each in standings)
    return tuple(tuple(each for each in standings if each.role == role) for role in roles)


def count_words(standing: Standing, alike: Standings) -> str:
    """Its count in a few characters; `alike` are all the standings of its role, so that one of two says which it is."""
    if len(alike) == 1:
        return f"{standing.role} {standing.progress}"
    return f"{standing.role} under {standing.by}: {standing.progress}"


def _planned(scene: Scene) -> Iterable[Content | str]:
    for role in scene.plan.offline_roles:
        if role in scene.plan.expires:
            yield bold(f"{role}  0 of {scene.plan.thresholds[role]}")
            yield f" {WAITING} not drafted yet"
        else:
            yield dim(f"{role}  stays as it is")
    yield ""
    yield bold("ENROLLED")
    for holder in scene.plan.keyholders:
        is_enrolled = holder.name in scene.enrolled
        said = ", keeps the key" if holder.keyid else ""
        line = f" {DONE if is_enrolled else WAITING} {holder.name}"
        yield good(f"{line}{said}") if is_enrolled else Content(clean(f"{line}  not yet"))


def _role(alike: Standings, names: Mapping[str, str]) -> Iterable[Content]:
    """The counts of one role, then each of its keys once, with the counts in which it counts where that can differ."""
    for each in alike:
        # Two counts are long as they are: there the mark says it alone.
        done = f" {DONE} complete" if len(alike) == 1 else f" {DONE}"
        head = count_words(each, alike)
        yield good(f"{head}{done}") if each.is_complete else bold(head)
    signed = dict.fromkeys(keyid for each in alike for keyid in each.signed)
    missing = dict.fromkeys(keyid for each in alike for keyid in each.missing)
    is_complete = all(each.is_complete for each in alike)
    for keyid in signed:
        yield good(f" {DONE} {names.get(keyid, keyid[:8])} signed{_where(keyid, alike)}")
    for keyid in missing:
        line = f" {WAITING} {names.get(keyid, keyid[:8])} missing{_where(keyid, alike)}"
        yield dim(line) if is_complete else Content(clean(line))


def _where(keyid: str, alike: Standings) -> str:
    """In which of two counts this key counts; nothing where there is but one."""
    found = [each.by for each in alike if keyid in (*each.signed, *each.missing)]
    if len(alike) == 1:
        return ""
    return ", in both" if len(found) == len(alike) else f", {' and '.join(found)}"


class QuorumPane(Static):
    """The standings on the right side."""

    def show(self, scene: Scene) -> None:
        """The scene's standings are these."""
        self.update(quorum_lines(scene))


class QuorumStrip(Static):
    """The same in a line or two, where there is no space for a pane."""

    def show(self, scene: Scene) -> None:
        """The scene's standings are these."""
        self.update(quorum_strip(scene))
