"""What somebody typed about a plan, as values; whatever means nothing raises ValueError with what would be right."""

from collections.abc import Collection
from datetime import UTC, datetime

_LAST_YEAR = 9000
"""No date in a plan is so late that a lifetime could not be added to it."""


def whole_number(text: str, least: int, most: int) -> int:
    """The whole number, within these bounds.

    Raises: ValueError.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and least <= int(text) <= most):
        raise ValueError(f"a whole number from {least} to {most}")
    return int(text)


def instant(text: str) -> datetime:
    """The moment, in UTC.

    Raises: ValueError.
    """
    try:
        found = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError("a UTC time such as 2027-01-31T12:00:00Z") from None
    if found.year > _LAST_YEAR:
        raise ValueError(f"a UTC time before the year {_LAST_YEAR}")
    return found


def flag(text: str) -> bool:
    """Yes or no.

    Raises: ValueError.
    """
    if text.casefold() not in {"yes", "y", "no", "n"}:
        raise ValueError("yes or no")
    return text.casefold() in {"yes", "y"}


def names(text: str) -> tuple[str, ...]:
    """The names between the commas, in order; none for a dash.

    Raises: ValueError if one of them stands there twice.
    """
    found = tuple(part.strip() for part in text.split(",") if part.strip() not in {"", "-"})
    if len(set(found)) != len(found):
        raise ValueError("each name once, with commas between them, or - for nobody")
    return found


def some_of(text: str, allowed: Collection[str]) -> tuple[str, ...]:
    """Those of `allowed` that were typed, in the order of `allowed`, with spaces or commas between them; at least one.

    Raises: ValueError.
    """
    typed = text.replace(",", " ").split()
    if not typed or not set(typed) <= set(allowed):
        raise ValueError(f"one or more of {', '.join(allowed)}")
    return tuple(each for each in allowed if each in typed)


def one_of(text: str, allowed: Collection[str]) -> str:
    """The one of `allowed` that was typed.

    Raises: ValueError.
    """
    if text not in allowed:
        raise ValueError(" or ".join(allowed))
    return text
