"""The folder that crosses the air gap: a manifest and a few files with fixed names, every byte accounted for.

A bundle never vouches for itself: opening one proves that it is whole and well formed, nothing about whom to trust.
"""

import contextlib
import errno
import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from ceremony.core.before import Before
from ceremony.core.bundle_limits import BUNDLE_RULES, LIMITS
from ceremony.core.metadata_file import MetadataFile, decode_metadata_file
from ceremony.core.other_records import decode_other_records, encode_other_records
from ceremony.core.plan import Plan, parse_plan
from ceremony.core.policy import DELEGATED_ROLE
from ceremony.core.roster import Roster, decode_roster, encode_roster
from ceremony.core.tally import Quorum, quorums_of
from ceremony.core.transcript import Transcript, decode_transcript
from ceremony.core.trusted import trust
from ceremony.engine.disk import create_folder, named, sync_folder, write_folder
from ceremony.engine.manifest import check_manifest, write_manifest
from ceremony.engine.strict_folder import read_folder
from ceremony.errors import StorageError, TamperedError

PURPOSES = ("request", "enrolment", "release")
"""A request asks for signatures and gathers them; an enrolment is one keyholder's, made away from the room; a release
is sealed and goes to the online signer."""

_LOOKS, _BETWEEN_LOOKS_SECONDS = 50, 0.02
"""How often a bundle is looked at again that was saved while it was read: a second, for what takes a moment."""

_DRAFT = re.compile(rf"draft/[0-9]+\.({DELEGATED_ROLE})\.json")


@dataclass(frozen=True, slots=True)
class Bundle:
    """What one bundle holds. `files` are what is signed, in the order of the plan's roles; none before the draft.

    `plan_text` is the plan as it was handed in, byte for byte; `minutes` is a page for people, in a release only.
    `elsewhere` are the transcripts of sittings at other places whose signatures were taken in, in the order of heads.
    """

    purpose: str
    plan: Plan
    plan_text: bytes = field(repr=False)
    roster: Roster = field(default_factory=Roster)
    files: tuple[MetadataFile, ...] = ()
    transcript: Transcript = field(default_factory=Transcript, repr=False)
    minutes: bytes = field(default=b"", repr=False)
    before: Before | None = None
    elsewhere: tuple[Transcript, ...] = field(default=(), repr=False)

    @property
    def quorums(self) -> tuple[Quorum, ...]:
        """The quorums that sign what is drafted here; none before that.

        Raises: TamperedError if what it holds as drafts is no metadata.
        """
        return quorums_of(self.files, self.before.files if self.before else {}) if self.files else ()


def encode_bundle(bundle: Bundle) -> dict[str, bytes]:
    """The bundle's files by name, its manifest among them; together they can be opened again.

    Raises: RefusedError (BUNDLE-FITS).
    """
    files = {
        "plan.toml": bundle.plan_text,
        "roster.json": encode_roster(bundle.roster),
        "transcript.jsonl": bundle.transcript.encode(),
        **{f"draft/{each.name}": each.encode() for each in bundle.files},
        **_encode_before(bundle.before),
        **encode_other_records(bundle.elsewhere),
        **({"minutes.html": bundle.minutes} if bundle.minutes else {}),
    }
    whole = {**files, "manifest.json": write_manifest(bundle.plan, bundle.purpose, files)}
    BUNDLE_RULES.check({name: len(data) for name, data in whole.items()})
    return whole


def _encode_before(before: Before | None) -> dict[str, bytes]:
    if before is None:
        return {}
    trusted = (*before.trusted.roots, *before.trusted.targets.values())
    files = {f"trusted/{each.name}": each.encode() for each in trusted}
    # Projects that entered then are in metadata since, and prove nothing to anybody any more.
    return {**files, "trusted/roster.json": encode_roster(Roster(before.roster.enrolments))}


def bundle_digest(bundle: Bundle) -> bytes:
    """The SHA-256 of the bundle's manifest: it stands for every byte of the bundle."""
    return sha256(encode_bundle(bundle)["manifest.json"]).digest()


def pack(bundle: Bundle, path: Path) -> None:
    """The bundle stands in a new folder, synced and read back; nothing that exists is touched.

    Raises: RefusedError (BUNDLE-FITS); StorageError.
    """
    create_folder(path, encode_bundle(bundle))


def save(bundle: Bundle, path: Path) -> None:
    """The folder at `path` holds this bundle, durably, in place of what it held; it is one or the other at any moment.

    The new folder is written and synced beside the old one; two renames put it in its place. `settle` finishes them
    if the machine dies between the two, and the next save if the disk fails there.
    Raises: RefusedError (BUNDLE-FITS); StorageError.
    """
    new, old = _beside(path)
    files = encode_bundle(bundle)
    settle(path)
    try:
        write_folder(new, files)
    except StorageError:
        shutil.rmtree(new, ignore_errors=True)
        raise
    with named(path):
        if path.exists():
            path.rename(old)
        new.rename(path)
        sync_folder(path.parent)
    shutil.rmtree(old, ignore_errors=True)


def settle(path: Path) -> None:
    """Whatever a save left half done is finished or undone; afterwards the folder is whole, or was never there.

    Raises: StorageError.
    """
    new, old = _beside(path)
    with named(path):
        # The old folder steps aside only when the new one is complete and synced.
        if not path.exists() and old.exists():
            (new if new.exists() else old).rename(path)
            sync_folder(path.parent)
    shutil.rmtree(new, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Nobody else works on the bundle at `path` meanwhile.

    Raises: StorageError (EBUSY if somebody does).
    """
    lock = path.with_name(f".{path.name}.lock")
    with named(lock):
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        _lock(descriptor, lock, path)
        try:
            yield
        finally:
            # While it is still held: nobody else's lock can stand under this name.
            with contextlib.suppress(OSError):
                lock.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def open_bundle(path: Path) -> Bundle:
    """The bundle in this folder: every file named by the manifest and no other, each as long and with the hash it says.

    Each file is read once; what is parsed is what was hashed. Where a sitting saves it meanwhile, it is the bundle as
    it stood before that save or after it.
    Raises: TamperedError; SettingsError for a plan that cannot be read; StorageError if the folder cannot be.
    """
    for _ in range(_LOOKS):
        before = _identity(path)
        try:
            return _opened(path)
        except (TamperedError, StorageError):
            if not _is_saved_meanwhile(path, before):
                raise
        time.sleep(_BETWEEN_LOOKS_SECONDS)
    return _opened(path)


def _opened(path: Path) -> Bundle:
    found = read_folder(path, LIMITS)
    if "manifest.json" not in found:
        raise TamperedError("no manifest.json: this is no bundle, or not all of one", str(path))
    fields = check_manifest(found)
    bundle = _decode(found, str(fields.get("purpose")))
    if encode_bundle(bundle) != found:
        raise TamperedError("the manifest is about another ceremony than the plan", "manifest.json")
    return bundle


def _identity(path: Path) -> tuple[int, ...] | None:
    """What tells the folder at `path` from one that takes its place; None where there is nothing."""
    try:
        found = path.lstat()
    except OSError:
        return None
    # Of a number alone nobody can tell: the next folder may get that of the one that was removed.
    return found.st_dev, found.st_ino, found.st_ctime_ns


def _is_saved_meanwhile(path: Path, before: tuple[int, ...] | None) -> bool:
    """Whether what was read is not what stands there now, or stands aside at this moment for what is saved."""
    now = _identity(path)
    return now != before or (now is None and any(each.exists() for each in _beside(path)))


def _lock(descriptor: int, lock: Path, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it may have let go and removed the name since it was opened here: then this locks nothing.
        is_gone = not os.path.samestat(os.fstat(descriptor), lock.stat())
    except (BlockingIOError, FileNotFoundError) as error:
        raise StorageError(str(path), errno.errorcode[errno.EBUSY]) from error
    if is_gone:
        raise StorageError(str(path), errno.errorcode[errno.EBUSY])


def _decode(found: Mapping[str, bytes], purpose: str) -> Bundle:
    for name in ("plan.toml", "roster.json", "transcript.jsonl"):
        if name not in found:
            raise TamperedError("missing", name)
    if purpose not in PURPOSES:
        raise TamperedError("a purpose that is none", "manifest.json")
    # A page that nobody compares with anything must not tell people what a ceremony was about.
    if purpose != "release" and "minutes.html" in found:
        raise TamperedError("minutes of a ceremony that is not over", "minutes.html")
    plan = parse_plan(found["plan.toml"], "plan.toml")
    transcript = decode_transcript(found["transcript.jsonl"], "transcript.jsonl")
    return Bundle(
        purpose,
        plan,
        found["plan.toml"],
        decode_roster(found["roster.json"], "roster.json"),
        _decode_files(found, plan),
        transcript,
        found.get("minutes.html", b""),
        _decode_before(found),
        decode_other_records(found, transcript),
    )


def _decode_before(found: Mapping[str, bytes]) -> Before | None:
    """What the ceremony follows, as far as the bundle says: whole in itself, its first root taken as it stands."""
    names = sorted(name for name in found if name.startswith("trusted/") and name != "trusted/roster.json")
    if not names and "trusted/roster.json" not in found:
        return None
    files = {}
    for name in names:
        role = name.split(".")[-2]
        file = decode_metadata_file(found[name], role, name)
        if f"trusted/{file.name}" != name:
            raise TamperedError(f"version {file.version} under the name of another", name)
        files[file.name] = found[name]
    roots = sorted(name for name in files if name.endswith(".root.json"))
    if not roots:
        raise TamperedError("no root", "trusted")
    pinned = min(roots, key=lambda name: int(name.split(".")[0]))
    return Before(
        trust(files[pinned], files), decode_roster(found.get("trusted/roster.json", b""), "trusted/roster.json")
    )


def _decode_files(found: Mapping[str, bytes], plan: Plan) -> tuple[MetadataFile, ...]:
    drafts = {match[1]: name for name in sorted(found) if (match := _DRAFT.fullmatch(name))}
    is_whole = drafts.keys() in ({*plan.expires}, set())
    if len(drafts) != sum(name.startswith("draft/") for name in found) or not is_whole:
        raise TamperedError(f"not one file each of {', '.join(plan.expires)}", "draft")
    files = tuple(
        decode_metadata_file(found[drafts[role]], role, drafts[role]) for role in plan.offline_roles if role in drafts
    )
    for file in files:
        if f"draft/{file.name}" != drafts[file.role]:
            raise TamperedError(f"version {file.version} under the name of another", drafts[file.role])
    return files


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(f".{path.name}.new"), path.with_name(f".{path.name}.old")
