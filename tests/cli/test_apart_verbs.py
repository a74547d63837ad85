"""`send`, `sign`, `gather` and `withdraw` at plain terminals: three places, each with its own device and trust."""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from fakes.plain_desk import Ended, desk_with, run
from fakes.rooms import NAMES, NOW, Desk
from fakes.scripted_terminal import ScriptedTerminal, paper_console
from fakes.willing_person import WillingPerson, WillingTerminal

from ceremony.core.plan import write_plan
from ceremony.core.qr_text import request_as_qr_text, response_as_qr_text
from ceremony.core.response import Request, decode_response
from ceremony.engine.bundle import Bundle, open_bundle
from ceremony.engine.own import after
from ceremony.engine.practice import practice_refresh


@pytest.fixture(autouse=True, scope="module")
def _quick_disk() -> Iterator[None]:
    """Nothing waits for the disk: nobody cuts the power here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield


class Keyholder(WillingPerson):
    """Somebody with one device on the table, who is the only one to answer the roll call."""

    def __init__(self, name: str, pin: str, odd: Mapping[str, str]) -> None:
        super().__init__({name: pin}, odd={**odd, "numbers such as 1 2": str(NAMES.index(name) + 1)})

    def _choice(self, page: str, name: str) -> str:
        if "the number of the device" in page:
            return "1"
        return "" if "Enter = no more today" in page else super()._choice(page, name)


@dataclass
class Machine:
    """One keyholder's machine: a folder with their device and what they trust."""

    folder: Path
    name: str
    pin: str
    odd: dict[str, str] = field(default_factory=dict)

    @property
    def devices(self) -> Path:
        """Where the software device is."""
        return self.folder / "devices"

    @property
    def trusted(self) -> Path:
        """The release that this machine trusts."""
        return self.folder / "trusted"

    def run(self, verb: str, *arguments: str | Path, **odd: str) -> Ended:
        """What became of a verb with this person at the terminal; `odd` is typed at other pages than usual."""
        paper = paper_console()
        person = Keyholder(self.name, self.pin, {**self.odd, **odd})
        return run(desk_with(WillingTerminal(paper, person.answer), paper), verb, *arguments)

    def sign(self, request: Path, *arguments: str | Path) -> Ended:
        """What became of `ceremony sign` there."""
        told = ("--devices", self.devices, "--into", self.folder / "copy", "--export", self.folder / "back")
        return self.run("sign", request, "--trusted", self.trusted, *told, *arguments)


@dataclass
class Apart:
    """The ceremony that ann holds, and the machines of all three."""

    folder: Path
    at: Mapping[str, Machine]

    @property
    def plan(self) -> Path:
        """The plan, at ann's."""
        return self.at["ann"].folder / "autumn.toml"

    @property
    def bundle(self) -> Path:
        """The bundle, beside it."""
        return self.at["ann"].folder / "autumn-bundle"

    @property
    def request(self) -> Path:
        """Where ann sends the request."""
        return self.folder / "stick"

    def begin(self) -> Ended:
        """Ann's first sitting; in it the request is written."""
        odd = {"Send the request": str(self.request)}
        ann = replace(self.at["ann"], odd=odd)
        return ann.run("sit", self.plan, "--trusted", ann.trusted, "--devices", ann.devices)

    def gather(self, *arguments: str | Path) -> Ended:
        """What became of `ceremony gather` at ann's, where nobody is asked anything."""
        return run(desk_with(), "gather", self.bundle, "--trusted", self.at["ann"].trusted, *arguments)

    def seal(self, *arguments: str | Path) -> Ended:
        """Ann's last sitting."""
        ann = self.at["ann"]
        told = ("--trusted", ann.trusted, "--devices", ann.devices, "--export", self.folder / "release")
        return ann.run("sit", self.plan, *told, *arguments)


@pytest.fixture
def apart(tmp_path: Path, first: Desk) -> Apart:
    """A refresh after the first ceremony, and nobody has begun it."""
    at = {name: _machine(tmp_path / name, first, name) for name in NAMES}
    last = open_bundle(first.release)
    plan = replace(practice_refresh(after(last), last.plan), id="autumn-refresh")
    found = Apart(tmp_path, at)
    found.plan.write_text(write_plan(plan), encoding="utf-8")
    return found


def _machine(folder: Path, first: Desk, name: str) -> Machine:
    (folder / "devices").mkdir(parents=True)
    shutil.copy(first.device_of(name), folder / "devices")
    shutil.copytree(first.release, folder / "trusted")
    return Machine(folder, name, first.practice.pins[f"practice-{NAMES.index(name) + 1}"].secret)


def flat(text: str) -> str:
    """The text on one line, without frames."""
    return " ".join(text.replace("│", "").split())


# ---- the whole way


def test_a_ceremony_is_signed_at_three_places(apart: Apart) -> None:
    """Sit, sign, sign, gather, sit: each verb says what comes next."""
    begun = apart.begin()
    assert begun.status == 10
    assert "- bob with software device practice-2, elsewhere: root, targets, bins" in flat(begun.err)
    assert "Nothing is wrong, and everything is saved" in flat(begun.err)

    for name in ("bob", "cyd"):
        signed = apart.at[name].sign(apart.request)
        assert signed.status == 0, signed.out + signed.err
        assert "Signed: 3 signatures" in signed.out
        assert "ceremony gather BUNDLE back" in signed.out

    taken = apart.gather(*(apart.at[name].folder / "back" for name in ("cyd", "bob", "cyd")))
    assert taken.status == 0, taken.err
    assert [line for line in taken.out.splitlines() if line.startswith("autumn-refresh-")] == [
        "autumn-refresh-cyd.response.json: signed by cyd, 3 new signatures",
        "autumn-refresh-bob.response.json: signed by bob, 3 new signatures",
        "autumn-refresh-cyd.response.json: signed by cyd, nothing new",
    ]
    assert "ceremony sit PLAN seals it" in taken.out

    assert apart.seal().status == 0
    verified = run(desk_with(), "verify", apart.folder / "release", "--trusted", apart.at["bob"].trusted)
    assert verified.status == 0
    assert {len(each.signatures) for each in open_bundle(apart.folder / "release").files} == {3}


def test_a_response_that_is_at_hand_is_named_to_the_sitting(apart: Apart) -> None:
    """Two are enough; nobody is asked where it lies."""
    apart.begin()
    apart.at["cyd"].sign(apart.request)
    sealed = apart.seal("--response", apart.at["cyd"].folder / "back")
    assert sealed.status == 0, sealed.err
    assert "Take in responses" in sealed.out
    assert "Signed elsewhere?" not in sealed.out


# ---- codes


def test_codes_go_both_ways(apart: Apart) -> None:
    """Bob compares the code of the request; his own is drawn, saved, and typed by ann's scanner."""
    apart.begin()
    code = code_of(open_bundle(apart.bundle))
    sent = run(
        desk_with(), "send", apart.bundle, apart.folder / "second stick", "--qr", "--qr-svg", apart.folder / "ask.svg"
    )
    assert sent.status == 0, sent.err
    assert "The request's fingerprint:" in sent.out
    assert "█▀▀▀▀▀█" in sent.out
    assert (apart.folder / "ask.svg").read_bytes().startswith(b"<?xml")

    svg = apart.folder / "answer.svg"
    signed = scanned(apart.at["bob"], apart.folder / "second stick", code, "--qr", "--qr-svg", svg)
    assert signed.status == 0, signed.out + signed.err
    assert "Its fingerprint is that of the code that was scanned" in flat(signed.out)
    assert "The response:" in signed.out
    assert svg.is_file()

    typed = response_code(apart)
    terminal = ScriptedTerminal((typed[:-1], typed, ""))
    taken = run(desk_with(terminal), "gather", apart.bundle, "--trusted", apart.at["ann"].trusted, "--scan")
    assert taken.status == 3
    assert "SCAN-WHOLE" in taken.err
    assert "the scanned text: NOT taken in, see below" in taken.out
    assert "the scanned text: signed by bob, 3 new signatures" in taken.out


def scanned(machine: Machine, request: Path, code: str, *arguments: str | Path) -> Ended:
    """What became of `ceremony sign --scan`, this code typed."""
    paper = paper_console()
    person = Keyholder(machine.name, machine.pin, {})

    def answer(page: str, prompt: str) -> str:
        return code if prompt.startswith("Scan the code") else person.answer(page, prompt)

    told = ("--devices", machine.devices, "--into", machine.folder / "copy", "--export", machine.folder / "back")
    desk = desk_with(WillingTerminal(paper, answer), paper)
    return run(desk, "sign", request, "--trusted", machine.trusted, *told, "--scan", *arguments)


def code_of(bundle: Bundle) -> str:
    """The code of the request in this bundle."""
    return request_as_qr_text(_request(bundle))


def response_code(apart: Apart) -> str:
    """The code of what bob gave back."""
    (file,) = (apart.at["bob"].folder / "back").glob("*.response.json")
    bundle = open_bundle(apart.bundle)
    return response_as_qr_text(decode_response(file.read_bytes(), "it"), _request(bundle))


def _request(bundle: Bundle) -> Request:
    return Request(bundle.plan.id, bundle.plan.repository, bundle.files, bundle.quorums)


@pytest.mark.parametrize(("code", "status"), [("CEREMONY1:ASK:OTHER", 3), ("", 5)])
def test_a_code_that_is_not_the_request_s_signs_nothing(apart: Apart, code: str, status: int) -> None:
    """Half a code is refused by name; whoever asks for a comparison does not go on without one."""
    apart.begin()
    ended = scanned(apart.at["bob"], apart.request, code)
    assert ended.status == status
    assert not (apart.at["bob"].folder / "copy").exists()


# ---- bad days


def test_a_request_is_signed_against_what_that_machine_trusts(apart: Apart) -> None:
    """Without it, people are told what to name."""
    apart.begin()
    ended = apart.at["bob"].run("sign", apart.request, "--devices", apart.at["bob"].devices)
    assert ended.status == 3
    assert "TRUSTED-OWN" in ended.err


def test_a_request_that_was_changed_on_its_way_is_not_signed(apart: Apart) -> None:
    """One byte is enough."""
    apart.begin()
    plan = apart.request / "plan.toml"
    plan.write_bytes(plan.read_bytes() + b"\n")
    assert apart.at["bob"].sign(apart.request).status == 4


def test_a_response_that_is_cut_off_keeps_no_other_out(apart: Apart) -> None:
    """The status is that of bytes that lie; what is good is kept."""
    apart.begin()
    apart.at["bob"].sign(apart.request)
    (whole,) = (apart.at["bob"].folder / "back").glob("*.response.json")
    cut = apart.folder / "cut.response.json"
    cut.write_bytes(whole.read_bytes()[:200])

    ended = apart.gather(cut, whole)

    assert ended.status == 4
    assert "cut.response.json: NOT taken in" in ended.out
    assert f"{whole.name}: signed by bob, 3 new signatures" in ended.out


def test_a_response_to_another_ceremony_is_refused_by_name(apart: Apart) -> None:
    """And who is missing is said all the same."""
    apart.begin()
    apart.at["bob"].sign(apart.request)
    (whole,) = (apart.at["bob"].folder / "back").glob("*.response.json")
    other = apart.folder / "other.response.json"
    other.write_bytes(whole.read_bytes().replace(b"autumn-refresh", b"winter-refresh"))

    ended = apart.gather(other)

    assert ended.status == 3
    assert "RESPONSE-CEREMONY" in ended.err
    assert "Still to sign, until" in ended.out
    assert "bob with software device practice-2, elsewhere: root, targets, bins" in flat(ended.out)


def test_gather_wants_something_to_gather(apart: Apart) -> None:
    """A mistake of the command."""
    apart.begin()
    assert apart.gather().status == 2


def test_what_was_not_reviewed_is_not_sent(apart: Apart) -> None:
    """REQUEST-REVIEWED: the sitting was stopped before."""
    ann = apart.at["ann"]
    ann.run("sit", apart.plan, "--trusted", ann.trusted, "--devices", ann.devices, **{"Roll call": "q"})
    ended = run(desk_with(), "send", apart.bundle, apart.request)
    assert ended.status == 3
    assert "REQUEST-REVIEWED" in ended.err


@pytest.mark.parametrize("verb", ["sign", "withdraw"])
def test_what_asks_somebody_needs_a_terminal(apart: Apart, verb: str) -> None:
    """Before anything is begun."""
    apart.begin()
    folder = apart.request if verb == "sign" else apart.bundle
    before = (apart.bundle / "manifest.json").read_bytes()
    assert run(desk_with(), verb, folder).status == 9
    assert (apart.bundle / "manifest.json").read_bytes() == before


# ---- withdrawn


def withdrawn(apart: Apart) -> Ended:
    """Ann gave the ceremony up."""
    return apart.at["ann"].run("withdraw", apart.bundle, **{"Why is it withdrawn?": "bob lost his device"})


def test_a_withdrawn_ceremony_is_refused_everywhere(apart: Apart) -> None:
    """By name, by every verb; `status` calls it defunct, and another place learns of it."""
    apart.begin()
    apart.at["cyd"].sign(apart.request)

    ended = withdrawn(apart)
    assert ended.status == 0, ended.err
    assert "Tell the other places" in ended.out

    told = run(desk_with(), "status", apart.bundle)
    assert "DEFUNCT, withdrawn at" in told.out
    assert "bob lost his device" in told.out
    assert "Still to sign" not in told.out
    sent = run(desk_with(), "send", apart.bundle, apart.folder / "mark")
    assert (sent.status, "nobody signs it any more" in sent.out) == (0, True)
    for refused in (
        run(desk_with(), "verify", apart.bundle),
        apart.gather(apart.at["cyd"].folder / "back"),
        apart.seal(),
        apart.at["bob"].sign(apart.folder / "mark"),
        apart.at["cyd"].sign(apart.folder / "mark"),
    ):
        assert refused.status == 3
        assert "CEREMONY-WITHDRAWN" in refused.err
        assert "bob lost his device" in flat(refused.err)


def test_whoever_says_no_withdraws_nothing(apart: Apart) -> None:
    """Status 5, and not a byte changes."""
    apart.begin()
    before = (apart.bundle / "manifest.json").read_bytes()
    ended = apart.at["ann"].run("withdraw", apart.bundle, **{"Is autumn-refresh to be withdrawn": "n"})
    assert ended.status == 5
    assert (apart.bundle / "manifest.json").read_bytes() == before


def test_the_status_of_a_ceremony_says_who_still_has_to_sign(apart: Apart) -> None:
    """By name, device and until when; elsewhere, if they were not in the room."""
    apart.begin()
    told = run(desk_with(), "status", apart.bundle)
    assert told.status == 0
    assert "Signatures can be given until" in told.out
    lines = [line.strip() for line in told.out.splitlines() if ", elsewhere:" in line]
    assert lines == [
        "bob with software device practice-2, elsewhere: root, targets, bins",
        "cyd with software device practice-3, elsewhere: root, targets, bins",
    ]
    assert f"{NOW:%Y}" in told.out
