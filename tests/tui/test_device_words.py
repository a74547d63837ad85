"""What each kind of device looks like, and in which words it is told of."""

from dataclasses import replace

import pytest
from tui import stage

from ceremony.core.attestation import Attestation
from ceremony.core.transcript import Entry
from ceremony.tui.device_facts import DeviceFacts
from ceremony.tui.widgets import device_pane, device_picture, device_words, slot_table
from ceremony.tui.widgets.device_card import card_lines
from ceremony.tui.widgets.device_facts_view import fact_lines
from ceremony.tui.widgets.enrolment_facts import enrolment_facts
from ceremony.tui.widgets.ink import lines
from hsm import DeviceInfo, PinState, Slot

SOFTWARE = stage.device("practice-1", driver="software", maker="Ceremony", model="practice", form_factor="", puk=None)

ATTESTATION = Attestation(
    maker="Yubico",
    root="00" * 32,
    device="YubiKey",
    serial="10001",
    firmware="5.7.1",
    form_factor="USB-C keychain",
    slot="9c",
    is_generated_inside=True,
    is_extractable=False,
    pin_policy="always",
    touch_policy="always",
    keyid="00" * 32,
    certificates=(),
)

KINDS: dict[str, tuple[DeviceInfo, str]] = {
    "USB-A": (stage.device("1", form_factor="USB-A keychain"), "a YubiKey with a USB-A plug"),
    "USB-C": (stage.device("1", form_factor="USB-C keychain"), "a YubiKey with a USB-C plug"),
    "both": (stage.device("1", form_factor="USB-C and Lightning keychain"), "a USB-C and a Lightning plug"),
    "nano A": (stage.device("1", form_factor="USB-A Nano"), "a YubiKey nano with a USB-A plug"),
    "nano C": (stage.device("1", form_factor="USB-C Nano"), "a YubiKey nano with a USB-C plug"),
    "unknown": (stage.device("1", form_factor=""), "a YubiKey"),
    "by its module": (stage.device("1", driver="pkcs11", model="YubiKey YK5", form_factor=""), "a YubiKey"),
    "HSM": (stage.BOB, "an HSM or a token"),
    "card": (replace(stage.BOB, model="CardOS smart card"), "a smart card"),
    "pad": (replace(stage.BOB, has_pin_pad=True), "a device with a PIN pad"),
    "file": (SOFTWARE, "a file on this disk"),
}


@pytest.mark.parametrize("case", KINDS)
def test_every_kind_of_device_has_a_picture_of_its_own_size(case: str) -> None:
    """Three lines and one line, as wide as all others, so that what stands beside them stands in columns."""
    info, said = KINDS[case]
    assert {len(line) for line in device_picture.picture_of(info)} == {device_picture.PICTURE_WIDTH}
    assert len(device_picture.icon_of(info)) == device_picture.ICON_WIDTH
    assert said in device_picture.kind_of(info)


def test_no_two_kinds_look_alike() -> None:
    """The plug decides; a YubiKey that does not say its form looks like the usual one."""
    shown = {device_picture.kind_of(info): device_picture.picture_of(info) for info, _said in KINDS.values()}
    assert len(set(shown.values())) == len(shown) == 9


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (PinState(is_blocked=True), "! PIN blocked"),
        (PinState(is_final_try=True), "! PIN: last try"),
        (PinState(attempts_left=1), "! PIN: last try"),
        (PinState(attempts_left=3), "PIN: 3 tries left"),
        (PinState(is_low=True), "! PIN: few tries left"),
        (PinState(), "PIN ready"),
    ],
)
def test_the_worst_that_a_device_says_of_its_pin_comes_first(state: PinState, said: str) -> None:
    """A few words, with a mark where care is needed."""
    assert device_words.code_words("PIN", state) == said


@pytest.mark.parametrize(
    ("form_factor", "said"),
    [
        ("USB-A keychain", "the gold disc of"),
        ("", "the gold disc of"),
        ("USB-C Nano", "the gold edge of"),
        ("USB-C and Lightning keychain", "the gold on both sides of"),
        ("USB-C keychain with fingerprint reader", "the round sensor of"),
    ],
)
def test_what_is_touched_is_named(form_factor: str, said: str) -> None:
    """The place on the device, then which device it is."""
    told = device_words.touch_words(stage.device("10001", form_factor=form_factor))
    assert told == f"{said} YubiKey 5C NFC 10001"
    assert device_words.touch_words(stage.BOB) == "the light or button of Acme HSM 5 10002"


def test_codes_that_are_still_the_makers_are_each_named() -> None:
    """PIN, PUK and management key; nothing is said of codes that were changed."""
    assert device_words.makers_codes_words(stage.NEW) == "! Still the maker's: PIN, PUK, management key"
    only_key = stage.device("1", is_management_key_default=True)
    assert device_words.makers_codes_words(only_key) == "! Still the maker's: management key"
    assert device_words.makers_codes_words(stage.ANN) == ""


def test_what_a_hostile_device_tells_cannot_steer_or_fill_the_screen() -> None:
    """Letters that steer are marks, and what has no end is cut."""
    hostile = stage.device("\x1b[2J" + "9" * 5000, maker="\x07" * 5000, model="m\n" * 5000, label="\u202e" * 5000)
    hostile = replace(hostile, firmware="1\r" * 900, found_in="/\x00" * 900, form_factor="Nano" * 900)
    drawn = lines(card_lines(hostile, "ann")).plain
    assert max(map(len, drawn.splitlines())) < 160
    assert not any(letter in drawn for letter in "\x1b\x07\r\u202e")
    for _name, text in fact_lines(DeviceFacts(hostile)):
        assert len(text) < 300
        assert text.isprintable()


def test_what_a_device_tells_is_no_markup() -> None:
    """Brackets in a label or a model are shown as they are, in the card and in the pane."""
    odd = stage.device("[red]1[/]", model="[b]m[/b]", label="[@click=app.stop]x[/]")
    assert "labelled [@click=app.stop]x[/]" in lines(card_lines(odd)).plain
    assert "[red]1[/]\n  [@click=app.stop]x[/]" in device_pane.device_lines((odd,), {}).plain


def test_no_device_is_said_in_words() -> None:
    """An empty pane would look like a mistake."""
    assert "none plugged in" in device_pane.device_lines((), {}).plain


def test_the_pane_names_holders_by_plan_and_by_record() -> None:
    """The plan may name a serial; whoever was enrolled, here or elsewhere, holds that device."""
    plan = replace(
        stage.plan(), keyholders=(replace(stage.plan().keyholders[0], device="10001"), *stage.plan().keyholders[1:])
    )
    record = (
        Entry(stage.NOW, "enrol bob", "bob", "enrolled", "bob signs root.", serial="10002"),
        Entry(stage.NOW, "enrol cyd", "cyd", "took in", "The enrolment of cyd is taken in.", serial="10003"),
        Entry(stage.NOW, "enrol cyd", "cyd", "unlocked", "cyd unlocked another.", serial="10009"),
    )
    holders = device_pane.holders_in(stage.scene(plan=plan, transcript=record))
    assert holders == {"10001": "ann", "10002": "bob", "10003": "cyd"}
    drawn = device_pane.device_lines((*stage.DEVICES, stage.NEW), holders).plain.splitlines()
    assert "(==|O ] 10001" in drawn
    assert "  bob's Acme HSM 5" in drawn
    assert "  ! PIN blocked" in drawn
    assert "  ! codes still the maker's" in drawn
    assert max(map(len, drawn)) <= 28


def test_a_slot_says_what_would_be_lost() -> None:
    """A key and a certificate are marked each by its name; an empty slot is empty."""
    told = [slot_table.slot_line(each).rstrip() for each in stage.SLOTS[:3]]
    assert told[0].endswith("! holds a key: would be lost")
    assert told[1].endswith("! holds a certificate: would be lost")
    assert told[2].endswith("empty")
    unnamed = Slot("9c", "signatures", "1a2b3c4d5e6f7081")
    assert "something that the device does not name (1a2b3c4d5e6f7081)" in slot_table.loss_words(unnamed)


def test_a_device_without_a_name_or_serial_is_told_as_such() -> None:
    """Nothing is left blank that people look for."""
    nameless = stage.device("", maker="", model="", firmware="")
    assert device_words.device_title(nameless) == "a device without a name, without a serial"
    assert "It tells no label and no firmware." in lines(card_lines(nameless)).plain


@pytest.mark.parametrize(
    ("attestation", "said"),
    [
        (None, "no: the device brings no certificate of its maker"),
        (ATTESTATION, "by Yubico: made inside, never leaves it, PIN always, touch always"),
        (
            replace(
                ATTESTATION, maker="", is_generated_inside=False, is_extractable=True, pin_policy="", touch_policy=""
            ),
            "by a maker that this program does not know: NOT made inside, can be copied out",
        ),
    ],
)
def test_an_enrolment_says_who_vouches_for_its_key(attestation: Attestation | None, said: str) -> None:
    """Each of the maker's statements, or that there is none."""
    found = replace(stage.roster().enrolments[0], attestation=attestation)
    assert [each.text for each in enrolment_facts(found)][-1] == said
