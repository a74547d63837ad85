"""The plan: loaded or typed, judged line by line while it is typed, saved, and begun."""

import re
from collections.abc import Iterator
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from ceremony.core.online_key import ONLINE_KEY_SIZE_LIMIT, OnlineKeyFile, decode_online_key
from ceremony.core.plan import PLAN_SIZE_LIMIT, OnlineKey, Plan, parse_plan, write_plan
from ceremony.engine.disk import create_file, read_file
from ceremony.errors import CeremonyError
from ceremony.explain import explain
from ceremony.tui.desk import Desk
from ceremony.tui.found_here import devices_beside
from ceremony.tui.plan_form import INITIAL, LABELS, Form, empty_holder, form_of, new_form
from ceremony.tui.plan_judgement import TRUSTED, Judgement, judge
from ceremony.tui.screens.following_lines import FollowingLines
from ceremony.tui.screens.page import Page, heading, trouble_lines, typed_path
from ceremony.tui.screens.plan_fields import HolderLines, PlanLine, is_frozen
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import DONE, FAILED, bold, good, loud
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.wishes import Begin, Sitting

_HOLDER_PATH = re.compile(r"keyholders\[(\d+)\](?:\.(\w+))?")


class PlanPage(Page):
    """One line for each field, its problem beside it; a plan is begun only as it was loaded or saved."""

    behind = "begin"
    explanation = (
        "The plan says everything that a ceremony will change, before anybody is called in: who holds a device, how "
        "many have to sign, when each role ends, and which key the online signer uses. Print it, have it reviewed, "
        "and bring the file. In the ceremony nobody is asked what the plan already says.\n\n"
        "The online signer's key comes from the file that `ceremony-online init` writes. Times are UTC, typed as "
        "2027-01-31 12:00. A device may be left open: then the one that is plugged in at the ceremony is enrolled.\n\n"
        "In a ceremony that follows another, a keyholder keeps the key, gets another device, or leaves; a role whose "
        "end is left empty stays as it is, and is not signed."
    )

    def __init__(self, desk: Desk, plan: Plan | None = None, trusted: Path | None = None) -> None:
        """A new plan; or `plan`, to be changed, which follows what is trusted at `trusted`."""
        super().__init__(desk)
        self._first = form_of(plan) if plan else new_form(desk.clock())
        self._trusted = trusted
        # A rehearsal finds its devices beside its plan.
        is_beside = plan is not None and trusted is not None and devices_beside(trusted, plan) is not None
        folder = trusted.parent if trusted is not None and is_beside else desk.folder
        self._save_path = folder / (f"{plan.id}.toml" if plan else "plan.toml")

    def compose_page(self) -> ComposeResult:
        """Load; the lines; the keyholders; the online key; save and begin."""
        yield from heading("Plan a ceremony", "Load a plan, or fill in the lines: each is checked as you type.")
        yield Static("Load a plan from a file", markup=False)
        yield LineInput(placeholder="path of a plan.toml, then Enter", identity="load")
        yield Static(id="trouble")
        form = self._first
        yield FollowingLines(form.kind, form.trusted, str(self._trusted or ""))
        for path, text in form.lines.items():
            yield PlanLine(path, LABELS[path], text, is_frozen=is_frozen(form.kind, path))
        with Vertical(id="holders"):
            yield from _holder_lines(form)
        yield Static("The online signer's key, from its file", markup=False)
        yield LineInput(
            placeholder="path of online-key.json", identity="key-path", is_frozen=is_frozen(form.kind, "online_key")
        )
        yield Static(id="key")
        yield Static("Save the plan in a new file", markup=False)
        yield LineInput(str(self._save_path), identity="save-path")
        yield Static(id="verdict")
        yield Choices(
            Choice("No, back", value="back", identity="no"),
            Choice("Save the plan", value="save", identity="save"),
            Choice("Begin the ceremony", value="begin", identity="begin"),
        )

    def on_mount(self) -> None:
        """It rests on an empty line; a plan that follows something, on its first line."""
        self._online_key: OnlineKey | None = self._first.online_key
        self._key_said = "needed: the key file of the online signer"
        self._kept: tuple[Form, bytes, Path] | None = None
        if self._trusted is None:
            self.query_one("#load").focus()
        else:
            self.query(PlanLine).first().query_one(LineInput).focus()
            self._trust(str(self._trusted))
        self._judge()

    async def on_input_changed(self, message: LineInput.Changed) -> None:
        """Whatever was typed is judged."""
        if message.input.id == "key-path":
            self._read_key(message.value.strip())
        if message.input.id == "trusted-path":
            self.query_one(FollowingLines).forget(message.value)
        if message.input.id not in {"load", "save-path"}:
            await self._keep_one_empty()
            self._judge()

    async def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """A plan is loaded; or what this machine trusts is read."""
        if message.input.id == "load" and message.value.strip():
            try:
                await self._load(self._path(message.value))
            except CeremonyError as error:
                self.query_one("#trouble", Static).update(trouble_lines(error))
        elif message.input.id == "trusted-path" and message.value.strip():
            self._trust(message.value)
            self._judge()

    def on_holder_lines_turned(self, message: HolderLines.Turned) -> None:
        """Somebody gets another device, or leaves."""
        message.stop()
        self._judge()

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """Back, save, or begin."""
        if message.choice.value == "back":
            self.go_back()
            return
        found = self._judge()
        if not found.is_good:
            self._say("Not yet: put right what is marked above.")
        elif message.choice.value == "save":
            self._save(found)
        else:
            self._begin()

    async def _load(self, path: Path) -> None:
        text = read_file(path, PLAN_SIZE_LIMIT)
        form = form_of(parse_plan(text, str(path)))
        self._online_key = form.online_key
        for line in self.query(PlanLine):
            line.write(form.lines[line.path])
            line.freeze(is_frozen=is_frozen(form.kind, line.path))
        following = self.query_one(FollowingLines)
        following.follow(form.kind, form.trusted)
        self.query_one("#key-path", LineInput).freeze(is_frozen=is_frozen(form.kind, "online_key"))
        holders = self.query_one("#holders")
        await holders.remove_children()
        await holders.mount_all(_holder_lines(form))
        self._tell_devices()
        self._kept = (self._form(), text, path)
        self.query_one("#trouble", Static).update(good(f"{DONE} Loaded {path}"))
        self._judge()

    def _save(self, found: Judgement) -> None:
        path = self._path(self.query_one("#save-path", LineInput).value)
        text = write_plan(found.plan).encode() if found.plan else b""
        try:
            create_file(path, text)
        except CeremonyError as error:
            self.query_one("#verdict", Static).update(trouble_lines(error))
        else:
            self._kept = (self._form(), text, path)
            self.query_one("#verdict", Static).update(good(f"{DONE} Saved {path}"))

    def _begin(self) -> None:
        if self._kept is None or self._kept[0] != self._form():
            self._say("Save the plan first: a ceremony begins from a file that can be looked at again.")
            return
        _form, text, path = self._kept
        plan = parse_plan(text, str(path))
        following = self.query_one("#trusted-path", LineInput).value
        trusted = None if plan.kind == INITIAL else self._path(following)
        devices = devices_beside(path, plan)
        self.post_message(Begin(Sitting(text, str(path), path.parent / plan.id, devices, trusted=trusted)))

    def _form(self) -> Form:
        lines = {line.path: line.text for line in self.query(PlanLine)}
        following = self.query_one(FollowingLines)
        holders = tuple(each.texts for each in self._named())
        return Form(lines, holders, self._online_key, following.kind, following.trusted)

    def _named(self) -> list[HolderLines]:
        return [each for each in self.query(HolderLines) if each.stays]

    def _trust(self, typed: str) -> None:
        self.query_one(FollowingLines).read(typed, self._path(typed))
        self._tell_devices()

    def _tell_devices(self) -> None:
        before = self.query_one(FollowingLines).before
        for each in self.query(HolderLines):
            found = before.holder_of(each.keyid) if before is not None and each.keyid else None
            each.tell_device(f"{found.model} {found.serial}" if found else "")

    def _judge(self) -> Judgement:
        following = self.query_one(FollowingLines)
        found = judge(self._form(), self.desk.policy, following.before)
        following.judge(found.problems.get(TRUSTED, ""))
        for line in self.query(PlanLine):
            stays = line.path.startswith("expires.") and not line.text.strip()
            line.judge(found.problems.get(line.path, ""), "stays as it is" if stays else "")
        self._judge_holders(found)
        self._judge_key(found)
        where = next((f": {LABELS[path]}" for path in found.problems if path in LABELS), "")
        self._say("" if found.is_good else f"Something is missing or wrong still; it is marked above{where}.")
        if found.is_good:
            self.query_one("#verdict", Static).update(good(f"{DONE} This plan keeps every rule."))
        return found

    def _judge_holders(self, found: Judgement) -> None:
        wrong = [(match, text) for path, text in found.problems.items() if (match := _HOLDER_PATH.fullmatch(path))]
        by_place: dict[int, str] = {}
        for match, text in wrong:
            by_place.setdefault(int(match[1]), f"{match[2] or ''}: {text}")
        named = self._named()
        for each in self.query(HolderLines):
            each.judge(by_place.get(named.index(each), "") if each in named else "")
        if "keyholders" in found.problems and len(self.query(HolderLines)):
            self.query(HolderLines).last().judge(found.problems["keyholders"])

    def _judge_key(self, found: Judgement) -> None:
        wrong = next((text for path, text in found.problems.items() if path.partition(".")[0] == "online_key"), "")
        key = self._online_key
        shown = self.query_one("#key", Static)
        if key is None:
            shown.update(loud(f"{FAILED} {self._key_said}"))
        else:
            shown.update(loud(f"{FAILED} {wrong}") if wrong else good(f"{DONE} key {key.keyid()[:16]} ({key.scheme})"))

    def _read_key(self, typed: str) -> None:
        try:
            data = read_file(self._path(typed), ONLINE_KEY_SIZE_LIMIT)
            self._use_key(decode_online_key(data, Path(typed).name))
        except CeremonyError as error:
            told = explain(error)
            self._online_key, self._key_said = None, f"{told.title}. {told.detail}"

    def _use_key(self, file: OnlineKeyFile) -> None:
        self._online_key = file.key
        repository = next(line for line in self.query(PlanLine) if line.path == "repository")
        if not repository.text.strip():
            repository.write(file.repository)

    async def _keep_one_empty(self) -> None:
        lines = self.query(HolderLines)
        if not lines.last().is_empty and not is_frozen(self.query_one(FollowingLines).kind, "keyholders"):
            await self.query_one("#holders").mount(HolderLines(len(lines) + 1, empty_holder()))

    def _path(self, typed: str) -> Path:
        return typed_path(self.desk.folder, typed)

    def _say(self, text: str) -> None:
        self.query_one("#verdict", Static).update(bold(text))


def _holder_lines(form: Form) -> Iterator[HolderLines]:
    """A keyholder each, and an empty one where somebody can come."""
    frozen = is_frozen(form.kind, "keyholders")
    filled = [*form.holders, *([] if frozen else [empty_holder()])]
    return (HolderLines(number, texts, is_frozen=frozen) for number, texts in enumerate(filled, start=1))
