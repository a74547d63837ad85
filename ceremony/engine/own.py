"""What this machine trusts itself: read from a root file, from a release, or from a repository's metadata."""

from pathlib import Path

from ceremony.core.before import Before
from ceremony.core.policy import CLIENT_SIZE_LIMITS
from ceremony.core.trusted import Trusted, trust
from ceremony.engine.bundle import Bundle, open_bundle
from ceremony.engine.disk import read_file
from ceremony.engine.repository import read_repository
from ceremony.errors import TamperedError


def read_own(path: Path) -> Before:
    """What the file or folder at `path` gives a machine to trust: from its first root on, every signature checked.

    Raises: RefusedError by a rule of what is trusted; TamperedError; StorageError.
    """
    if path.is_file():
        return Before(trust(read_file(path, CLIENT_SIZE_LIMITS["root"]), {}))
    if (path / "manifest.json").is_file():
        return after(open_bundle(path))
    files = read_repository(path)
    roots = sorted((int(name.split(".")[0]), name) for name in files if name.endswith(".root.json"))
    if not roots:
        raise TamperedError("no root metadata", str(path))
    return Before(trust(files[roots[0][1]], files))


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
