"""What others wrote into metadata that a draft does not carry on: files, delegations, and fields of their own."""

from collections.abc import Iterator

from tuf.api.metadata import Root, Targets

from ceremony.core.before import Before
from ceremony.core.draft import REPOSITORY_FIELD, Draft
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.signed import root_of, targets_of


def is_by_others(before: Before) -> bool:
    """Whether the last root was made by other tools: it names no repository, as ours do."""
    return REPOSITORY_FIELD not in root_of(before.trusted.root).unrecognized_fields


def lost_names(found: Draft, before: Before) -> tuple[str, ...]:
    """What the trusted metadata says by a name of its own and the draft does not, each name once, role by role.

    Those are target paths, the names of delegated roles, and unknown fields. A role that nothing leads to any more is
    one name, whatever it holds.
    """
    return tuple(dict.fromkeys(name for role in before.files for name in _lost(role, found, before)))


def _lost(role: str, found: Draft, before: Before) -> Iterator[str]:
    if role != "root" and role not in found.plan.offline_roles:
        return
    was, will = _names(before.files[role]), _names(found.file(role))
    yield from (name for name in was if name not in will)


def _names(file: MetadataFile) -> tuple[str, ...]:
    signed: Root | Targets = root_of(file) if file.role == "root" else targets_of(file)
    own = () if isinstance(signed, Root) else (*signed.targets, *_delegated(signed))
    return (*own, *signed.unrecognized_fields)


def _delegated(targets: Targets) -> Iterator[str]:
    delegations = targets.delegations
    if delegations is None:
        return
    yield from delegations.roles or {}
    if delegations.succinct_roles is not None:
        yield delegations.succinct_roles.name_prefix
    yield from delegations.unrecognized_fields
