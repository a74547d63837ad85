"""What deserves a second thought about quorums, in sentences: keys that nobody can spare, and keys that count twice."""

from collections.abc import Iterator, Sequence

from ceremony.core.quorum_health import HeldKey, QuorumHealth


def quorum_cautions(quorums: Sequence[QuorumHealth]) -> Iterator[str]:
    """One sentence for each thing, the gravest first."""
    for each in quorums:
        if each.spare < 0:
            yield _lost(each)
    for each in quorums:
        if each.online_votes >= each.threshold:
            yield f"The online key alone can sign {each.role}: whoever steals it needs no keyholder."
        elif each.online_votes:
            yield f"A key that is always online counts in {each.role}."
    for each in quorums:
        if each.count < len(each.keys):
            yield f"In {each.role} one public key stands under several keyids: whoever holds it signs several times."
    yield from _narrow(quorums)
    for roles, keys in _shared(quorums).items():
        yield f"One stolen device counts in {listed(roles)}: {', '.join(each.name for each in keys)}."


def listed(words: Sequence[str]) -> str:
    """The words in a row, with `and` before the last."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def _lost(each: QuorumHealth) -> str:
    way = "a new root has to reach clients in another way"
    if each.role != "root":
        way = "it needs new keys, from whoever delegates to it"
    keys = f"{each.count} key{'' if each.count == 1 else 's'}"
    return f"{each.role} needs {each.threshold} signatures and lists {keys}: nobody can sign it any more, and {way}."


def _narrow(quorums: Sequence[QuorumHealth]) -> Iterator[str]:
    tight = [each.role for each in quorums if not each.spare]
    alone = [each.role for each in quorums if each.needed == 1]
    if tight:
        yield f"No key of {listed(tight)} may be lost: everybody has to sign, each time."
    if alone:
        yield f"One stolen key is enough to sign {listed(alone)}."


def _shared(quorums: Sequence[QuorumHealth]) -> dict[tuple[str, ...], list[HeldKey]]:
    """The keys that count in more than one role, by those roles."""
    found: dict[str, HeldKey] = {}
    roles: dict[str, dict[str, None]] = {}
    for quorum in quorums:
        for key in quorum.keys:
            found.setdefault(key.mark, key)
            roles.setdefault(key.mark, {})[quorum.role] = None
    shared: dict[tuple[str, ...], list[HeldKey]] = {}
    for mark, names in roles.items():
        if len(names) > 1:
            shared.setdefault(tuple(names), []).append(found[mark])
    return shared
