"""Everything that a device tells of itself, for its owner to read alone."""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Vertical

from ceremony.core.words import words_of
from ceremony.explain import explain
from ceremony.tui.device_facts import DeviceFacts
from ceremony.tui.widgets.device_card import DeviceCard
from ceremony.tui.widgets.device_picture import kind_of
from ceremony.tui.widgets.device_words import touch_words
from ceremony.tui.widgets.fact import Fact
from ceremony.tui.widgets.ink import cut
from hsm import DeviceInfo, DeviceKey, Slot
from hsm.signer import public_key_of

_SAID = {True: "yes", False: "NO", None: "it does not say"}
_CHOSEN = {True: "still the maker's", False: "changed", None: "unknown (it does not say whether it was changed)"}
_LIMIT = 64


class DeviceFactsView(Vertical):
    """One device: its card, then a line for each thing it tells."""

    def __init__(self, facts: DeviceFacts) -> None:
        super().__init__()
        self._facts = facts

    def compose(self) -> ComposeResult:
        """Card and lines."""
        yield DeviceCard(self._facts.info)
        for name, text in fact_lines(self._facts):
            yield Fact(name, text)


def fact_lines(facts: DeviceFacts) -> Iterable[tuple[str, str]]:
    """What it is, its codes, its touch, its schemes, its keys, its slots, and what its owner may want to do."""
    info = facts.info
    yield "Kind", kind_of(info)
    yield "Codes", "; ".join(_codes(info))
    yield "Touch", _touch(info)
    yield "Schemes", ", ".join(info.schemes) or "none that a ceremony uses"
    if info.found_in:
        yield "Found in", cut(info.found_in, _LIMIT)
    if facts.trouble is not None:
        told = explain(facts.trouble)
        yield "Keys", f"not read. {told.title}: {told.detail} {told.advice}"
    else:
        yield from _held(facts)
    if advice := _advice(info):
        yield "Advice", advice


def _codes(info: DeviceInfo) -> Iterable[str]:
    if info.has_pin_pad:
        yield "the PIN is typed on the device itself"
    yield f"PIN {_CHOSEN[info.pin.is_default]}"
    yield f"PUK {_CHOSEN[info.puk.is_default]}" if info.puk is not None else "it has no PUK"
    if info.driver == "yubikey":
        yield f"management key {_CHOSEN[info.is_management_key_default]}"


def _touch(info: DeviceInfo) -> str:
    if info.touch_seconds is None:
        return "it asks for none"
    return f"it can ask for one and waits {info.touch_seconds} seconds: touch {touch_words(info)} when it blinks"


def _held(facts: DeviceFacts) -> Iterable[tuple[str, str]]:
    if not facts.keys:
        yield "Keys", "none that can be read without a PIN"
    for key in facts.keys:
        yield "Key", _key(key)
    taken = [slot for slot in facts.slots if slot.holds]
    for slot in taken:
        yield "Slot", f"{_slot_name(slot)}: {cut(slot.content, _LIMIT)} ({cut(slot.holds, _LIMIT)})"
    if facts.slots:
        yield "Slots", f"{len(taken)} taken, {len(facts.slots) - len(taken)} empty"


def _key(key: DeviceKey) -> str:
    said = [
        f"{cut(key.label, _LIMIT)}: {key.scheme}",
        f"words {' '.join(words_of(bytes.fromhex(public_key_of(key).keyid)[:4]))}",
        f"made inside? {_SAID[key.is_generated_inside]}",
        f"PIN {key.pin_policy}" if key.pin_policy else "",
        f"touch {key.touch_policy}" if key.touch_policy else "",
    ]
    return "; ".join(filter(None, said))


def _slot_name(slot: Slot) -> str:
    return f"{cut(slot.name, _LIMIT)} ({cut(slot.purpose, _LIMIT)})"


def _advice(info: DeviceInfo) -> str:
    if info.driver == "software":
        return "For practice only: a real ceremony refuses it."
    if info.puk is not None and info.puk.is_blocked and info.pin.is_blocked:
        return "PIN and PUK are blocked: nothing opens this device. Only its maker's own tool can reset it, empty."
    if info.pin.is_blocked:
        return "The PIN is blocked. " + (
            "Bring the PUK to the ceremony: a page there gives the device a new PIN."
            if info.puk is not None
            else "Ask whoever set it up for the code that unblocks it, and use its maker's own tool."
        )
    if info.has_makers_codes:
        return "It is as it came. When it is enrolled, its pages lead you to codes of your own."
    return ""
