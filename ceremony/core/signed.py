"""Payload bytes as python-tuf values: the one place where metadata of ours is parsed."""

from typing import TypeVar

from tuf.api.metadata import Root, Targets

from ceremony.core import strict_json
from ceremony.core.metadata_file import MetadataFile
from ceremony.errors import TamperedError

_Kind = TypeVar("_Kind", Root, Targets)


def root_of(file: MetadataFile) -> Root:
    """The root in this file.

    Raises: TamperedError if there is none.
    """
    return _parse(file, Root)


def targets_of(file: MetadataFile) -> Targets:
    """The targets in this file; bins is one too.

    Raises: TamperedError if there is none.
    """
    return _parse(file, Targets)


def _parse(file: MetadataFile, kind: type[_Kind]) -> _Kind:
    fields = strict_json.decode_canonical(file.payload, file.name)
    if not isinstance(fields, dict) or fields.get("_type") != kind.type:
        raise TamperedError(f"no {kind.type} metadata", file.name)
    try:
        return kind.from_dict(fields)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TamperedError(f"no {kind.type} metadata ({error})", file.name) from error
