"""How each question is read on a plain terminal: what is drawn, what may be typed, what it means.

An empty line never agrees to anything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from ceremony.cli.drawing import code_words, device_name, draw_devices, draw_fault, plain
from ceremony.cli.review_drawing import draw_fingerprint, draw_review
from ceremony.core.qr_text import is_scanned
from ceremony.engine.questions import (
    AskPin,
    AskPuk,
    ChooseCode,
    ChoosePlace,
    ChooseSlot,
    Confirm,
    Describe,
    KeepEnrolment,
    Missing,
    PlugIn,
    ReviewPage,
    RollCall,
    TakeEnrolment,
    TakeResponse,
    TypeLoss,
    TypeWords,
)
from hsm import DeviceInfo, Pin, PinState, Slot


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page shows besides its sentences, which keys it names, and what a typed line means.

    `parse` raises ValueError, with what would be right, for a line that means nothing. What `is_typed_twice` means
    something only where both lines are the same.
    """

    body: RenderableType
    legend: str
    parse: Callable[[str], object]
    is_secret: bool = False
    is_typed_twice: bool = False


@singledispatch
def reading_of(question: object) -> Reading:
    """How this question is read."""
    raise TypeError(question)


@reading_of.register
def _confirm(question: Confirm) -> Reading:
    return Reading(Text(), f"y = {question.yes}, n or Enter = No", _yes_or_no)


@reading_of.register
def _keep(question: KeepEnrolment) -> Reading:
    del question
    return Reading(Text(), "y = keep it, n = enrol another device", _yes_or_plain_no)


@reading_of.register
def _roll_call(question: RollCall) -> Reading:
    lines = (plain(f"{place}  {name}: {what}") for place, (name, what) in enumerate(question.names, start=1))
    names = tuple(name for name, _what in question.names)
    return Reading(Group(*lines), "numbers such as 1 2, or all; Enter = nobody", lambda line: _present(line, names))


@reading_of.register
def _describe(question: Describe) -> Reading:
    del question
    return Reading(Text(), "one line; Enter = no note", str)


@reading_of.register
def _plug_in(question: PlugIn) -> Reading:
    devices = question.look()
    wanted = (plain(f"Wanted: the device with serial {question.wanted}", "bold"),) if question.wanted else ()
    skip = ", s = not today" if question.may_skip else ""
    return Reading(
        Group(*wanted, draw_devices(devices), *map(draw_fault, question.faults())),
        f"the number of the device, Enter = look again{skip}",
        lambda line: _device(line, devices, may_skip=question.may_skip),
    )


@reading_of.register
def _ask_pin(question: AskPin) -> Reading:
    body = _device_line(question.device, "PIN", question.device.pin)
    return Reading(body, "the PIN, which is not shown; Enter = No", _code, is_secret=True)


@reading_of.register
def _ask_puk(question: AskPuk) -> Reading:
    body = _device_line(question.device, "PUK", question.device.puk or PinState())
    return Reading(body, "the PUK, which is not shown; Enter = No", _code, is_secret=True)


@reading_of.register
def _choose_code(question: ChooseCode) -> Reading:
    legend = f"the new {question.code}, twice, which is not shown; Enter = No"
    return Reading(_device_line(question.device), legend, _code, is_secret=True, is_typed_twice=True)


@reading_of.register
def _choose_slot(question: ChooseSlot) -> Reading:
    lines = (_slot_line(number, slot, question.wanted) for number, slot in enumerate(question.slots, start=1))
    body = Group(_device_line(question.device), *lines)
    return Reading(body, "the number of the slot; Enter = No", lambda line: _slot(line, question.slots))


@reading_of.register
def _type_loss(question: TypeLoss) -> Reading:
    slot = question.slot
    lost = plain(f"{slot.name} {slot.purpose}: {slot.content}\nIt is called: {slot.holds}", "bold yellow")
    return Reading(Group(_device_line(question.device), lost), "the first eight letters of its name; Enter = No", str)


@reading_of.register
def _take_enrolment(question: TakeEnrolment) -> Reading:
    places = question.places
    lines = (plain(f"{number}  {place}") for number, place in enumerate(places, start=1))
    legend = "a number, or the path of the folder; Enter = there is none"
    return Reading(Group(*lines), legend, lambda line: _folder(line, places))


@reading_of.register
def _take_response(question: TakeResponse) -> Reading:
    places = question.places
    lines = (plain(f"{number}  {place}") for number, place in enumerate(places, start=1))
    legend = "a number, the path of a response, or its code scanned; Enter = no more today"
    return Reading(Group(*lines), legend, lambda line: line if is_scanned(line) else _folder(line, places))


@reading_of.register
def _review_page(question: ReviewPage) -> Reading:
    return Reading(draw_review(question.reviewed, question.cautions), _words_legend(question.place), str)


@reading_of.register
def _type_words(question: TypeWords) -> Reading:
    return Reading(draw_fingerprint(question.reviewed.fingerprint), _words_legend(question.place), str)


@reading_of.register
def _choose_place(question: ChoosePlace) -> Reading:
    places = tuple(place / question.suggested.name for place in question.places)
    lines = (plain(f"{number}  {place}") for number, place in enumerate(places, start=1))
    body = Group(*lines, plain(f"y  {question.suggested}"))
    legend = "y = there, a number, or the path of a new folder; Enter = No"
    return Reading(body, legend, lambda line: _place(line, places, question.suggested))


def _words_legend(place: int) -> str:
    return f"words {place} and {place + 1}; Enter = No, something is different"


def _yes_or_no(line: str) -> bool:
    return bool(line) and _yes_or_plain_no(line)


def _yes_or_plain_no(line: str) -> bool:
    if line.casefold() not in {"y", "yes", "n", "no"}:
        raise ValueError("Type y or n.")
    return line.casefold() in {"y", "yes"}


def _present(line: str, names: tuple[str, ...]) -> tuple[str, ...] | None:
    if line.casefold() == "all":
        return names
    numbers = line.replace(",", " ").split()
    if not all(number.isascii() and number.isdecimal() and 1 <= int(number) <= len(names) for number in numbers):
        raise ValueError(f"Type numbers from 1 to {len(names)}, or all.")
    return tuple(name for place, name in enumerate(names, start=1) if str(place) in numbers) or None


def _device(line: str, devices: tuple[DeviceInfo, ...], *, may_skip: bool) -> str | Missing:
    if not line:
        return Missing.LOOK_AGAIN
    if may_skip and line.casefold() == "s":
        return Missing.NOT_TODAY
    by_number = {str(number): each.serial for number, each in enumerate(devices, start=1)}
    if line not in by_number:
        raise ValueError("Type the number in front of the device.")
    return by_number[line]


def _code(line: str) -> Pin | None:
    return Pin(line) if line else None


def _slot(line: str, slots: tuple[Slot, ...]) -> str | None:
    by_number = {str(number): each.name for number, each in enumerate(slots, start=1)}
    if line not in {"", *by_number}:
        raise ValueError("Type the number in front of the slot.")
    return by_number.get(line)


def _folder(line: str, places: tuple[Path, ...]) -> Path | None:
    by_number = {str(number): each for number, each in enumerate(places, start=1)}
    return None if _is_no(line) else by_number.get(line) or _path(line)


def _place(line: str, places: tuple[Path, ...], suggested: Path) -> Path | None:
    by_word = {"y": suggested, "yes": suggested, **{str(number): each for number, each in enumerate(places, start=1)}}
    return None if _is_no(line) else by_word.get(line.casefold()) or _path(line)


def _is_no(line: str) -> bool:
    return line.casefold() in {"", "n", "no"}


def _path(line: str) -> Path:
    try:
        return Path(line.replace("\0", "?")).expanduser()
    except RuntimeError:
        raise ValueError("Type a path of your own: nobody here has that name.") from None


def _device_line(device: DeviceInfo, code: str = "", state: PinState | None = None) -> Text:
    label = f" ({device.label})" if device.label else ""
    told = f": {code} {code_words(state)}" if state else ""
    return plain(f"{device_name(device)} {device.serial}{label}{told}", "bold")


def _slot_line(number: int, slot: Slot, wanted: str) -> Text:
    mark = "  <- suggested" if slot.name == wanted else ""
    return plain(f"{number:2}  {slot.name} {slot.purpose}: {slot.content or 'empty'}{mark}")
