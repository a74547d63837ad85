"""Who is in the room, as the record of a ceremony tells it."""

from ceremony.core.transcript import Transcript

ROLL_CALL = "roll call"
"""The action of the entry that tells who is here; its person are their names, as `names_called` writes them."""

_BETWEEN = ", "


def names_called(present: tuple[str, ...]) -> str:
    """These names in one text; no name of a plan holds a comma."""
    return _BETWEEN.join(present)


def last_called(transcript: Transcript) -> tuple[str, ...] | None:
    """Who was here at the last roll call; None if none was called yet."""
    calls = (each for each in reversed(transcript.entries) if each.action == ROLL_CALL)
    return next((tuple(each.person.split(_BETWEEN)) for each in calls), None)
