"""Several places: ann, bob and cyd each at a machine of their own, with their own device and own trusted release.

The first ceremony was held together; `places` begins the next one: reviewed at ann's place, and signed nowhere yet.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from fakes.rooms import NAMES, NOW, Desk, ScriptedOperator, desk

from ceremony.core.plan import Plan, TrustedRoot, write_plan
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.engine import questions as q
from ceremony.engine.bundle import open_bundle
from ceremony.engine.carried import send
from ceremony.engine.elsewhere import Answered, agenda_for, sign_elsewhere
from ceremony.engine.opening import Agenda
from ceremony.engine.own import read_own
from ceremony.engine.practice import Practice
from ceremony.engine.room import Room
from ceremony.engine.sitting import sit
from ceremony.errors import StoppedError


@dataclass
class Place:
    """One machine: who is there, with their device alone, and what this machine trusts itself, None for nothing."""

    name: str
    desk: Desk
    trusted: Path | None

    @property
    def room(self) -> Room:
        """The room there."""
        return self.desk.room

    @property
    def operator(self) -> ScriptedOperator:
        """Whoever is at the screen there."""
        return self.desk.operator

    @property
    def copy(self) -> Path:
        """Where this place keeps its own copy of the request."""
        return self.desk.folder / "copy"

    def agenda(self, request: Path, back: str = "back") -> Agenda:
        """The agenda of a sitting over the request; the response goes to the folder `back`."""
        return agenda_for(request, self.copy, Policy(), self.trusted, self.desk.folder / back)

    def sign(self, request: Path, back: str = "back", scanned: str = "") -> Answered:
        """Whoever is here signs."""
        return sign_elsewhere(self.room, self.agenda(request, back), request, scanned)


@dataclass
class Places:
    """The ceremony at ann's place, in `bundle`, and the request that was sent out from there."""

    folder: Path
    plan: Plan
    trusted: Path | None
    bundle: Path
    request: Path
    at: Mapping[str, Place]

    @property
    def agenda(self) -> Agenda:
        """The agenda of the ceremony where it is held."""
        text = write_plan(self.plan).encode()
        return Agenda(text, "plan.toml", self.bundle, Policy(), self.folder / "release", trusted=self.trusted)

    def held(self, **changes: Any) -> Agenda:  # noqa: ANN401  # any field of an agenda
        """The same, changed."""
        return replace(self.agenda, **changes)


def following(release: Path, kind: str, **changes: Any) -> Plan:  # noqa: ANN401  # any field of a plan
    """A plan that keeps everything of the release but what `changes` says."""
    before, plan = read_own(release), open_bundle(release).plan
    keyids = {each.keyholder: each.keyid for each in before.roster.enrolments}
    root = before.trusted.root
    usual = replace(
        plan,
        id=f"the-{kind}",
        kind=kind,
        keyholders=tuple(replace(each, keyid=keyids[each.name]) for each in plan.keyholders),
        trusted=TrustedRoot(root.version, sha256(root.payload).hexdigest()),
        expires={role: NOW + timedelta(days=400) for role in OFFLINE_ROLES},
    )
    return replace(usual, **changes)


def together(folder: Path, threshold: int = 2) -> Desk:
    """The first ceremony, held by all three in one room: its release stands in the desk's folder."""
    table = desk(folder, NAMES, threshold)
    sit(table.room, table.agenda())
    return table


def places(table: Desk, folder: Path, change: Callable[[Plan], Plan] = lambda plan: plan) -> Places:
    """The places, in a new folder, for a ceremony that follows the one held at this table."""
    plan = change(following(table.release, "rotation"))
    return _begun(table, folder, plan, table.release)


def again(table: Desk, found: Places, folder: Path) -> Places:
    """The same ceremony with machines that nobody has touched; whoever changes something changes it there."""
    other = _placed(table, folder, found.plan, found.trusted)
    shutil.copytree(found.bundle, other.bundle)
    shutil.copytree(found.request, other.request)
    return other


def initial_places(table: Desk, folder: Path) -> Places:
    """The places for a first ceremony, enrolled at this table, where nobody has signed."""
    text = table.practice.plan.read_bytes()
    reviewed_only(table, table.agenda())
    found = _placed(table, folder, open_bundle(table.bundle).plan, None)
    shutil.copytree(table.bundle, found.bundle)
    assert write_plan(found.plan).encode() == text
    send(found.at["ann"].room, found.bundle, found.request)
    return found


def reviewed_only(table: Desk, agenda: Agenda) -> None:
    """A sitting that everybody leaves after the review."""
    answers = {q.TypeWords: leave, q.PlugIn: wanted}
    operator = ScriptedOperator(table.practice.pins, table.folder / "unused", answers=answers)
    try:
        sit(replace(table.room, operator=operator), agenda)
    except StoppedError:
        return
    raise AssertionError("nobody was asked to sign")


def wanted(page: q.PlugIn) -> str:
    """The only device that will do, or else the one with its keyholder's name on it."""
    return page.wanted or next(each.serial for each in page.look() if each.label == page.person)


def leave(question: q.Question[Any]) -> Any:  # noqa: ANN401  # no answer at all
    """The answer of somebody who goes home."""
    raise StoppedError(question.person, question.step)


def _begun(table: Desk, folder: Path, plan: Plan, trusted: Path) -> Places:
    found = _placed(table, folder, plan, trusted)
    reviewed_only(table, found.agenda)
    send(found.at["ann"].room, found.bundle, found.request)
    return found


def _placed(table: Desk, folder: Path, plan: Plan, trusted: Path | None) -> Places:
    folder.mkdir(exist_ok=True)
    at = {name: _place(table, folder / name, name, trusted) for name in NAMES}
    return Places(folder, plan, trusted, folder / "bundle", folder / "request", at)


def _place(table: Desk, folder: Path, name: str, trusted: Path | None) -> Place:
    devices = folder / "devices"
    devices.mkdir(parents=True)
    shutil.copy(table.device_of(name), devices)
    if trusted is not None:
        shutil.copytree(trusted, folder / "trusted")
    operator = ScriptedOperator(table.practice.pins, folder / "release", answers={q.RollCall: lambda _page: (name,)})
    found = Desk(folder, Practice(table.practice.plan, devices, table.practice.pins), operator)
    return Place(name, found, folder / "trusted" if trusted else None)
