"""A stage for the screens: a desk whose clock stands still, the same keys in every run, an engine that only asks."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Event
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fakes import people
from fakes.rooms import make_device
from securesystemslib.signer import CryptoSigner
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual import app as textual_app
from textual.pilot import Pilot
from textual.widgets import Static

from ceremony.core.before import Before
from ceremony.core.draft import draft
from ceremony.core.kept_plan import kept_plan
from ceremony.core.keys import fields_of
from ceremony.core.machine_rules import Machine
from ceremony.core.plan import Keyholder, OnlineKey, Plan, write_plan
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.core.possession import enrolment_message, online_message
from ceremony.core.review import Reviewed, review
from ceremony.core.roster import Enrolment, Roster
from ceremony.core.tally import Standing
from ceremony.core.transcript import Entry
from ceremony.core.trusted import trust
from ceremony.engine import questions as q
from ceremony.engine.bundle import Bundle, pack
from ceremony.engine.room import Operator, Scene, Step, Work
from ceremony.engine.sitting import Outcome
from ceremony.errors import StoppedError
from ceremony.tui.app import CeremonyApp
from ceremony.tui.desk import Desk
from ceremony.tui.screens.sitting import SittingScreen
from ceremony.tui.wishes import Sitting
from hsm import Device, DeviceInfo, DeviceKey, Pin, PinState, Scheme, Slot
from hsm.errors import DeviceError
from hsm.software_device import list_devices

NOW = datetime(2030, 3, 1, 12, 0, 0, tzinfo=UTC)
SIZES = ((80, 24), (120, 40))
SECRET = "918273"
_REST_SECONDS = 0.0006

PUK = PinState(attempts_left=3, is_default=False)


class SvgSnapshot(SingleFileSnapshotExtension):
    """A screen as one SVG file."""

    _write_mode = WriteMode.TEXT
    file_extension = "svg"


def picture(app: CeremonyApp) -> str:
    """The screen as SVG, without what differs from run to run, and without fonts from elsewhere."""
    drawn = re.sub(r"terminal-\d+", "terminal", app.export_screenshot())
    return re.sub(r"\s*@font-face \{.*?\}", "", drawn, flags=re.DOTALL)


def text_of(app: CeremonyApp) -> str:
    """What can be read on the screen, line by line."""
    lines = app.screen._compositor.render_strips()  # noqa: SLF001  # the only way to the drawn text
    return "\n".join("".join(segment.text for segment in line) for line in lines)


def told_on(app: CeremonyApp) -> str:
    """What the page in the middle says, in one line, however wide it is."""
    said = (str(each.content) for each in app.screen.query_one("#middle").query(Static))
    return " ".join(" ".join(said).split())


def desk(folder: Path, found: tuple[Device, ...] = ()) -> Desk:
    """A desk at which these devices are plugged in, and the time is NOW."""
    return Desk(Policy(), lambda: NOW, folder, lambda: (found, ()), list_devices, make_device, Machine)


def device(serial: str, *, puk: PinState | None = PUK, **changes: Any) -> DeviceInfo:  # noqa: ANN401
    """What a YubiKey tells of itself; `changes` are fields of its PIN's state, or of the device."""
    of_pin = {field: changes.pop(field) for field in set(changes) & {each.name for each in fields(PinState)}}
    usual = DeviceInfo(
        driver="yubikey",
        maker="Yubico",
        model="YubiKey 5C NFC",
        serial=serial,
        label="",
        firmware="5.7.1",
        pin=PinState(**({"attempts_left": 3, "is_default": False} | of_pin)),
        schemes=tuple(Scheme),
        touch_seconds=15,
        found_in="Yubico YubiKey OTP+FIDO+CCID 00 00",
        form_factor="USB-C keychain",
        puk=puk,
        is_management_key_default=False,
    )
    return replace(usual, **changes)


ANN = device("10001")
BOB = device(
    "10002", label="bob's key", driver="pkcs11", maker="Acme", model="HSM 5", form_factor="", puk=None, attempts_left=1
)
CYD = device("10003", form_factor="USB-A Nano", model="YubiKey 5 Nano", attempts_left=0, is_blocked=True)
DEVICES = (ANN, BOB, CYD)

NEW = device("10004", is_default=True, puk=PinState(attempts_left=3, is_default=True), is_management_key_default=True)
"""As it comes out of the box."""

SLOTS = (
    Slot("9c", "Digital signature", "1a2b3c4d5e6f7081", 'a P-256 key, made inside, named "mail.example"'),
    Slot("9a", "Authentication", "0f1e2d3c4b5a6978", "a certificate without a key: ann"),
    Slot("9d", "Key management"),
    Slot("9e", "Card authentication"),
    *(Slot(f"{0x81 + place:x}", f"Retired {place}") for place in range(1, 21)),
)


@dataclass
class Lying:
    """A device that lies on the table and is looked at only; `trouble` is what comes instead of its keys and slots."""

    info: DeviceInfo
    found_keys: tuple[DeviceKey, ...] = ()
    found_slots: tuple[Slot, ...] = ()
    trouble: DeviceError | None = None
    looks: int = 0

    def keys(self) -> tuple[DeviceKey, ...]:
        """Its keys, and one more look is counted."""
        self.looks += 1
        if self.trouble is not None:
            raise self.trouble
        return self.found_keys

    def slots(self) -> tuple[Slot, ...]:
        """Its slots."""
        return self.found_slots


def key(number: int, label: str, **changes: Any) -> DeviceKey:  # noqa: ANN401  # any field of a key
    """A key that was made inside, the same in every run."""
    public = ec.derive_private_key(number, ec.SECP256R1()).public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    usual = DeviceKey(label, "9c", Scheme.P256, der, is_generated_inside=True, is_extractable=False)
    return replace(usual, **{"pin_policy": "always", "touch_policy": "always"} | changes)


def _signer(number: int) -> CryptoSigner:
    return CryptoSigner(ec.derive_private_key(number, ec.SECP256R1()))


@cache
def plan() -> Plan:
    """A rehearsal by ann, bob and cyd whose online key is the same in every run."""
    online = _signer(99)
    proof = online.sign(online_message(people.REPOSITORY, online.public_key.keyid)).signature
    key = online.public_key
    holders = tuple(Keyholder(name, OFFLINE_ROLES) for name in people.NAMES)
    return people.plan(keyholders=holders, online_key=OnlineKey(key.keytype, key.scheme, key.keyval["public"], proof))


@cache
def roster() -> Roster:
    """Everybody, enrolled with the same key in every run."""
    return Roster(tuple(_enrolment(holder, place) for place, holder in enumerate(plan().keyholders, start=1)))


@cache
def reviewed() -> Reviewed:
    """The review of that plan and roster; its fingerprint never changes."""
    return review(draft(plan(), roster()), Policy())


@cache
def before() -> Before:
    """What is trusted once ann, bob and cyd have signed that review."""
    signed = [
        each.with_signature(_signer(1).sign(each.payload)).with_signature(_signer(2).sign(each.payload))
        for each in reviewed().draft.files
    ]
    files = {each.name: each.encode() for each in signed}
    # What a maker says of these keys is drawn, but no certificate stands behind it: a sitting would see through it.
    plain = Roster(tuple(replace(each, attestation=None) for each in roster().enrolments))
    return Before(trust(files["1.root.json"], files), plain)


def released(folder: Path) -> Path:
    """The release of that ceremony, in a folder that is new."""
    trusted = before()
    files = tuple(trusted.files[role] for role in OFFLINE_ROLES)
    minutes = b"<!DOCTYPE html>"
    pack(Bundle("release", plan(), write_plan(plan()).encode(), trusted.roster, files, minutes=minutes), folder)
    return folder


def following(kind: str = "rotation", **changes: Any) -> Plan:  # noqa: ANN401  # any field of a plan
    """The plan that the screens make of it, in which everybody keeps the key; `changes` are fields of it."""
    return replace(kept_plan(before(), plan(), kind, NOW), **changes)


def rotation_scene() -> Scene:
    """A scene late in a rotation: cyd has another device, ann has signed, and the old device signs a last time."""
    ann, bob, cyd = (each.keyid for each in roster().enrolments)
    new = _signer(4).public_key.keyid
    steps = (
        Step("check", "Check the machine", "done"),
        Step("roll", "Roll call", "done"),
        Step("enrol cyd", "Enrol cyd", "done"),
        Step("review", "Review", "done"),
        Step("sign ann", "ann signs", "done"),
        Step("sign bob", "bob signs", "done"),
        Step("sign cyd", "cyd signs", "done"),
        Step("sign cyd with 10003", "cyd with 10003 signs a last time", "current"),
        Step("seal", "Seal"),
        Step("export", "Export"),
    )
    return scene(
        plan=following(),
        steps=steps,
        standings=(
            Standing("root", "root 1", 2, (ann,), (bob, cyd)),
            Standing("root", "root 2", 2, (ann, new), (bob,)),
            Standing("targets", "root 2", 2, (ann,), (bob, new)),
        ),
        holders=((ann, "ann"), (bob, "bob"), (cyd, "cyd"), (new, "cyd")),
    )


def words(place: int) -> str:
    """The two words of the fingerprint from this place on."""
    return " ".join(reviewed().fingerprint.words[place - 1 : place + 1])


def _enrolled(name: str, info: DeviceInfo) -> Entry:
    said = f"{name} signs root, targets, bins with a key on {info.model} {info.serial}."
    return Entry(NOW, f"enrol {name}", name, "enrolled", said, serial=info.serial)


def scene(**changes: Any) -> Scene:  # noqa: ANN401  # any field of a scene
    """A scene in the middle of signing: ann has signed root."""
    keyids = tuple(each.keyid for each in roster().enrolments)
    steps = (
        Step("check", "Check the machine", "done"),
        Step("roll", "Roll call", "done"),
        Step("enrol ann", "Enrol ann", "done"),
        Step("review", "Review", "done"),
        Step("sign ann", "ann signs", "current"),
        Step("sign bob", "bob signs"),
        Step("seal", "Seal"),
        Step("export", "Export"),
    )
    usual = Scene(
        plan(),
        steps,
        (
            Standing("root", "root 1", 2, keyids[:2], keyids[2:]),
            Standing("targets", "root 1", 2, keyids[:1], keyids[1:]),
            Standing("bins", "targets 1", 2, (), keyids),
        ),
        tuple(zip(keyids, people.NAMES, strict=True)),
        people.NAMES,
        DEVICES,
        None,
        (
            Entry(NOW, "roll", "", "roll call", "Present: ann, bob, cyd."),
            *(_enrolled(name, info) for name, info in zip(people.NAMES, DEVICES, strict=True)),
            Entry(NOW, "sign ann", "ann", "WrongPin", "That was not the PIN: 2 tries are left.", "refused", "10001"),
            Entry(NOW, "sign ann", "ann", "signed", "ann signed root with YubiKey 5C NFC 10001; it verifies."),
        ),
    )
    return replace(usual, **changes)


_COMMON: Mapping[str, Any] = {
    "step": "check",
    "person": "ann",
    "title": "ann: one thing to do",
    "action": "ann, do this one thing.",
    "expect": "This is what should then be seen.",
    "explain": "A longer story about this page.",
}


def _enrolment(holder: Keyholder, number: int) -> Enrolment:
    signer, nonce = _signer(number), "5" * 32
    message = enrolment_message(plan().id, nonce, signer.public_key.keyid, holder.name, holder.roles)
    facts = people.enrolment(plan(), holder)
    proof = signer.sign(message).signature
    facts = replace(facts, serial=f"1000{number}", key=fields_of(signer.public_key), nonce=nonce, proof=proof)
    return replace(people.attested(facts), model="YubiKey 5C NFC")


def confirm(**changes: Any) -> q.Confirm:  # noqa: ANN401  # any field of the question
    """Yes or No."""
    return q.Confirm(**{**_COMMON, "yes": "the clocks agree", **changes})


def roll_call(**changes: Any) -> q.RollCall:  # noqa: ANN401  # any field of the question
    """Who is here?"""
    return q.RollCall(
        **{**_COMMON, "names": tuple((name, "signs root, targets, bins") for name in people.NAMES)} | changes
    )


def describe() -> q.Describe:
    """What was different?"""
    return q.Describe(**_COMMON)


def plug_in(look: Callable[[], tuple[DeviceInfo, ...]] = lambda: DEVICES, **changes: Any) -> q.PlugIn:  # noqa: ANN401
    """Which device is ann's?"""
    return q.PlugIn(**{**_COMMON, "look": look, "wanted": "10001", "may_skip": True} | changes)


def ask_pin(**changes: Any) -> q.AskPin:  # noqa: ANN401  # any field of the question
    """The PIN of ann's device."""
    return q.AskPin(**{**_COMMON, "device": ANN} | changes)


def ask_puk(**changes: Any) -> q.AskPuk:  # noqa: ANN401  # any field of the question
    """The PUK of cyd's device, whose PIN is blocked."""
    return q.AskPuk(**{**_COMMON, "person": "cyd", "title": "cyd: one thing to do", "device": CYD} | changes)


def choose_code(**changes: Any) -> q.ChooseCode:  # noqa: ANN401  # any field of the question
    """A new PIN for a device as it comes out of the box."""
    return q.ChooseCode(**{**_COMMON, "device": NEW, "code": "PIN"} | changes)


def choose_slot(**changes: Any) -> q.ChooseSlot:  # noqa: ANN401  # any field of the question
    """Where does ann's key go? The usual slot is taken."""
    return q.ChooseSlot(**{**_COMMON, "device": ANN, "slots": SLOTS, "wanted": "9d"} | changes)


def type_loss(**changes: Any) -> q.TypeLoss:  # noqa: ANN401  # any field of the question
    """Is what the usual slot holds to be lost?"""
    return q.TypeLoss(**{**_COMMON, "device": ANN, "slot": SLOTS[0]} | changes)


def take_enrolment(**changes: Any) -> q.TakeEnrolment:  # noqa: ANN401  # any field of the question
    """Which folder holds the enrolment that ann made at home?"""
    return q.TakeEnrolment(**{**_COMMON, "places": (Path("/media/stick/ann"), Path("/media/other/ann"))} | changes)


def take_response(**changes: Any) -> q.TakeResponse:  # noqa: ANN401  # any field of the question
    """Which response was made at another place?"""
    return q.TakeResponse(**{**_COMMON, "places": (Path("/media/stick/cyd.json"),)} | changes)


def keep_enrolment() -> q.KeepEnrolment:
    """Does ann's enrolment stay?"""
    return q.KeepEnrolment(**_COMMON, enrolment=roster().enrolments[0])


def review_page(**changes: Any) -> q.ReviewPage:  # noqa: ANN401  # any field of the question
    """Does the room agree?"""
    return q.ReviewPage(**{**_COMMON, "reviewed": reviewed(), "place": 31} | changes)


def type_words() -> q.TypeWords:
    """Does ann agree?"""
    return q.TypeWords(**_COMMON, reviewed=reviewed(), place=1, roles=OFFLINE_ROLES)


def choose_place(folder: Path = Path("/media/stick")) -> q.ChoosePlace:
    """Where does the release go?"""
    return q.ChoosePlace(**_COMMON, places=(folder, Path("/media/other")), suggested=folder / "first-root-release")


@dataclass
class Script:
    """An engine that shows a scene, asks these questions, and stops; whatever comes back is kept."""

    questions: tuple[q.Question[Any], ...]
    shown: Scene = field(default_factory=scene)
    answers: list[Any] = field(default_factory=list)
    is_over: Event = field(default_factory=Event)

    def __call__(self, operator: Operator) -> Outcome:
        """Every question is asked; a page back and a hang-up count as answers."""
        operator.show(replace(self.shown, devices=plugged_in(self.questions)))
        for question in self.questions:
            try:
                self.answers.append(operator.ask(question))
            except (q.GoBack, StoppedError) as answer:
                self.answers.append(answer)
        self.is_over.set()
        raise StoppedError("ann", "the end of the script")


def plugged_in(questions: tuple[q.Question[Any], ...]) -> tuple[DeviceInfo, ...]:
    """The usual devices, and those that somebody is asked about."""
    asked = (getattr(each, "device", None) for each in questions)
    known = {each.serial: each for each in (*DEVICES, *filter(None, asked))}
    return tuple(known.values())


def app_for(folder: Path, script: Callable[[Operator], Outcome], pins: Mapping[str, Pin] | None = None) -> CeremonyApp:
    """The app, opened in a sitting that runs this script; what it asks about is plugged in."""
    found = desk(folder, tuple(map(Lying, plugged_in(getattr(script, "questions", ())))))
    sitting = Sitting(b"", "plan.toml", folder / "bundle", None, pins or {})
    return CeremonyApp(found, SittingScreen(found, plan(), sitting, script))


async def until(pilot: Pilot[Any], holds: Callable[[], bool]) -> None:
    """It holds now, and the screen is drawn."""
    for _ in range(500):
        await pilot.pause()
        if holds():
            await pilot.pause()
            return
        await pilot.pause(0.02)
    raise AssertionError(text_of(pilot.app))


async def shown(pilot: Pilot[Any], selector: str) -> None:
    """A page or widget of this kind is on the screen."""
    await until(pilot, lambda: bool(pilot.app.screen.query(selector)))


async def _rest(_least: float, most: float = 1) -> None:
    """This process has hardly anything to do, or `most` seconds have passed."""
    until = time.monotonic() + most
    while time.monotonic() < until:
        busy = time.process_time()
        await asyncio.sleep(0.002)
        if time.process_time() - busy < _REST_SECONDS:
            return


# Between two keys Textual's pilot waits for 40 ms and more, which a typist may do; what is asked of the screens after
# the last of them waits as long as ever. Tests type texts of a thousand keys. Nothing but these names can be set.
textual_app.wait_for_idle = _rest  # type: ignore[attr-defined]
_press = Pilot.press


async def _press_and_pause(pilot: Pilot[Any], *keys: str) -> None:
    await _press(pilot, *keys)
    await pilot.pause()


Pilot.press = _press_and_pause  # type: ignore[assignment,method-assign]


async def typed(pilot: Pilot[Any], text: str) -> None:
    """Every character was pressed."""
    await pilot.press(*("space" if each == " " else each for each in text))


def working(**changes: Any) -> Work:  # noqa: ANN401  # any field of the work
    """Ann's device waits for a touch."""
    return replace(Work("Signing root", "ann", ANN, 15, 1, 3), **changes)


@dataclass
class Waiting:
    """An engine that shows one scene and is busy until it is let go, as while a device waits for a touch."""

    shown: Scene
    go_on: Event = field(default_factory=Event)
    question: q.Question[Any] | None = None

    def __call__(self, operator: Operator) -> Outcome:
        """The scene is shown; the end comes once somebody lets go, or after a while."""
        operator.show(self.shown)
        self.go_on.wait(20)
        operator.ask(self.question or confirm())
        raise StoppedError("ann", "the end")
