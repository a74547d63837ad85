"""A repository that has been rotated: roots, targets and offline delegations, as they would be published.

The people are those of `fakes.people`; "ann again" is ann's second device, "bob again" bob's. Start from `case()` for a
rule, from `files()` for what is published, and change one thing:

    root(2, ("bob", "cyd"))                     # the second root, unsigned: two of these two
    by(root(2, ("bob", "cyd")), "bob", "cyd")   # the same, signed
    altered(file, change, "ann", "bob")         # a file whose content `change` edits in place, signed again
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from fakes.people import keyid, signature, signer
from tuf.api.metadata import DelegatedRole, Delegations, Key, Role, Root, SuccinctRoles, Targets

from ceremony.core import strict_json
from ceremony.core.delegating import EVERY_PREFIX
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.trusted_rules import TrustedCase

EXPIRES = datetime(2031, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(2021, 1, 1, tzinfo=UTC)

Roster = tuple[str, ...]


def root(version: int, holders: Roster = ("ann", "bob", "cyd"), threshold: int = 2, **changes: Any) -> MetadataFile:  # noqa: ANN401  # any field of a root, or `targets_by`
    """This root, unsigned: so many of these people sign root; `targets_by` are who sign targets, the same if absent."""
    targets_by: Roster = changes.pop("targets_by", holders)
    roles = {
        "root": Role(_keyids(holders), threshold),
        "targets": Role(_keyids(targets_by), changes.pop("targets_threshold", threshold)),
        "snapshot": Role([keyid("online")], 1),
        "timestamp": Role([keyid("online")], 1),
    }
    fields = {"expires": EXPIRES, "keys": _keys((*holders, *targets_by, "online")), "roles": roles, **changes}
    return _file("root", Root(version, **fields))


def targets(version: int, **delegated: Roster | tuple[Roster, int]) -> MetadataFile:
    """This targets, unsigned: it delegates to these roles, two of so many sign each, or another number of them."""
    wanted = {role: each if each and isinstance(each[0], tuple) else (each, 2) for role, each in delegated.items()}
    roles: dict[str, Any] = {
        role: _delegation(role, holders, threshold) for role, (holders, threshold) in wanted.items()
    }
    people = [name for holders, _ in wanted.values() for name in holders]
    delegations = Delegations(_keys(people), roles=roles) if roles else None
    return _file("targets", Targets(version, expires=EXPIRES, delegations=delegations))


def bins(version: int = 1, role: str = "bins") -> MetadataFile:
    """Bins that hand every path to the online key, unsigned."""
    succinct = SuccinctRoles([keyid("online")], 1, 4, "bin")
    return _file(
        role, Targets(version, expires=EXPIRES, delegations=Delegations(_keys(["online"]), succinct_roles=succinct))
    )


def by(file: MetadataFile, *names: str) -> MetadataFile:
    """The file with the signatures of these people."""
    for name in names:
        file = file.with_signature(signature(name, file.payload))
    return file


def altered(file: MetadataFile, change: Callable[[dict[str, Any]], object], *names: str) -> MetadataFile:
    """The file with its content changed in place by `change`, signed by these people alone."""
    signed: Any = strict_json.decode_canonical(file.payload, file.name)
    change(signed)
    return by(MetadataFile(file.role, signed["version"], strict_json.encode(signed)), *names)


def rekeyed(file: MetadataFile, name: str, wrong: str, *signers: str) -> MetadataFile:
    """The file with the key of this person under another keyid, signed again by these people."""

    def change(signed: dict[str, Any]) -> None:
        signed["keys"][wrong] = signed["keys"].pop(keyid(name))
        for role in signed["roles"].values():
            role["keyids"] = [wrong if each == keyid(name) else each for each in role["keyids"]]

    return altered(file, change, *signers)


def case(**changes: Any) -> TrustedCase:  # noqa: ANN401  # any field of a case
    """Three roots, targets and bins, each signed by whom it needs; `changes` are fields of the case."""
    usual = TrustedCase(FIRST, (FIRST, SECOND, THIRD), {"targets": TARGETS, "bins": BINS})
    return replace(usual, **changes)


def files(*others: MetadataFile) -> dict[str, bytes]:
    """The files of that case as they are published; `others` stand in place of those of their names, or beside them."""
    return shown([FIRST, SECOND, THIRD, TARGETS, BINS, *others])


def shown(published: Iterable[MetadataFile]) -> dict[str, bytes]:
    """These files by their names."""
    return {each.name: each.encode() for each in published}


def without(found: Mapping[str, bytes], *names: str) -> dict[str, bytes]:
    """The other files."""
    return {name: data for name, data in found.items() if name not in names}


def _file(role: str, signed: Root | Targets) -> MetadataFile:
    return MetadataFile(role, signed.version, strict_json.encode(signed.to_dict()))


def _delegation(role: str, holders: Roster, threshold: int) -> DelegatedRole:
    prefixes = [*EVERY_PREFIX] if role == "bins" else None
    paths = None if prefixes else [f"{role}/*"]
    return DelegatedRole(
        role, _keyids(holders), threshold, terminating=role == "bins", paths=paths, path_hash_prefixes=prefixes
    )


def _keyids(names: Iterable[str]) -> list[str]:
    return [keyid(name) for name in names]


def _keys(names: Iterable[str]) -> dict[str, Key]:
    return {keyid(name): signer(name).public_key for name in names}


FIRST = by(root(1), "ann", "bob")
SECOND = by(root(2, ("bob", "cyd")), "ann", "bob", "cyd")
THIRD = by(root(3, ("cyd", "ann again")), "bob", "cyd", "ann again")
TARGETS = by(targets(4, bins=("ann", "bob")), "cyd", "ann again")
BINS = by(bins(), "ann", "bob")
"""A repository with two rotations behind it: each file is signed by whom it needs, and by nobody else."""
