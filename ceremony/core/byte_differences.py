"""What no sentence tells of a file but its bytes: that it stays as it is, or that it differs all the same."""

from collections.abc import Collection, Iterator, Mapping

from ceremony.core import strict_json
from ceremony.core.before import Before
from ceremony.core.changes import Change, listed
from ceremony.core.draft import Draft
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.signed import root_of, targets_of
from ceremony.core.strict_json import Json
from ceremony.core.succession_rules import rest_of


def silence(found: Draft, before: Before) -> Iterator[Change]:
    """What is proved to stay as it is, in a line."""
    same = [each for each in found.files if (was := before.file(each.role)) and rest_of(was) == rest_of(each)]
    if same:
        yield Change(f"Compared byte for byte, nothing but version and end changes in {listed(_roles(same))}.")
    for each in same:
        was = before.file(each.role)
        old, new = _specification(was) if was else "", _specification(each)
        if old != new:
            yield Change(f"{each.role} names version {new} of the TUF specification; before, {old}.")
    kept = [role for role in found.plan.offline_roles if role not in found.plan.expires]
    if kept:
        yield Change(f"{listed(kept).capitalize()} {'stays as it is' if kept == ['root'] else 'stay as they are'}.")


def untold(found: Draft, before: Before, told: Collection[str]) -> Iterator[Change]:
    """Each file that differs from the trusted one in more than version and end, and of which no sentence tells it."""
    for each in found.files:
        was = before.file(each.role)
        if was is None or each.role in told or rest_of(was) == rest_of(each):
            continue
        both = f"{each.role} {each.version} differs from {was.role} {was.version}"
        if _sorted(rest_of(was)) == _sorted(rest_of(each)):
            yield Change(f"{both} in the order of what it lists, and in nothing else but version and end.")
        else:
            sentence = f"{both} in more than version and end, and no sentence tells in what: compare the two files."
            yield Change(sentence, is_caution=True)


def _sorted(value: Json) -> Json:
    """The same, each list in one order."""
    if isinstance(value, Mapping):
        return {name: _sorted(each) for name, each in value.items()}
    return sorted(map(_sorted, value), key=strict_json.encode) if isinstance(value, list) else value


def _specification(file: MetadataFile) -> str:
    return (root_of(file) if file.role == "root" else targets_of(file)).spec_version


def _roles(files: list[MetadataFile]) -> list[str]:
    return [each.role for each in files]
