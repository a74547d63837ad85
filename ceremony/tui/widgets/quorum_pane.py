"""Who has signed each role, who is missing, and how many it needs."""

from collections.abc import Iterable

from textual.content import Content
from textual.widgets import Static

from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.tally import Standing
from ceremony.engine.room import Scene
from ceremony.tui.widgets.ink import DONE, WAITING, bold, clean, dim, good, lines


def quorum_lines(scene: Scene) -> Content:
    """For each role: how many of how many, then who has signed and who is missing, by name."""
    if not scene.standings:
        return lines([bold("SIGNATURES"), *_planned(scene)])
    names = dict(scene.holders)
    return lines([bold("SIGNATURES"), *(line for each in scene.standings for line in _standing(each, names))])


def quorum_strip(scene: Scene) -> Content:
    """Each role in a few characters, and who is still missing somewhere."""
    if not scene.standings:
        enrolled = f"enrolled {len(scene.enrolled)} of {len(scene.plan.keyholders)}"
        return Content.assemble(" Signatures: none yet · ", clean(enrolled))
    names = dict(scene.holders)
    counts = " · ".join(_count(each) for each in scene.standings)
    open_ones = [each for each in scene.standings if not each.is_complete]
    missing = dict.fromkeys(names.get(keyid, keyid[:8]) for each in open_ones for keyid in each.missing)
    tail = f" · not yet: {', '.join(missing)}" if missing else f" {DONE} complete"
    return Content.assemble(" Signed: ", (counts, "bold"), clean(tail))


def _planned(scene: Scene) -> Iterable[Content | str]:
    for role in OFFLINE_ROLES:
        yield bold(f"{role}  0 of {scene.plan.thresholds[role]}")
        yield f" {WAITING} not drafted yet"
    yield ""
    yield bold("ENROLLED")
    for holder in scene.plan.keyholders:
        is_enrolled = holder.name in scene.enrolled
        line = f" {DONE if is_enrolled else WAITING} {holder.name}"
        yield good(line) if is_enrolled else Content(clean(f"{line}  not yet"))


def _standing(standing: Standing, names: dict[str, str]) -> Iterable[Content]:
    head = _count(standing)
    yield good(f"{head} {DONE} complete") if standing.is_complete else bold(head)
    for keyid in standing.signed:
        yield good(f" {DONE} {names.get(keyid, keyid[:8])} signed")
    for keyid in standing.missing:
        line = f" {WAITING} {names.get(keyid, keyid[:8])} missing"
        yield dim(line) if standing.is_complete else Content(clean(line))


def _count(standing: Standing) -> str:
    return f"{standing.role} {standing.progress}"


class QuorumPane(Static):
    """The standings on the right side."""

    def show(self, scene: Scene) -> None:
        """The scene's standings are these."""
        self.update(quorum_lines(scene))


class QuorumStrip(Static):
    """The same in one line, where there is no space for a pane."""

    def show(self, scene: Scene) -> None:
        """The scene's standings are these."""
        self.update(quorum_strip(scene))
