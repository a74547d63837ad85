"""What this machine trusts itself: read from a root file, from a release, or from a repository's metadata."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from ceremony.core.before import Before
from ceremony.core.policy import CLIENT_SIZE_LIMITS, DELEGATED_ROLE
from ceremony.core.roster import Roster
from ceremony.core.trusted import Trusted, decode_published, trust
from ceremony.engine.bundle import Bundle, open_bundle
from ceremony.engine.disk import read_file
from ceremony.engine.repository import read_repository
from ceremony.errors import TamperedError

_ROOT_SIZE = CLIENT_SIZE_LIMITS["root"]


def read_own(path: Path, pinned: Path | None = None) -> Before:
    """What the file or folder at `path` gives a machine to trust: from its first root on, every signature checked.

    `pinned` is a root file that this machine got by another way, from which trust in a repository's folder begins; None
    where the folder itself came by a way of its own, and its lowest root is the first.
    Raises: RefusedError by a rule of what is trusted; TamperedError; StorageError.
    """
    first, files, roster = _shown(path)
    vouched = trust(first if pinned is None else read_file(pinned, _ROOT_SIZE), files)
    return Before(_nameable(vouched), roster)


def _shown(path: Path) -> tuple[bytes, Mapping[str, bytes], Roster]:
    """The first root there, every file by the name under which it is published, and who holds keys, where it tells."""
    if path.is_file():
        root = decode_published(read_file(path, _ROOT_SIZE), "root", path.name)
        return root.encode(), {root.name: root.encode()}, Roster()
    if (path / "manifest.json").is_file():
        found = after(open_bundle(path))
        return found.trusted.roots[0].encode(), known(found.trusted), found.roster
    files = read_repository(path)
    roots = sorted((int(name.split(".")[0]), name) for name in files if name.endswith(".root.json"))
    if not roots:
        raise TamperedError("no root metadata", str(path))
    return files[roots[0][1]], files, Roster()


def _nameable(found: Trusted) -> Trusted:
    """The same without delegations whose names no plan and no bundle can have: of them nothing can be carried on."""
    named = {role: file for role, file in found.targets.items() if re.fullmatch(DELEGATED_ROLE, role)}
    return Trusted(found.roots, MappingProxyType(named))


def after(bundle: Bundle) -> Before:
    """What is trusted once the release in this bundle is: what it starts from, and what it adds.

    Raises: RefusedError by a rule of what is trusted; TamperedError.
    """
    before = [*bundle.before.trusted.roots, *bundle.before.trusted.targets.values()] if bundle.before else []
    files = {each.name: each.encode() for each in (*before, *bundle.files)}
    roots = [each for each in (*before, *bundle.files) if each.role == "root"]
    if not roots:
        raise TamperedError("no root", "the bundle")
    return Before(trust(min(roots, key=lambda each: each.version).encode(), files), bundle.roster)


def known(trusted: Trusted) -> dict[str, bytes]:
    """The files of what is trusted, by name."""
    return {each.name: each.encode() for each in (*trusted.roots, *trusted.targets.values())}
