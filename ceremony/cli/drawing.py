"""How one core value is drawn as text: devices, keys, fingerprints, standings, explanations."""

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ceremony.core.changes import Change
from ceremony.core.review import Fingerprint, KeyLine, Reviewed
from ceremony.core.tally import Standing
from ceremony.explain import Explanation
from hsm import DeviceInfo, PinState

_COLUMNS = 4


def plain(text: str, style: str = "") -> Text:
    """The text as it stands: no markup is read in it, and what a terminal would obey is shown as a question mark."""
    return Text("".join(char if char.isprintable() or char == "\n" else "?" for char in text), style=style)


def draw_explanation(found: Explanation) -> RenderableType:
    """Title, detail and what to do now, in a frame."""
    advice = Text.assemble(("What to do now: ", "bold"), plain(found.advice))
    return Panel(Group(plain(found.detail), Text(), advice), title=plain(found.title, "bold red"), title_align="left")


def draw_devices(devices: Sequence[DeviceInfo]) -> RenderableType:
    """The devices, numbered from one."""
    if not devices:
        return plain("No device is plugged in. `ceremony devices` shows what this machine can see.", "yellow")
    table = Table(box=box.SIMPLE)
    for heading in ("", "serial", "device", "label", "PIN"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "serial")
    for number, each in enumerate(devices, start=1):
        cells = (str(number), each.serial, f"{each.maker} {each.model}", each.label, pin_words(each.pin))
        table.add_row(*(plain(cell) for cell in cells))
    return table


def pin_words(pin: PinState) -> str:
    """What a device says of its PIN, in a few words."""
    if pin.is_blocked:
        return "blocked"
    if pin.is_final_try:
        return "LAST TRY"
    if pin.is_default:
        return "still the factory's"
    left = "tries unknown" if pin.attempts_left is None else f"{pin.attempts_left} tries left"
    return f"{left}, one was wrong" if pin.is_low else left


def draw_review(reviewed: Reviewed) -> RenderableType:
    """The change in sentences, every key, and the fingerprint."""
    return Group(
        *(_draw_change(change) for change in reviewed.changes),
        _draw_keys(reviewed.keys),
        draw_fingerprint(reviewed.fingerprint),
    )


def draw_fingerprint(fingerprint: Fingerprint) -> RenderableType:
    """The 32 words with their places, row by row."""
    table = Table(title="Fingerprint", box=box.SIMPLE, show_header=False, title_justify="left")
    cells = [f"{place:2} {word}" for place, word in enumerate(fingerprint.words, start=1)]
    for first in range(0, len(cells), _COLUMNS):
        table.add_row(*cells[first : first + _COLUMNS])
    return table


def draw_standings(standings: Iterable[Standing]) -> Text:
    """How far each quorum has come, in one line."""
    parts = (f"{each.role} {each.progress}" for each in standings)
    return plain(f"Signatures: {', '.join(parts)}", "bold")


def _draw_change(change: Change) -> Text:
    return plain(f"! {change.sentence}", "yellow") if change.is_caution else plain(f"- {change.sentence}")


def _draw_keys(keys: Sequence[KeyLine]) -> Table:
    table = Table(title="Keys", box=box.SIMPLE, title_justify="left")
    for heading in ("holder", "device", "signs", "key"):
        table.add_column(heading, overflow="fold")
    for each in keys:
        table.add_row(
            *(plain(cell) for cell in (each.holder, each.device, ", ".join(each.roles), " ".join(each.words)))
        )
    return table
