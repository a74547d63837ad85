"""The real client is the judge of what is about to be, or has been, published."""

import copy
import functools
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from fakes.people import OPENS, sealed
from fakes.people import signed as signed_by
from fakes.rooms import NOW
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from ceremony.core import strict_json
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.seal import Sealed
from ceremony.engine import rehearsal
from ceremony.engine.rehearsal import follow, follow_folder, follow_root
from ceremony.errors import RehearsalError

KEY = CryptoSigner.generate_ed25519()
CONTENT = b"a file worth its name"
Follow = Callable[..., dict[str, bytes]]


def forged(files: tuple[MetadataFile, ...]) -> Sealed:
    """Files that no seal was ever put on, dressed up as sealed."""
    found = copy.copy(sealed())
    object.__setattr__(found, "files", files)
    return found


def altered(change: Callable[[dict[str, Any]], object], *names: str) -> Sealed:
    """The sealed root with its payload changed, and signed again by these people."""
    root, *others = sealed().files
    signed: Any = strict_json.decode_canonical(root.payload, root.name)
    change(signed)
    fresh = MetadataFile("root", signed["version"], strict_json.encode(signed))
    return forged((*signed_by([fresh], *names), *others))


def test_the_real_client_follows_a_sealed_root(tmp_path: Path) -> None:
    """Given nothing but it."""
    follow_root(sealed(), tmp_path)


def test_a_root_below_its_threshold_is_refused(tmp_path: Path) -> None:
    """One signature of two."""
    with pytest.raises(RehearsalError) as refused:
        follow_root(altered(lambda _signed: None, "ann"), tmp_path)

    assert refused.value.role == "root"
    assert "1/2" in refused.value.reason


def test_a_root_whose_signatures_are_of_other_bytes_is_refused(tmp_path: Path) -> None:
    """They stand in the file, but do not verify."""
    root, *others = altered(lambda signed: signed.update({"x-more": 1}), "ann", "bob").files
    older = sealed().files[0]

    with pytest.raises(RehearsalError) as refused:
        follow_root(forged((replace(root, signatures=older.signatures), *others)), tmp_path)

    assert refused.value.role == "root"


def test_a_root_that_has_ended_is_refused(tmp_path: Path) -> None:
    """5.3.10: a client goes no further with it."""
    with pytest.raises(RehearsalError) as refused:
        follow_root(altered(lambda signed: signed.update(expires="2001-01-01T00:00:00Z"), "ann", "bob"), tmp_path)

    assert refused.value.role == "root"
    assert "expired" in refused.value.reason


@pytest.mark.parametrize(
    "change",
    [
        lambda signed: signed["roles"].pop("timestamp"),
        lambda signed: signed["roles"]["root"].update(threshold=0),
        lambda signed: signed.update(spec_version="2.0.0"),
        lambda signed: signed.update(_type="targets"),
        lambda signed: signed.update(expires="soon"),
        lambda signed: signed["keys"].clear(),
    ],
    ids=["no timestamp", "no threshold", "another specification", "no root", "no date", "no keys"],
)
def test_a_root_that_the_client_cannot_read_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    """Whatever we think of it ourselves."""
    with pytest.raises(RehearsalError) as refused:
        follow_root(altered(change, "ann", "bob"), tmp_path)

    assert refused.value.role == "root"


def test_a_client_that_takes_anything_for_a_timestamp_proves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The judge himself has to refuse what nobody signed."""
    monkeypatch.setattr(rehearsal.Updater, "refresh", lambda _client: None)

    with pytest.raises(RehearsalError) as refused:
        follow_root(sealed(), tmp_path)

    assert refused.value.role == "timestamp"


@pytest.fixture(name="repository")
def _repository(tmp_path: Path) -> Path:
    """A published folder with one target, made with python-tuf alone; every role is signed by KEY."""
    folder = tmp_path / "repository"
    (folder / "metadata").mkdir(parents=True)
    (folder / "targets/demo").mkdir(parents=True)
    expires = NOW + timedelta(days=30)
    target = TargetFile.from_data("demo/file", CONTENT)
    root = Root(expires=expires, consistent_snapshot=True)
    for role in ("root", "targets", "snapshot", "timestamp"):
        root.add_key(KEY.public_key, role)
    parts = {
        "1.root.json": root,
        "1.targets.json": Targets(expires=expires, targets={"demo/file": target}),
        "1.snapshot.json": Snapshot(expires=expires, meta={"targets.json": MetaFile(1)}),
        "timestamp.json": Timestamp(expires=expires, snapshot_meta=MetaFile(1)),
    }
    for name, part in parts.items():
        metadata: Metadata[Any] = Metadata(part)
        metadata.sign(KEY)
        metadata.to_file(str(folder / "metadata" / name))
    (folder / "targets/demo" / f"{target.hashes['sha256']}.file").write_bytes(CONTENT)
    return folder


class _Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and keeps its mouth shut."""

    def log_message(self, *_positional: object) -> None:
        """Nothing is written."""


@pytest.fixture(name="go", params=["folder", "http"])
def _go(request: pytest.FixtureRequest, repository: Path, tmp_path: Path) -> Iterator[Follow]:
    """Follows the repository from its own root, in a fresh cache: out of the folder, and over HTTP on loopback."""
    root = (repository / "metadata/1.root.json").read_bytes()
    cache = tmp_path / "client"
    if request.param == "folder":
        yield lambda *targets, root=root: follow_folder(repository, root, cache, targets)
        return
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(repository))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        base = f"http://127.0.0.1:{server.server_port}"
        yield lambda *targets, root=root: follow(base, root, cache, targets)
        server.shutdown()
        thread.join()


def test_a_target_is_downloaded_and_verified(go: Follow) -> None:
    """Through the whole chain, from the first root alone."""
    assert go("demo/file") == {"demo/file": CONTENT}


def test_without_targets_the_metadata_alone_is_followed(go: Follow) -> None:
    """As far as targets."""
    assert go() == {}


def test_a_target_that_is_not_listed_is_named(go: Follow) -> None:
    """The metadata does not know it."""
    with pytest.raises(RehearsalError) as refused:
        go("demo/file", "demo/missing")

    assert refused.value.role == "demo/missing"


def test_a_target_with_other_bytes_is_named(go: Follow, repository: Path) -> None:
    """The client compares length and hashes."""
    (path,) = (repository / "targets/demo").iterdir()
    path.write_bytes(CONTENT.upper())

    with pytest.raises(RehearsalError) as refused:
        go("demo/file")

    assert refused.value.role == "demo/file"


def test_a_target_that_is_not_there_is_named(go: Follow, repository: Path) -> None:
    """It is listed, but nobody serves it."""
    (path,) = (repository / "targets/demo").iterdir()
    path.unlink()

    with pytest.raises(RehearsalError) as refused:
        go("demo/file")

    assert refused.value.role == "demo/file"


@pytest.mark.parametrize("name", ["timestamp.json", "1.snapshot.json", "1.targets.json"])
@pytest.mark.parametrize("kind", ["tampered", "missing", "no metadata"])
def test_metadata_that_is_not_as_it_was_signed_stops_the_client(
    go: Follow, repository: Path, name: str, kind: str
) -> None:
    """Every role on the way."""
    path = repository / "metadata" / name
    match kind:
        case "tampered":
            path.write_bytes(
                path.read_bytes().replace(b'"version": 1', b'"version": 2').replace(b'"version":1', b'"version":2')
            )
        case "missing":
            path.unlink()
        case _:
            path.write_bytes(b"{}")

    with pytest.raises(RehearsalError):
        go("demo/file")


@pytest.mark.parametrize("root", [b"", b"{}", b'{"signatures":[],"signed":{}}'])
def test_a_root_that_is_none_is_refused_before_anything_is_asked(go: Follow, root: bytes) -> None:
    """Nothing can be followed from it."""
    with pytest.raises(RehearsalError) as refused:
        go("demo/file", root=root)

    assert refused.value.role == "root"


def test_the_root_of_somebody_else_leads_nowhere(go: Follow) -> None:
    """Another repository's first root."""
    with pytest.raises(RehearsalError):
        go("demo/file", root=sealed().files[0].encode())


def test_a_sealed_root_is_one_that_has_not_ended() -> None:
    """The people above hold their ceremony years ahead of any clock."""
    assert OPENS > NOW
