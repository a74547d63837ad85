"""How healthy a quorum is, from its keys alone: what it can lose, and what an attacker has to gather."""

from collections import Counter
from dataclasses import dataclass
from itertools import accumulate

from securesystemslib.signer import Key

from ceremony.core.keys import fields_of
from ceremony.core.listed_keys import public_half
from ceremony.core.roster import Roster
from ceremony.core.tally import Quorum


@dataclass(frozen=True, slots=True)
class HeldKey:
    """One key of a quorum, by the keyid it is listed under; `holder` is "" where no roster tells.

    `mark` is common to all that is one public key, and to nothing else.
    """

    keyid: str
    holder: str
    mark: str

    @property
    def name(self) -> str:
        """What people call it: its keyholder, or the first eight digits of its keyid."""
        return self.holder or self.keyid[:8]


@dataclass(frozen=True, slots=True)
class QuorumHealth:
    """One quorum, by what its keys allow. One public key under several keyids is one key here, with several votes.

    `count` is how many keys there are. `spare` is how many of them may be lost, whichever they are, while the rest can
    still sign; below zero it is how many votes the quorum lacks already. `needed` is how many keys an attacker needs at
    least, None where not even all of them are enough. `online_votes` are those of the online key.
    """

    role: str
    by: str
    threshold: int
    keys: tuple[HeldKey, ...]
    count: int
    spare: int
    needed: int | None
    online_votes: int


def health_of(quorum: Quorum, roster: Roster, online_votes: int = 0) -> QuorumHealth:
    """The health of this quorum; the roster tells whose keys they are.

    Spec: 5.3.4, a threshold counts keyids; whoever holds a key can use each keyid it stands under.
    """
    keys = tuple(HeldKey(keyid, roster.holder_of(keyid), same_key(key)) for keyid, key in quorum.keys.items())
    votes = sorted(Counter(each.mark for each in keys).values(), reverse=True)
    spare, needed = _spare(votes, quorum.threshold), _needed(votes, quorum.threshold)
    return QuorumHealth(quorum.role, quorum.by, quorum.threshold, keys, len(votes), spare, needed, online_votes)


def same_key(key: Key) -> str:
    """A text that two keys have in common exactly if they are one public key, however each is spelled and named."""
    half = public_half(fields_of(key))
    return f"keyid {key.keyid}" if half is None else half.hex()


def _spare(votes: list[int], threshold: int) -> int:
    every = sum(votes)
    if every < threshold:
        return every - threshold
    return sum(every - lost >= threshold for lost in accumulate(votes))


def _needed(votes: list[int], threshold: int) -> int | None:
    return next((count for count, have in enumerate(accumulate(votes), start=1) if have >= threshold), None)
