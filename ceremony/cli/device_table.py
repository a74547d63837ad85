"""One device as a table of two columns: what it tells of itself, its codes, its keys and its slots."""

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table

from ceremony.cli.device_reading import Told
from ceremony.cli.drawing import code_words, device_name, plain
from ceremony.cli.keyids import keyid_of
from ceremony.explain import explain
from hsm import DeviceInfo, DeviceKey, Slot

_KEYID_DIGITS = 16
_SAYS = {True: "yes", False: "no", None: "it does not say"}


def draw_told(told: Told) -> RenderableType:
    """The device under its name and serial."""
    info = told.info
    table = Table(box=box.SIMPLE, show_header=False, title_justify="left")
    table.title = plain(f"{device_name(info) or 'A device without a name'}, serial {info.serial or 'none'}", "bold")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in (*_rows(info), *_contents(told)):
        table.add_row(plain(name), plain(value))
    return table


def _rows(info: DeviceInfo) -> Iterator[tuple[str, str]]:
    yield "label", info.label or "none"
    yield "firmware", info.firmware or "it does not say"
    if info.form_factor:
        yield "form", info.form_factor
    yield "driver", info.driver
    yield "found in", info.found_in or "it does not say"
    yield "schemes", ", ".join(info.schemes) or "none of ours"
    yield "touch", "none" if info.touch_seconds is None else f"within {info.touch_seconds} seconds"
    yield "PIN", code_words(info.pin) + (", typed on the device itself" if info.has_pin_pad else "")
    if info.puk is not None:
        yield "PUK", code_words(info.puk)
        makers = {True: "still the maker's", False: "its own", None: "it does not say"}
        yield "management key", makers[info.is_management_key_default]
    if info.has_makers_codes:
        yield "to do", f"codes that everybody knows: ceremony device prepare {info.serial}"


def _contents(told: Told) -> Iterator[tuple[str, str]]:
    if told.trouble is not None:
        yield "keys", explain(told.trouble).title
        return
    yield "keys", "\n".join(map(_key_words, told.keys)) or "none"
    if told.slots:
        yield "slots", "\n".join(_slot_lines(told.slots))


def _key_words(key: DeviceKey) -> str:
    policies = (f"PIN {key.pin_policy}", f"touch {key.touch_policy}") if key.pin_policy or key.touch_policy else ()
    facts = (
        f"{key.scheme}, keyid {keyid_of(key)[:_KEYID_DIGITS]}",
        f"made inside: {_SAYS[key.is_generated_inside]}",
        f"extractable: {_SAYS[key.is_extractable]}",
        *policies,
    )
    return f"{key.label or 'no label'} (id {key.key_id})\n  {', '.join(facts)}"


def _slot_lines(slots: Sequence[Slot]) -> Iterator[str]:
    full = [each for each in slots if each.holds]
    for each in full:
        yield f"{each.name} {each.purpose}: {each.content} ({each.holds})"
    empty = len(slots) - len(full)
    yield f"the other {empty} empty" if full else f"all {empty} empty"
