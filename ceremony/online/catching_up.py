"""What was published after a backup was made, taken back into the database out of the shelf.

Nothing is believed because it lies there. The timestamp bears the signature of an online key that the backup knows; it
names one snapshot by its hash; that lists every file by its version; and each file has to verify for itself, those of
keyholders by the rules of every delivery.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, delete, insert, update
from tuf.api.metadata import Snapshot, Timestamp

from ceremony.core import strict_json
from ceremony.core.bin_delegation import bin_count, bin_names
from ceremony.core.metadata_file import MetadataFile, decode_metadata_file
from ceremony.core.plan import instant_text
from ceremony.core.policy import Policy
from ceremony.core.projects import PROJECT_PREFIX
from ceremony.core.signed import targets_of
from ceremony.core.tree import tree_of
from ceremony.errors import RefusedError, TamperedError
from ceremony.online.bins import render_bin
from ceremony.online.delivery import check_delivery
from ceremony.online.delivery_rows import Delivery
from ceremony.online.listing import listed
from ceremony.online.remade import TIMESTAMP, is_by_one_of, known_signers
from ceremony.online.store import Store
from ceremony.online.tables import CHANGES, FORMER_BINS, PROJECT_FILES, TARGETS

Read = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Seen:
    """What clients have seen last: the timestamp's version, and by role, what the snapshot under it lists."""

    timestamp: int
    versions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Recovered:
    """How much was taken back: bins, and metadata of projects; `lost` are files that are not there."""

    bins: int
    projects: int
    lost: tuple[str, ...]


def published_version(store: Store, read: Read) -> MetadataFile | None:
    """The timestamp on the shelf, signed by an online key that this database knows; None if there is none.

    Raises: RefusedError (RESTORE-KNOWN) for one that nobody known has signed.
    """
    found = read(TIMESTAMP)
    if found is None:
        return None
    file = _decoded(found, "timestamp")
    if file is None or not is_by_one_of(known_signers(store), file):
        wanted = "one that an online key of this backup has signed"
        raise RefusedError("RESTORE-KNOWN", "a timestamp on the shelf that this signer has not made", wanted)
    return file


def seen(store: Store, read: Read, timestamp: MetadataFile) -> Seen:
    """What lies under this timestamp.

    Raises: RefusedError (RESTORE-WHOLE) if the snapshot that it names is not there, or not as it says.
    """
    meta = Timestamp.from_dict(_fields(timestamp)).snapshot_meta
    name = f"{meta.version}.snapshot.json"
    data = read(name) or b""
    wanted_hash = (meta.hashes or {}).get("sha256", "")
    file = _decoded(data, "snapshot")
    if file is None or (meta.length, wanted_hash) != (len(data), sha256(data).hexdigest()):
        raise RefusedError("RESTORE-WHOLE", f"no {name}, or another one", "the snapshot that the timestamp names")
    if not is_by_one_of(known_signers(store), file):
        raise RefusedError("RESTORE-KNOWN", f"{name} by somebody unknown", "one that an online key of ours has signed")
    listing = Snapshot.from_dict(_fields(file)).meta
    return Seen(timestamp.version, {each.removesuffix(".json"): entry.version for each, entry in listing.items()})


def arrived(store: Store, read: Read, what: Seen, now: datetime, policy: Policy) -> tuple[MetadataFile, ...]:
    """What keyholders have delivered since, judged by every rule of deliveries at `now` (UTC); nothing changes.

    Raises: RefusedError for the first rule it breaks, RESTORE-BINS for another number of bins.
    """
    files = (*_roots(store, read), *_offline(store, read, what))
    if not files:
        return ()
    found = check_delivery(store, Delivery(files, (), ""), now, policy)
    tree, before = tree_of((*store.tree().files.values(), *found)), store.tree()
    count, was = (bin_count(targets_of(each.files["bins"])) for each in (tree, before))
    if count != was:
        raise RefusedError("RESTORE-BINS", f"{was} bins in the backup", f"a backup with {count}, as was published")
    return found


def take_back(store: Store, read: Read, what: Seen, publication: int, now: datetime) -> Recovered:
    """Targets and projects' metadata are in the database as clients have seen them, all of it durable at once.

    `publication` is the last one of the database. Changes that waited when the backup was made were published first of
    all since, and wait no longer.
    Raises: StorageError.
    """
    lost: list[str] = []
    with store.writing() as connection:
        bins = sum(_take_bin(connection, *each) for each in _newer_bins(store, read, what, lost))
        newer = _newer_projects(store, read, what, lost)
        projects = sum(_take_project(connection, each, publication, now) for each in newer)
        waiting = update(CHANGES).where(CHANGES.c.publication.is_(None))
        connection.execute(waiting.values(publication=publication))
    return Recovered(bins, projects, tuple(lost))


def keep_names(store: Store, what: Seen) -> None:
    """Every name that clients have seen in a snapshot is listed, at no lower version: they refuse any other.

    Raises: RefusedError (RESTORE-WHOLE) if that cannot be; StorageError.
    """
    ours = listed(store)
    gone = [{"name": role, "version": version} for role, version in what.versions.items() if role not in ours]
    if gone:
        with store.writing() as connection:
            connection.execute(insert(FORMER_BINS), gone)
    for role, version in what.versions.items():
        if ours.get(role, version) < version:
            found = f"{role} at version {ours[role]}, which clients have seen at {version}"
            raise RefusedError("RESTORE-WHOLE", found, "a newer backup, or the file itself on the shelf")


def _roots(store: Store, read: Read) -> Iterator[MetadataFile]:
    version = store.trusted_roots()[-1].version + 1
    while (data := read(f"{version}.root.json")) is not None:
        yield decode_metadata_file(data, "root", f"{version}.root.json")
        version += 1


def _offline(store: Store, read: Read, what: Seen) -> Iterator[MetadataFile]:
    ours = store.tree()
    known = {role: each.version for role, each in ours.files.items()}
    named = _decoded_role(read, "targets", what)
    tree = tree_of((*ours.files.values(), *([named] if named else [])))
    for role in tree.offline:
        version = what.versions.get(role, 0)
        if role != "root" and version > known.get(role, 0):
            name = f"{version}.{role}.json"
            yield decode_metadata_file(read(name) or b"", role, name)


def _decoded_role(read: Read, role: str, what: Seen) -> MetadataFile | None:
    return _decoded(read(f"{what.versions.get(role, 0)}.{role}.json") or b"", role)


def _newer_bins(store: Store, read: Read, what: Seen, lost: list[str]) -> Iterator[tuple[int, Mapping[str, bytes]]]:
    ours, signers = listed(store), known_signers(store)
    for number, role in enumerate(bin_names(len(store.bins()))):
        version = what.versions.get(role, 0)
        if version <= ours[role]:
            continue
        file = _decoded(read(f"{version}.{role}.json") or b"", role)
        fragments = None if file is None or file.version != version else _fragments(file)
        if file is None or fragments is None or not is_by_one_of(signers, file):
            lost.append(f"{version}.{role}.json")
        else:
            yield number, fragments


def _fragments(file: MetadataFile) -> Mapping[str, bytes] | None:
    """By path, the entries of this bin as we keep them; None if these are not all that it says."""
    fields = _fields(file)
    targets, expires = fields.get("targets"), fields.get("expires")
    if not isinstance(targets, Mapping) or not isinstance(expires, str):
        return None
    found = {path: strict_json.encode({path: each})[1:-1] for path, each in targets.items()}
    ordered = [found[path] for path in sorted(found, key=lambda path: path.encode())]
    return found if render_bin(file.version, expires, ordered) == file.payload else None


def _take_bin(connection: Connection, number: int, fragments: Mapping[str, bytes]) -> int:
    connection.execute(delete(TARGETS).where(TARGETS.c.bin == number))
    rows = [{"bin": number, "path": path, "fragment": fragment} for path, fragment in fragments.items()]
    if rows:
        connection.execute(insert(TARGETS), rows)
    return 1


def _newer_projects(store: Store, read: Read, what: Seen, lost: list[str]) -> Iterator[MetadataFile]:
    ours = listed(store)
    for role, version in what.versions.items():
        if role.startswith(PROJECT_PREFIX) and version > ours.get(role, 0):
            file = _decoded(read(f"{version}.{role}.json") or b"", role)
            if file is None or file.version != version:
                lost.append(f"{version}.{role}.json")
            else:
                yield file


def _take_project(connection: Connection, file: MetadataFile, publication: int, now: datetime) -> int:
    # Whether its keys are those of a project that the backup knows, clients judge as they did before.
    row = {
        "name": file.role.removeprefix(PROJECT_PREFIX),
        "version": file.version,
        "data": file.encode(),
        "received_at": instant_text(now),
        "publication": publication,
    }
    connection.execute(insert(PROJECT_FILES).values(row))
    return 1


def _decoded(data: bytes, role: str) -> MetadataFile | None:
    try:
        return decode_metadata_file(data, role, role)
    except TamperedError:
        return None


def _fields(file: MetadataFile) -> dict[str, object]:
    fields = strict_json.decode_canonical(file.payload, file.name)
    return dict(fields) if isinstance(fields, Mapping) else {}
