"""The plan: loaded or typed, judged line by line while it is typed, saved, and begun."""

from dataclasses import replace
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from ceremony.core.plan import PLAN_SIZE_LIMIT, Plan, parse_plan, write_plan
from ceremony.engine.batch import keep_batch
from ceremony.engine.disk import create_file, read_file
from ceremony.errors import CeremonyError
from ceremony.tui.delegation_form import signed_by_keyholders
from ceremony.tui.desk import Desk
from ceremony.tui.found_here import devices_beside
from ceremony.tui.plan_form import INITIAL, LABELS, Form, form_of, label_of, new_form, usual_end
from ceremony.tui.plan_judgement import CLAIMS, TRUSTED, Judgement, judge
from ceremony.tui.screens.claims_lines import ClaimsLines
from ceremony.tui.screens.delegation_lines import DelegationLines, DelegationsSection, Signed
from ceremony.tui.screens.following_lines import FollowingLines
from ceremony.tui.screens.holders_section import HoldersSection
from ceremony.tui.screens.online_key_lines import OnlineKeyLines
from ceremony.tui.screens.page import Page, heading, trouble_lines, typed_path
from ceremony.tui.screens.plan_fields import HolderLines, PlanLine, is_frozen
from ceremony.tui.screens.signing_lines import SigningLines
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.ink import DONE, bold, good
from ceremony.tui.widgets.line_input import LineInput
from ceremony.tui.wishes import Begin, Sitting


class PlanPage(Page):
    """One line for each field, its problem beside it; a plan is begun only as it was loaded or saved."""

    behind = "begin"
    explanation = (
        "The plan says everything that a ceremony will change, before anybody is called in: who holds a device, how "
        "many have to sign, when each role ends, and which key the online signer uses. Print it, have it reviewed, "
        "and bring the file. In the ceremony nobody is asked what the plan already says.\n\n"
        "The online signer's key comes from the file that `ceremony-online init` writes. Times are UTC, typed as "
        "2027-01-31 12:00. A device may be left open: then the one that is plugged in at the ceremony is enrolled.\n\n"
        "Delegations are roles that clients ask before the bins, for every path or for some. Keyholders sign one in "
        "ceremonies and may let projects into it, each with paths and keys of its own, which come as a batch in a "
        "file; or the online signer signs it. Most repositories have none.\n\n"
        "In a ceremony that follows another, a keyholder keeps the key, gets another device, or leaves; a role whose "
        "end is left empty stays as it is, and is not signed. In an emergency no key that was struck can be kept."
    )

    def __init__(
        self, desk: Desk, plan: Plan | None = None, trusted: Path | None = None, pinned: Path | None = None
    ) -> None:
        """A new plan; or `plan`, to be changed, which follows what is trusted at `trusted`, from `pinned` on."""
        super().__init__(desk)
        self._first = form_of(plan) if plan else new_form(desk.clock())
        self._trusted = trusted
        self._pinned = pinned
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
        yield FollowingLines(form, str(self._trusted or ""), str(self._pinned or ""))
        for path in LABELS:
            yield PlanLine(path, LABELS[path], form.lines[path], is_frozen=is_frozen(form.kind, path))
        yield Static(id="instead", classes="about")
        yield DelegationsSection(form)
        yield ClaimsLines(form.claims)
        yield HoldersSection(form)
        yield OnlineKeyLines(form.online_key, form.kind)
        yield SigningLines()
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
        self._kept: tuple[Form, bytes, Path] | None = None
        self._carried = self._first.carried
        if self._trusted is None:
            self.query_one("#load").focus()
        else:
            self.query(PlanLine).first().query_one(LineInput).focus()
            self._trust()
        self._judge()

    async def on_input_changed(self, message: LineInput.Changed) -> None:
        """Whatever was typed is judged."""
        if message.input.id == "key-path":
            self._read_key(message.value)
        if message.input.id in {"trusted-path", "pinned"}:
            self.query_one(FollowingLines).forget(*self._own())
        if message.input.id not in {"load", "save-path", "claims-path", "add-delegation"}:
            await self.query_one(HoldersSection).keep_one_empty(self._form())
            self._judge()

    async def on_input_submitted(self, message: LineInput.Submitted) -> None:
        """A plan is loaded; what this machine trusts, or a batch of projects, is read; or a delegation is added."""
        typed, line = message.value, message.input.id
        if not typed.strip():
            return
        if line == "load":
            try:
                await self._load(self._path(typed))
            except CeremonyError as error:
                self.query_one("#trouble", Static).update(trouble_lines(error))
        elif line in {"trusted-path", "pinned"}:
            self._trust()
            self._judge()
        elif line == "claims-path":
            self.query_one(ClaimsLines).read(self._path(typed))
            self._judge()
        elif line == "add-delegation":
            await self._add(typed)

    @on(HolderLines.Turned)
    @on(DelegationLines.Turned)
    @on(ClaimsLines.Turned)
    def _turned(self) -> None:
        """Somebody gets another device, or leaves; a delegation is another, or no batch enters."""
        self._judge()

    def on_signed(self, message: Signed) -> None:
        """Whoever signs bins signs this delegation too, or nobody does."""
        self._share(message.lines)
        self._judge()

    def on_signing_lines_wanted(self, message: SigningLines.Wanted) -> None:
        """Each of these roles has an end, and no other has."""
        end = usual_end(self._form())
        for line in self.query(PlanLine):
            table, _, role = line.path.partition(".")
            if table == "expires":
                line.write((line.text.strip() or end) if role in message.roles else "")
        self.query_one("#save-path").focus()

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
        self._carried = form.carried
        for line in self.query(PlanLine):
            if line.path in LABELS:
                line.write(form.lines[line.path])
                line.freeze(is_frozen=is_frozen(form.kind, line.path))
        self.query_one(FollowingLines).follow(form)
        await self.query_one(DelegationsSection).show(form)
        self.query_one(ClaimsLines).show(form.claims, path)
        self.query_one(OnlineKeyLines).show(form.online_key, form.kind)
        await self.query_one(HoldersSection).show(form)
        self._tell_devices()
        self._kept = (self._form(), text, path)
        self.query_one("#trouble", Static).update(good(f"{DONE} Loaded {path}"))
        self._judge()

    def _save(self, found: Judgement) -> None:
        path = self._path(self.query_one("#save-path", LineInput).value)
        text = write_plan(found.plan).encode() if found.plan else b""
        batch = self.query_one(ClaimsLines).at_hand.batch
        try:
            if batch is not None and found.plan is not None and found.plan.claims is not None:
                keep_batch(path, batch)
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
        trusted, pinned = (None, None) if plan.kind == INITIAL else self._own()
        sitting = Sitting(text, str(path), path.parent / plan.id, devices_beside(path, plan))
        claims = self.query_one(ClaimsLines).at_hand.path if plan.claims else None
        self.post_message(Begin(replace(sitting, trusted=trusted, pinned=pinned, claims=claims)))

    def _form(self) -> Form:
        delegations = self.query_one(DelegationsSection).texts
        names = signed_by_keyholders(delegations)
        paths = {*LABELS, *(f"{table}.{name}" for table in ("thresholds", "expires") for name in names)}
        return Form(
            {line.path: line.text for line in self.query(PlanLine) if line.path in paths},
            self.query_one(HoldersSection).texts,
            self.query_one(OnlineKeyLines).key,
            self.query_one(FollowingLines).kind,
            self.query_one(FollowingLines).trusted,
            delegations,
            self.query_one(ClaimsLines).texts,
            *self._carried,
        )

    async def _add(self, typed: str) -> None:
        """One delegation more, signed by as many as bins, for as long."""
        form = self._form()
        end, threshold = usual_end(form), form.lines["thresholds.bins"]
        added = await self.query_one(DelegationsSection).add(typed, threshold, end, form.kind)
        if added is not None:
            self._share(added)
            self._judge()

    def _share(self, lines: DelegationLines) -> None:
        self.query_one(HoldersSection).share(lines.name_of_role, is_signed=lines.is_offline)

    def _trust(self) -> None:
        self.query_one(FollowingLines).read(*self._own())
        self._tell_devices()

    def _own(self) -> tuple[Path, Path | None]:
        """Where this machine has what it trusts itself, and the root file from which that begins."""
        trusted, pinned = (self.query_one(each, LineInput).value for each in ("#trusted-path", "#pinned"))
        return self._path(trusted), self._path(pinned) if pinned.strip() else None

    def _tell_devices(self) -> None:
        self.query_one(HoldersSection).tell_devices(self.query_one(FollowingLines).before)

    def _judge(self) -> Judgement:
        following = self.query_one(FollowingLines)
        form, claims = self._form(), self.query_one(ClaimsLines)
        found = judge(form, self.desk.policy, following.before, claims.at_hand)
        following.judge(found.problems.get(TRUSTED, ""))
        claims.settle(form.kind, has_role=bool(signed_by_keyholders(form.delegations)))
        claims.judge(next((text for path, text in found.problems.items() if path.partition(".")[0] == CLAIMS), ""))
        self.query_one(DelegationsSection).judge(found.problems)
        self.query_one(SigningLines).show(found.to_sign)
        self._tell_instead(found.instead)
        for line in self.query(PlanLine):
            stays = line.path.startswith("expires.") and not line.text.strip()
            line.judge(found.problems.get(line.path, ""), "stays as it is" if stays else "")
        self.query_one(HoldersSection).judge(found.problems)
        self.query_one(OnlineKeyLines).judge(found.problems)
        where = next((f": {label_of(path)}" for path in found.problems if label_of(path)), "")
        self._say("" if found.is_good else f"Something is missing or wrong still; it is marked above{where}.")
        if found.is_good:
            self.query_one("#verdict", Static).update(good(f"{DONE} This plan keeps every rule."))
        return found

    def _read_key(self, typed: str) -> None:
        found = self.query_one(OnlineKeyLines).read(self._path(typed))
        repository = next(line for line in self.query(PlanLine) if line.path == "repository")
        if found is not None and not repository.text.strip():
            repository.write(found.repository)

    def _tell_instead(self, words: str) -> None:
        told = self.query_one("#instead", Static)
        told.update(words)
        told.display = bool(words)

    def _path(self, typed: str) -> Path:
        return typed_path(self.desk.folder, typed)

    def _say(self, text: str) -> None:
        self.query_one("#verdict", Static).update(bold(text))
