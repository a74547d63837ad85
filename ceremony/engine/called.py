"""The call to those who sent a request: why people make it, and what the machine here cannot tell by itself."""

from collections.abc import Iterator

from ceremony.core.changes import Change, listed
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.own_rules import unseen
from ceremony.core.review import Reviewed
from ceremony.core.trusted import Trusted
from ceremony.engine.questions import Confirm

_FIRST = (
    "This ceremony begins from nothing, and this machine has no root of its own to judge it by. The words are the only "
    "proof that you sign what the others sign"
)
_FOLLOWING = (
    "This machine knows what was trusted before, and nobody's mind. A request can give somebody another device, or "
    "set another end, and keep every rule: it is no less well made than the true one. The words are what tells that "
    "you sign what the others sign"
)


def by_voice(step: str, reviewed: Reviewed) -> Confirm:
    """Are those who sent the request on the line, to read its words?"""
    why = _FOLLOWING if reviewed.draft.before else _FIRST
    return Confirm(
        step=step,
        person="everybody",
        title="Call those who sent the request",
        action="Call them now, and keep the line open. They read the 32 words of the fingerprint, you compare each.",
        expect="You know their voices, and every word is the one on the next page.",
        explain=f"{why}: whoever changed the request on its way would have to change the voice as well. Take neither "
        "the words nor the number to call from anything that came with the request.",
        yes="The line is open",
    )


def unseen_caution(own: Trusted | None, there: Trusted, files: tuple[MetadataFile, ...]) -> Iterator[Change]:
    """What this machine cannot tell of these drafts, as it has seen no file of their roles; nothing if it has."""
    roles = unseen(own, there, (each.role for each in files))
    if roles:
        starts = listed([file.name if (file := there.file(role)) else f"no {role}" for role in roles])
        yield Change(
            f"This machine has never seen {listed(roles)}. It cannot tell whether {starts}, from which the change "
            f"starts, {'is' if len(roles) == 1 else 'are'} the newest: compare each version, and the words, by voice "
            "with people who know.",
            is_caution=True,
        )
