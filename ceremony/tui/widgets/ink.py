"""Text that came from elsewhere, made safe to draw; and the marks that say without colour what colour says."""

from collections.abc import Iterable

from textual.content import Content

DONE = "✓"
CURRENT = "▶"
WAITING = "·"
FAILED = "✗"
CAUTION = "!"


def clean(text: str) -> str:
    """The text with every character that cannot be seen, or that steers a terminal, replaced by a mark."""
    return "".join(each if each.isprintable() else "�" for each in text)


def clean_lines(text: str) -> str:
    """The same for a text of several lines; its line ends stay."""
    return "\n".join(clean(line) for line in text.split("\n"))


def cut(text: str, width: int) -> str:
    """Safe text of at most `width` characters; where its end is missing, a mark says so."""
    shown = clean(text)
    return shown if len(shown) <= width else f"{shown[: max(width - 1, 0)]}…"


def bold(text: str) -> Content:
    """Safe text that stands out."""
    return Content.styled(clean(text), "bold")


def dim(text: str) -> Content:
    """Safe text that steps back."""
    return Content.styled(clean(text), "$text-muted")


def loud(text: str) -> Content:
    """Safe text that warns."""
    return Content.styled(clean(text), "bold $text-warning")


def good(text: str) -> Content:
    """Safe text that says: done."""
    return Content.styled(clean(text), "$text-success")


def lines(parts: Iterable[Content | str]) -> Content:
    """Each part on a line of its own."""
    return Content("\n").join(list(parts))


def bar(done: float, total: float, width: int) -> str:
    """A bar of `width` cells, filled as far as `done` is of `total`."""
    filled = round(width * min(max(done / total, 0), 1)) if total else 0
    return "█" * filled + "░" * (width - filled)
