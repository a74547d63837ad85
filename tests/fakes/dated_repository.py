"""A whole repository of ann, bob and cyd, root to bin-n, whose roles end when a test says so; signed, and in memory.

files(timestamp=NOW + timedelta(hours=6))     # everything else ends much later
pages(files())                                # as a web server would have them
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from fakes.people import NOW, drafted, signature, signed, signer
from tuf.api.exceptions import DownloadHTTPError, RepositoryError
from tuf.api.metadata import MetaFile, Snapshot, SuccinctRoles, TargetFile, Targets, Timestamp
from tuf.ngclient import FetcherInterface, Updater  # noqa: TID251  # the judge of these tests is a client of its own

from ceremony.core import strict_json
from ceremony.core.keys import fields_of
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import Bins
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.strict_json import Json

FAR = NOW + timedelta(days=3650)
"""When a role ends of which a test says nothing."""

TARGET = "demo-1.0.tar.gz"
CONTENT = b"demo"
BIN_COUNT = 2


def files(online: str = "online", **ends: datetime) -> tuple[MetadataFile, ...]:
    """Root, targets, bins, every bin, snapshot and timestamp at version 1; `ends` goes by role, `bin_n` among them."""
    plan = {"expires": {role: ends.get(role, FAR) for role in OFFLINE_ROLES}, "bins": Bins(BIN_COUNT, "succinct")}
    offline = signed(drafted(**plan).files, "ann", "bob")
    inner = tuple(bins(ends.get("bin_n", FAR), online))
    return (*offline, *inner, *top((*offline, *inner), ends, online=online))


def bins(expires: datetime, online: str = "online") -> Iterator[MetadataFile]:
    """Every bin; TARGET is in its own."""
    roles = SuccinctRoles([], 1, (BIN_COUNT - 1).bit_length(), "bin")
    found = TargetFile.from_data(TARGET, CONTENT, ["sha256"])
    for name in roles.get_roles():
        listed = {TARGET: found} if name == roles.get_role_for_target(TARGET) else {}
        yield _by(online, name, Targets(expires=expires, targets=listed).to_dict())


def top(
    below: Iterable[MetadataFile], ends: Mapping[str, datetime] | None = None, version: int = 1, online: str = "online"
) -> tuple[MetadataFile, MetadataFile]:
    """Snapshot and timestamp of this version over these files, root left out."""
    ends = ends or {}
    meta = {f"{each.role}.json": MetaFile(each.version) for each in below if each.role != "root"}
    snapshot = Snapshot(version, expires=ends.get("snapshot", FAR), meta=meta)
    timestamp = Timestamp(version, expires=ends.get("timestamp", FAR), snapshot_meta=MetaFile(version))
    return (_by(online, "snapshot", snapshot.to_dict()), _by(online, "timestamp", timestamp.to_dict()))


def successor(file: MetadataFile, online: str = "online", **changes: Json) -> MetadataFile:
    """The next version of an offline file, which ends at FAR and names this online key; ann and bob sign it."""
    fields = strict_json.decode_canonical(file.payload, file.name)
    assert isinstance(fields, dict)
    fields |= {"version": file.version + 1, "expires": f"{FAR:%Y-%m-%dT%H:%M:%SZ}"} | changes
    if online != "online":
        fields = _renamed(fields, online)
    return signed([MetadataFile(file.role, file.version + 1, strict_json.encode(fields))], "ann", "bob")[0]


def pages(found: Iterable[MetadataFile]) -> dict[str, bytes]:
    """Every file under the name by which clients ask for it."""
    return {"timestamp.json" if each.role == "timestamp" else each.name: each.encode() for each in found}


class _Server(FetcherInterface):
    """Whoever stands between a client and the repository, and decides what it gets."""

    def __init__(self, shown: Mapping[str, bytes]) -> None:
        self._shown = shown

    def _fetch(self, url: str) -> Iterator[bytes]:
        name = urlsplit(url).path.rpartition("/")[2]
        if name not in self._shown:
            raise DownloadHTTPError(f"no page {name}", 404)
        return iter([self._shown[name]])


def is_taken(root: MetadataFile, shown: Iterable[MetadataFile], at: datetime) -> bool:
    """Whether the real client, which trusts `root` and is shown these files at this moment, finds TARGET."""
    with TemporaryDirectory() as folder:
        client = Updater(folder, "https://x.invalid/", fetcher=_Server(pages(shown)), bootstrap=root.encode())
        client._trusted_set.reference_time = at  # noqa: SLF001  # the only way to another moment
        try:
            return client.get_targetinfo(TARGET) is not None
        except RepositoryError:
            return False


def publish(folder: Path, found: Iterable[MetadataFile]) -> None:
    """The files lie in this folder, which is new."""
    folder.mkdir(parents=True)
    for name, data in pages(found).items():
        (folder / name).write_bytes(data)


def moment(text: str) -> datetime:
    """The moment, in UTC, that this text writes."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _by(name: str, role: str, fields: dict[str, Json]) -> MetadataFile:
    payload = strict_json.encode(fields)
    version = fields["version"]
    assert isinstance(version, int)
    return MetadataFile(role, version, payload).with_signature(signature(name, payload))


def _renamed(fields: dict[str, Json], online: str) -> dict[str, Json]:
    """The fields of a root that names this key as the online key."""
    old, new = signer("online").public_key, signer(online).public_key
    keys, roles = fields["keys"], fields["roles"]
    assert isinstance(keys, dict)
    assert isinstance(roles, dict)
    others = {keyid: key for keyid, key in keys.items() if keyid != old.keyid}
    named = {role: {"keyids": [new.keyid], "threshold": 1} for role in ("snapshot", "timestamp")}
    return {**fields, "keys": {**others, new.keyid: fields_of(new)}, "roles": {**roles, **named}}
