"""New keys in the slots of a YubiKey: what must be there before, what is lost, and trying again."""

import itertools
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fakes.bench import PINS
from fakes.virtual_yubikey import Pulled, VirtualYubiKey
from fakes.yubikey_bench import REMOVED, Wire, YubikeyBench, by_hand, yubikey_bench, yubikey_table
from yubikit.piv import KEY_TYPE, MANAGEMENT_KEY_TYPE, OBJECT_ID, SLOT, PivSession

from hsm import DeviceKey, Pin, Scheme, Slot, Unlocked
from hsm.errors import (
    DeviceAbsentError,
    DeviceFaultError,
    KeyExistsError,
    ManagementKeyUnknownError,
    TouchMissingError,
    UnsupportedError,
    WrongPinError,
)
from hsm.yubikey_codes import verify
from hsm.yubikey_facts import identify
from hsm.yubikey_generation import Wish, generate, slots_for_keys
from hsm.yubikey_link import PcscError

ANN = PINS["ann"]
VERIFY, GENERATE, AUTHENTICATE, PUT, METADATA = 0x20, 0x47, 0x87, 0xDB, 0xF7
SECONDS = 20
FIRMWARE = [(5, 2, 7), (5, 4, 3), (5, 7, 4)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[YubikeyBench]:
    """Ann's and bob's YubiKeys."""
    yield from yubikey_bench(tmp_path / "lab")


@pytest.fixture
def card(bench: YubikeyBench) -> VirtualYubiKey:
    """Ann's YubiKey itself, which nobody waits long for."""
    anns = bench.cards["ann"]
    anns.touch.timeout = 0.05
    return anns


@pytest.fixture
def unlocked(bench: YubikeyBench) -> Iterator[Unlocked]:
    """Ann's YubiKey, unlocked."""
    with bench.unlocked("ann") as opened:
        yield opened


def slot(bench: YubikeyBench, name: str) -> Slot:
    """This slot of ann's YubiKey."""
    (found,) = (each for each in bench.device("ann").slots() if each.name == name)
    return found


def instructions(card: VirtualYubiKey) -> set[int]:
    """What the YubiKey was asked to do since the log was emptied."""
    return {instruction for instruction, *_ in card.log}


def test_the_usual_slot_is_that_for_signatures(bench: YubikeyBench, unlocked: Unlocked) -> None:
    """Without a slot the key goes to 9c, and wants PIN and touch each time."""
    made = unlocked.generate("root", Scheme.P256)
    assert (made.label, made.key_id, made.scheme) == ("root", "9c", Scheme.P256)
    assert (made.pin_policy, made.touch_policy, made.is_generated_inside) == ("always", "always", True)
    assert slot(bench, "9c").content == 'a P-256 key, made inside, named "root"'


def test_its_certificate_bears_the_label_and_has_no_end(bench: YubikeyBench, unlocked: Unlocked) -> None:
    """It is signed by the key itself, from 2000 on, for ever, with a number of its own."""
    unlocked.generate("root ключ", Scheme.P384, "9d")
    unlocked.generate("targets", Scheme.P256, "82")
    unlocked.close()
    with by_hand(bench.cards["ann"], ANN) as session:
        first, second = (session.get_certificate(each) for each in (SLOT.KEY_MANAGEMENT, SLOT.RETIRED1))
    first.verify_directly_issued_by(first)
    assert first.subject == first.issuer
    assert first.subject.rfc4514_string() == "CN=root ключ"
    assert first.not_valid_before_utc == datetime(2000, 1, 1, tzinfo=UTC)
    assert first.not_valid_after_utc == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert b"99991231235959Z" in first.tbs_certificate_bytes
    assert first.serial_number != second.serial_number


@pytest.mark.parametrize(
    ("label", "scheme", "place", "what"),
    [
        ("root", Scheme.RSA_PSS, "", "rsassa-pss-sha256"),
        ("root", Scheme.P521, "", "ecdsa-sha2-nistp521"),
        ("root", Scheme.P256, "f9", "slot f9"),
        ("root", Scheme.P256, "9C", "slot 9C"),
        ("", Scheme.P256, "", "a label that is not 1 to 64 letters"),
        ("é" * 33, Scheme.P256, "", "a label that is not 1 to 64 letters"),
        ("ro\not", Scheme.P256, "", "a label that is not 1 to 64 letters"),
        ("ro\ud800t", Scheme.P256, "", "a label that is not 1 to 64 letters"),
    ],
)
def test_what_it_cannot_have_is_refused_before_anything_is_asked(  # noqa: PLR0913, PLR0917 - the columns of the table
    card: VirtualYubiKey, unlocked: Unlocked, label: str, scheme: Scheme, place: str, what: str
) -> None:
    """Neither a PIN nor a touch is spent on a key that cannot be."""
    card.log.clear()
    with pytest.raises(UnsupportedError) as refused:
        unlocked.generate(label, scheme, place)
    assert refused.value.scheme == what
    assert card.log == []


def test_a_firmware_that_does_not_tell_where_a_key_comes_from_makes_none() -> None:
    """Before 4.3 nobody could say that the key was made inside."""
    card = VirtualYubiKey(1, (4, 2, 8))
    with pytest.raises(UnsupportedError):
        made(card)
    assert GENERATE not in instructions(card)


def test_an_older_firmware_has_no_ed25519(tmp_path: Path) -> None:
    """It is not offered there, and refused."""
    with (
        yubikey_table(tmp_path, {"ann": VirtualYubiKey(1, (5, 4, 3))}) as bench,
        bench.device("ann").unlock(Pin("123456")) as unlocked,
        pytest.raises(UnsupportedError),
    ):
        unlocked.generate("root", Scheme.ED25519)


# what lies there already


def test_an_occupied_slot_is_left_alone(bench: YubikeyBench, card: VirtualYubiKey, unlocked: Unlocked) -> None:
    """Neither nothing nor something else gives up what lies there."""
    made = unlocked.generate("root", Scheme.P256)
    card.log.clear()
    for loses in ("", "0123456789abcdef", "9c"):
        with pytest.raises(KeyExistsError) as refused:
            unlocked.generate("targets", Scheme.P256, "9c", loses)
        assert refused.value.label == "targets"
    assert unlocked.keys() == (made,)
    assert not instructions(card) & {GENERATE, PUT, VERIFY}
    assert slot(bench, "9c").holds


def test_what_its_owner_gave_up_is_lost(bench: YubikeyBench, unlocked: Unlocked) -> None:
    """The slot holds the new key alone when what it held was named."""
    unlocked.generate("root", Scheme.P256)
    made = unlocked.generate("root", Scheme.P384, "9c", slot(bench, "9c").holds)
    assert unlocked.keys() == (made,)


def test_a_key_for_other_uses_and_a_lone_certificate_are_not_overwritten_unasked(bench: YubikeyBench) -> None:
    """An RSA key, which is none of ours, fills its slot; so does a certificate without a key."""
    with by_hand(bench.cards["ann"], ANN) as session:
        session.put_key(SLOT.AUTHENTICATION, rsa.generate_private_key(65537, 2048))
        session.put_object(OBJECT_ID.KEY_MANAGEMENT, b"\x70\x03abc\x71\x01\x00")
    with bench.unlocked("ann") as unlocked:
        for place in ("9a", "9d"):
            with pytest.raises(KeyExistsError):
                unlocked.generate(place, Scheme.P256, place)
            assert unlocked.generate(place, Scheme.P256, place, slot(bench, place).holds).label == place


def test_a_label_is_used_once_on_a_yubikey(unlocked: Unlocked) -> None:
    """In another slot the same label is refused."""
    made = unlocked.generate("root", Scheme.P256)
    with pytest.raises(KeyExistsError):
        unlocked.generate("root", Scheme.P256, "82")
    assert unlocked.keys() == (made,)


# the touch for the certificate


def test_a_missed_touch_leaves_nothing_behind_and_can_be_tried_again(
    bench: YubikeyBench, card: VirtualYubiKey, unlocked: Unlocked
) -> None:
    """The half-made key is deleted; the same call makes another one."""
    card.touch.refuse = True
    with pytest.raises(TouchMissingError) as missing:
        unlocked.generate("root", Scheme.P256)
    assert missing.value.seconds == 15
    assert slot(bench, "9c") == Slot("9c", "Digital signature")
    card.touch.refuse = False
    assert unlocked.generate("root", Scheme.P256).label == "root"


def test_what_was_given_up_is_gone_after_a_missed_touch(
    bench: YubikeyBench, card: VirtualYubiKey, unlocked: Unlocked
) -> None:
    """The old key and its certificate are lost, as was said; the same call makes the new one."""
    unlocked.generate("old", Scheme.P256)
    holds = slot(bench, "9c").holds
    card.touch.refuse = True
    with pytest.raises(TouchMissingError):
        unlocked.generate("root", Scheme.P256, "9c", holds)
    assert slot(bench, "9c").holds == ""
    card.touch.refuse = False
    assert unlocked.generate("root", Scheme.P256, "9c", holds).label == "root"


@pytest.mark.parametrize("firmware", [(4, 3, 5), (5, 2, 7), (5, 4, 3)])
def test_where_no_key_can_be_deleted_a_half_made_one_counts_as_nothing(
    tmp_path: Path, firmware: tuple[int, int, int]
) -> None:
    """Until the next try its slot is shown as empty, also after the YubiKey was out, and takes the next key."""
    card = VirtualYubiKey(1, firmware)
    card.touch.timeout = 0.05
    with yubikey_table(tmp_path, {"ann": card}) as bench:
        card.touch.refuse = True
        with bench.device("ann").unlock(Pin("123456")) as unlocked, pytest.raises(TouchMissingError):
            unlocked.generate("root", Scheme.P256)
        assert slot(bench, "9c").holds == ""
        bench.lab.pull(card)
        bench.lab.plug(card)
        card.touch.refuse = False
        with bench.device("ann").unlock(Pin("123456")) as unlocked:
            made = unlocked.generate("root", Scheme.P256)
            assert unlocked.keys() == (made,)
    assert made.is_generated_inside is True


def test_a_key_left_half_made_by_others_is_not_overwritten_unasked(bench: YubikeyBench) -> None:
    """Only a key that was begun here counts as nothing."""
    with by_hand(bench.cards["ann"], ANN) as session:
        session.generate_key(SLOT.SIGNATURE, KEY_TYPE.ECCP256)
    with bench.unlocked("ann") as unlocked, pytest.raises(KeyExistsError):
        unlocked.generate("root", Scheme.P256)


@pytest.mark.parametrize("firmware", FIRMWARE)
def test_pulled_out_anywhere_a_key_can_be_made_again(firmware: tuple[int, int, int]) -> None:
    """Before each command in turn the YubiKey is gone; what its slot holds then is named, or nothing, and gives way."""
    for number in itertools.count(1):
        card = VirtualYubiKey(1000 + number, firmware)
        pulled_before(card, number)
        try:
            made(card)
        except PcscError:
            card.hook = None
        else:
            break
        is_begun = any(instruction == GENERATE for instruction, *_ in card.log)
        with Wire(card) as wire:
            holds = slots_for_keys(PivSession(wire), str(card.serial))[0].holds
        assert holds == "" or not is_begun
        assert made(card, holds).label == "root"
    assert number > 40


def test_pulled_out_while_it_waits_for_the_touch_it_can_be_tried_again(
    bench: YubikeyBench, card: VirtualYubiKey, unlocked: Unlocked
) -> None:
    """The half-made key could not be deleted; it counts as nothing when the YubiKey is back."""
    card.touch.manual = True
    card.touch.timeout = SECONDS
    told: list[BaseException] = []

    def generate() -> None:
        try:
            unlocked.generate("root", Scheme.P256)
        except BaseException as error:  # noqa: BLE001 - whatever it was, the test shows it
            told.append(error)

    making = threading.Thread(target=generate)
    making.start()
    assert card.touch.waiting.wait(SECONDS)
    bench.lab.pull(card)
    making.join(SECONDS)
    assert [type(each) for each in told] == [DeviceAbsentError]
    card.touch.manual = False
    bench.lab.plug(card)
    assert slot(bench, "9c").holds == ""
    with bench.unlocked("ann") as again:
        assert again.generate("root", Scheme.P256).label == "root"


def test_a_key_that_was_made_unheard_is_not_overwritten_unasked() -> None:
    """Pulled out just as it made the key, nobody here knows that key: it is shown, named, and can be given up."""
    card = VirtualYubiKey(1)
    with pytest.raises(PcscError):
        made(card, wire=Deaf(card))
    with Wire(card) as wire:
        left = slots_for_keys(PivSession(wire), "1")[0]
    assert left.content == "a P-256 key, made inside, without a certificate of its own"
    with pytest.raises(KeyExistsError):
        made(card)
    assert made(card, left.holds).label == "root"


# what goes wrong


def test_a_pin_that_is_refused_meanwhile_leaves_nothing_behind(
    bench: YubikeyBench, card: VirtualYubiKey, unlocked: Unlocked
) -> None:
    """The key is deleted again, and the YubiKey locked, whose PIN is not tried twice."""
    refused: list[bytes] = []

    def hook(apdu: bytes) -> bytes | None:
        if apdu[1] == VERIFY and any(instruction == GENERATE for instruction, *_ in card.log):
            refused.append(apdu)
            return b"\x63\xc2"
        return None

    card.log.clear()
    card.hook = hook
    with pytest.raises(WrongPinError):
        unlocked.generate("root", Scheme.P256)
    card.hook = None
    assert len(refused) == 1
    with pytest.raises(DeviceAbsentError):
        unlocked.keys()
    assert slot(bench, "9c").holds == ""


def test_without_its_management_key_it_makes_none(bench: YubikeyBench) -> None:
    """Where it is neither the maker's nor kept under the PIN, nothing changes."""
    with by_hand(bench.cards["ann"], ANN) as session:
        session.set_management_key(MANAGEMENT_KEY_TYPE.AES192, bytes(range(24)))
    with bench.unlocked("ann") as unlocked:
        with pytest.raises(ManagementKeyUnknownError) as unknown:
            unlocked.generate("root", Scheme.P256)
        assert unlocked.keys() == ()
    assert unknown.value.serial == "101"


@pytest.mark.parametrize(
    ("instruction", "old", "new", "code"),
    [
        (METADATA, "030101", "030102", "KeyNotKeptInside"),
        (METADATA, "02020302", "02020202", "PolicyNotKept"),
        (METADATA, "02020302", "02020301", "PolicyNotKept"),
        (METADATA, "8641", "8641", "KeyNotKeptInside"),
        (AUTHENTICATE, "02", "03", "InvalidSignature"),
        (PUT, "", "", "CertificateNotKept"),
    ],
)
def test_a_key_that_is_not_as_it_was_wanted_is_not_kept(instruction: int, old: str, new: str, code: str) -> None:
    """What the YubiKey says of its new key, and signs with it, has to be right; else the key is deleted."""
    card = VirtualYubiKey(1)
    with pytest.raises(DeviceFaultError) as fault:
        made(card, wire=Spoiled(card, instruction, bytes.fromhex(old), bytes.fromhex(new)))
    assert fault.value.code == code
    with Wire(card) as wire:
        assert slots_for_keys(PivSession(wire), "1")[0].holds == ""


class Spoiled(Wire):
    """A wire on which, once a key was made, the answers to one instruction are others."""

    def __init__(self, card: VirtualYubiKey, instruction: int, old: bytes, new: bytes) -> None:
        super().__init__(card)
        self._instruction, self._old, self._new = instruction, old, new
        self._is_made = False

    def send_and_receive(self, apdu: bytes) -> tuple[bytes, int]:
        """The answer, or another one."""
        is_meant = self._is_made and apdu[1] == self._instruction and apdu[3] in {SLOT.SIGNATURE, 0xFF}
        self._is_made |= apdu[1] == GENERATE
        if is_meant and self._instruction == PUT:
            return b"", 0x9000
        answer, status = super().send_and_receive(apdu)
        if is_meant and self._old == self._new:
            return answer[:-1] + bytes([answer[-1] ^ 1]), status
        return (answer.replace(self._old, self._new, 1) if is_meant else answer), status


class Deaf(Wire):
    """A wire that breaks as the YubiKey has made a key, before it could say so."""

    def send_and_receive(self, apdu: bytes) -> tuple[bytes, int]:
        """The answer, as long as there is one."""
        answer = super().send_and_receive(apdu)
        if apdu[1] == GENERATE:
            raise PcscError(REMOVED)
        return answer


def made(card: VirtualYubiKey, loses: str = "", wire: Wire | None = None) -> DeviceKey:
    """A new key in 9c of a YubiKey as it left the factory."""
    with wire or Wire(card) as line:
        session, info = identify(line, "a reader")
        verify(session, info.serial, Pin("123456"))
        return generate(session, info, Pin("123456"), Wish("root", Scheme.P256, "", loses))


def pulled_before(card: VirtualYubiKey, number: int) -> None:
    """The YubiKey is pulled out right before it gets its command of this number, counted from one, and stays out."""
    left = [number]

    def hook(_: bytes) -> None:
        left[0] -= 1
        if left[0] <= 0:
            raise Pulled

    card.hook = hook
