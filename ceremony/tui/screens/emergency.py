"""An emergency: which keys were struck, what to do now, and the plan of the ceremony that takes them out."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from ceremony.core.plan import EMERGENCY, Keyholder
from ceremony.core.plan_emergency import Fate
from ceremony.core.playbook import Playbook, playbook_lines
from ceremony.core.struck_keys import online_keys
from ceremony.engine.disk import create_file
from ceremony.errors import CeremonyError
from ceremony.tui.incident_answers import Answers
from ceremony.tui.plan_form import form_of
from ceremony.tui.plan_judgement import TRUSTED, Judgement, judge
from ceremony.tui.screens.key_fate import KeyFate
from ceremony.tui.screens.online_key_lines import NextKeyLines
from ceremony.tui.screens.page import trouble_lines, typed_path
from ceremony.tui.screens.release_page import Release, ReleasePage
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import DONE, FAILED, good, lines, loud
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.widgets.playbook_view import PlaybookView
from ceremony.tui.wishes import Follow

_REASON = "incident.reason"


class EmergencyPage(ReleasePage):
    """A release, what has happened, and what has become of each key; below, at every answer, what to do."""

    title_shown = "In an emergency"
    lead = "A key is lost or stolen. Type the folder of the last release, or choose one found here."
    explanation = (
        "Say what has happened, and what has become of each key. A key that somebody else may have had, even for an "
        "hour, is not safe any more; one that nobody has is lost. Whoever is in doubt calls it stolen.\n\n"
        "The playbook says who does what, in which order, what a thief can do until then, and what clients see. Keep "
        "it in a file: it can be read before anybody travels. It comes from your own copy of the last release, so "
        "everybody who has that gets the same one.\n\n"
        "The plan takes out what was struck and changes nothing else. Haste lowers no bar: as many people sign as "
        "ever, and the review is read to its end. Where too few keys are left, no plan helps, and the playbook says "
        "what does."
    )

    def following(self, release: Release) -> Iterable[Widget]:
        """What has happened, each key, the next online key, the playbook, and No first.

        Raises: TamperedError if a keyholder of the release has no key on record, or if it has no targets.
        """
        now, safe = self.desk.clock(), Answers("", {}, Fate.SAFE)
        safe.playbook(release.before, release.plan, now)  # whatever can go wrong does so here, before anybody answers
        self._release = release
        yield Static("What has happened, in a sentence", markup=False)
        yield LineInput(placeholder="such as: a bag with a device was stolen on a train", identity="reason")
        yield Static(id="reason-problem")
        for place, holder in enumerate(release.plan.keyholders):
            yield KeyFate(_words(holder, release), f"fate-{place}", holder.name)
        online = " and ".join(keyid[:16] for keyid in online_keys(release.before))
        yield KeyFate(f"The online key {online}, signs bin-n, snapshot, timestamp", "fate-online")
        yield NextKeyLines(release.plan.repository)
        yield PlaybookView()
        yield Static("Keep the playbook in a new file: Enter writes it", classes="keep", markup=False)
        yield LineInput(str(self.desk.folder / "playbook.txt"), identity="keep-path")
        yield Static(id="kept")
        yield Static(id="trouble")
        yield Choices(
            Choice("No, back", value=None, identity="back"),
            Choice("Plan this ceremony", value=EMERGENCY, identity="plan"),
        )

    async def begin(self) -> None:
        """It rests on what has happened, and every key is safe until somebody says otherwise."""
        self.query(Choices).first().display = False  # the page ends with its own No
        await self._work_out()
        self.query_one("#reason").focus()

    def take(self, value: object) -> None:
        """The plan, or what is wrong with what was answered here."""
        if value != EMERGENCY:
            return
        found = self._judged()
        wrong = [*self._wrong(found)]
        if found.plan is None or wrong:
            self._say("#trouble", lines(loud(f"{FAILED} {each}") for each in wrong or found.problems.values()))
            # What is told stands above the choice and would push it off the screen.
            self.call_after_refresh(self.query_one("#plan").scroll_visible, animate=False)
        else:
            self.post_message(Follow(found.plan, self._release.path))

    @on(KeyFate.Turned)
    @on(LineInput.Changed, "#reason")
    async def _answered(self) -> None:
        """Everything follows from the answers."""
        await self._work_out()

    @on(LineInput.Changed, "#key-path")
    async def _named_next_key(self, message: LineInput.Changed) -> None:
        """The next online key is in this file, or is not."""
        self.query_one(NextKeyLines).read(self._path(message.value))
        await self._work_out()

    @on(LineInput.Submitted, "#keep-path")
    def _keep(self, message: LineInput.Submitted) -> None:
        """The playbook is in this file, which is new."""
        path, wrong = self._path(message.value), self._judged().problems.get(_REASON)
        if wrong:
            self._say("#kept", loud(f"{FAILED} Say first what has happened: {wrong}"))
            return
        try:
            create_file(path, "".join(f"{line}\n" for line in playbook_lines(self._playbook())).encode())
        except CeremonyError as error:
            self._say("#kept", trouble_lines(error))
            # What to do now stands below the line, where the screen may end.
            self.call_after_refresh(self.query_one("#kept").scroll_visible, animate=False)
        else:
            self._say("#kept", good(f"{DONE} Kept {path}"))

    async def _work_out(self) -> None:
        answers, found = self._answers, self._judged()
        is_struck = bool(answers.incident(self._release.before).keyids)
        next_key = self.query_one(NextKeyLines)
        next_key.display = answers.wants_next_key(self._release.before)
        next_key.judge(found.problems)
        wrong = found.problems.get(_REASON) if is_struck else None
        self._say("#reason-problem", loud(f"{FAILED} {wrong}") if wrong else None)
        shown = self._playbook() if is_struck else None
        await self.query_one(PlaybookView).show(shown)
        self._offer(shown)

    def _offer(self, shown: Playbook | None) -> None:
        """The playbook can be kept where there is one; a plan can be made where a root can follow."""
        for each in self.query(".keep, #keep-path"):
            each.display = shown is not None
        self._say("#kept", None)
        self._say("#trouble", None)
        self.query_one("#plan").display = shown is not None and shown.is_in_band

    @property
    def _answers(self) -> Answers:
        fates = {each.holder: each.fate for each in self.query(KeyFate) if each.holder}
        online = self.query_one("#fate-online", KeyFate).fate
        reason = self.query_one("#reason", LineInput).value.strip()
        return Answers(reason, fates, online, self.query_one(NextKeyLines).key)

    def _judged(self) -> Judgement:
        before = self._release.before
        plan = self._answers.plan(before, self._release.plan, self.desk.clock())
        return judge(form_of(plan), self.desk.policy, before)

    def _wrong(self, found: Judgement) -> Iterator[str]:
        """What has to be answered otherwise before there is a plan."""
        lacking = self.query_one(NextKeyLines).lacking
        for path, text in found.problems.items():
            if path == _REASON:
                yield f"what has happened: {text}"
            elif path.partition(".")[0] == "online_key":
                yield f"the next online key: {lacking or text}"
            elif path == TRUSTED:
                yield text

    def _playbook(self) -> Playbook:
        return self._answers.playbook(self._release.before, self._release.plan, self.desk.clock())

    def _say(self, selector: str, text: Content | None) -> None:
        """This is told there; None for nothing, which takes no room."""
        shown = self.query_one(selector, Static)
        shown.update(text or "")
        shown.display = text is not None

    def _path(self, typed: str) -> Path:
        return typed_path(self.desk.folder, typed)


def _words(holder: Keyholder, release: Release) -> str:
    """Whose key it is, on which device, and what it signs."""
    enrolment = release.before.roster.of(holder.name)
    device = f", {enrolment.model} {enrolment.serial}" if enrolment else ""
    return f"{holder.name}{device}, signs {', '.join(holder.roles)}"
