"""What a playbook says: of the thief, of clients, and to strangers."""

from collections.abc import Iterator

from ceremony.core.incident_changes import name_of_key
from ceremony.core.playbook_case import PlaybookCase
from ceremony.core.quorum_cautions import listed
from ceremony.core.struck_keys import StruckQuorum


def threats(case: PlaybookCase) -> Iterator[str]:
    """What whoever has the stolen keys can do, and what the lost ones cost, one sentence each, the gravest first."""
    if case.root.is_forgeable:
        yield (
            f"The {_keys(case.root.stolen)} stolen are enough to make a root: a client that takes one of the thief's "
            "before ours is theirs, and comes back only by a root that reaches it another way."
        )
    if case.is_online_stolen:
        yield (
            "Whoever has the online key can show clients forged bins, and hold back what is new. A client that sees "
            f"the new root is safe; one that is kept from it can be deceived until {case.deceived_until}."
        )
        for role in case.online_delegations:
            yield f"What stands in {role} may be forged too: the online key says there which projects exist."
    below = tuple(each for each in case.quorums if each.role != "root")
    yield from _forgeable(below)
    yield from _weakened(below if case.root.is_forgeable else case.quorums)
    if case.is_online_lost:
        yield "Without the online key nothing new is published; clients go on until the timestamp of today ends."


def clients(case: PlaybookCase) -> Iterator[str]:
    """What clients see from the publication on, one sentence each."""
    if not case.is_in_band:
        yield f"They take what is there until {case.last_day}, and refuse everything after that."
        return
    if "root" in case.plan.expires:
        yield f"A client takes {case.next_root} first, and from then on nothing that the struck keys sign."
    else:
        yield "A client takes the new metadata like any other, and notices nothing."
    if case.changes_online_key:
        yield (
            "It forgets timestamp and snapshot of the old online key, however high their versions are: whoever was "
            "pushed ahead by a thief comes back without doing anything."
        )
        if case.is_online_lost:
            yield "In the instant between the new root and its timestamp a client has to ask again."
        elif case.is_gapless:
            yield "For one publication both online keys sign snapshot and timestamp, so nobody is refused on the way."
        else:
            yield "A client in the instant between the new root and its timestamp may have to ask again."
    if case.root.is_forgeable:
        yield f"A client that took a root of the thief's refuses {case.next_root}, unless it is given it to begin with."


def bulletin(case: PlaybookCase) -> Iterator[str]:
    """What strangers are told, a paragraph each."""
    yield f"Security notice for {case.plan.repository}: {case.incident.reason.rstrip('.')}."
    keys = ", ".join(name_of_key(keyid, case.before) for keyid in case.incident.keyids)
    if not case.is_in_band:
        yield f"These keys are stolen or lost: {keys}. Too few are left to go on from the root that clients have."
        yield "Install the next release of your client: it brings a new root. Without it nothing is updated any more."
        return
    since = f"from {case.next_root} on" if "root" in case.plan.expires else "with the next update"
    yield f"These keys count for nothing {since}: {keys}."
    if case.can_forge_targets:
        yield (
            "Files that were fetched while a stranger could have had these keys may be forged. Update first, then "
            "fetch and verify such files again."
        )
    if case.root.is_forgeable:
        yield "Install the next release of your client too: it brings the new root, whatever root your client has now."
    else:
        yield "Clients change over by themselves at their next update. Nothing else has to be done."
    yield "Anybody can check the record: `ceremony verify RELEASE --trusted ROOT`, with the root that you have already."


def _forgeable(quorums: tuple[StruckQuorum, ...]) -> Iterator[str]:
    """What the stolen keys can sign below root."""
    for alike in _alike([each for each in quorums if each.is_forgeable]):
        yield (
            f"The {_keys(alike[0].stolen)} stolen are enough to sign {listed([each.role for each in alike])}; clients "
            "take that only with snapshot and timestamp by the online key."
        )


def _weakened(quorums: tuple[StruckQuorum, ...]) -> Iterator[str]:
    """What is left of the quorums that lack keys, and that no thief can sign for."""
    for alike in _alike([each for each in quorums if each.is_struck and not each.is_forgeable]):
        first, roles = alike[0], listed([each.role for each in alike])
        parts = []
        if first.stolen:
            parts.append(
                f"{_keys(first.stolen)} of {roles} {_be(first.stolen)} stolen; a thief needs {first.threshold}."
            )
        if first.lost:
            parts.append(f"{_keys(first.lost)} of {roles} {_be(first.lost)} lost.")
        left = first.untouched
        parts.append(f"{_keys(left)} {_be(left)} left that nobody else has; {first.threshold} have to sign.")
        yield " ".join(parts)


def _alike(quorums: list[StruckQuorum]) -> Iterator[tuple[StruckQuorum, ...]]:
    """Those that the incident has struck in the same way, together."""
    lots: dict[tuple[object, ...], tuple[StruckQuorum, ...]] = {}
    for each in quorums:
        lot = (each.threshold, each.stolen, each.lost, len(each.untouched))
        lots[lot] = (*lots.get(lot, ()), each)
    return iter(lots.values())


def _be(keyids: tuple[str, ...]) -> str:
    return "is" if len(keyids) == 1 else "are"


def _keys(keyids: tuple[str, ...]) -> str:
    return f"{len(keyids)} key{'' if len(keyids) == 1 else 's'}"
