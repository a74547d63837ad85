"""The rules for metadata that a project signed itself, before the online signer publishes it.

Spec: PEP 480: a quorum of the project's keys; whole; not expired; next in version; no delegations; no path of others.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from tuf.api.metadata import DelegatedRole, TargetFile, Targets

from ceremony.core.artifact_rules import check_plain
from ceremony.core.enough_signatures import refuse_unsigned
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.plan import instant_text
from ceremony.core.policy import size_limit
from ceremony.core.projects import PROJECT_PREFIX
from ceremony.core.request_rules import PATH_RULES
from ceremony.core.rules import Objection, RuleBook
from ceremony.core.signed import targets_of
from ceremony.core.tree import roles_below
from ceremony.core.trusted_rules import content_of, trouble_reading


@dataclass(frozen=True)  # without slots, so that what the rules ask for again and again is read once
class UploadCase:
    """Metadata of a project, at a moment (UTC), beside what delegates to it; to nobody, where nothing does.

    `last` is the version that came before it, 0 where none did.
    """

    file: MetadataFile
    delegator: Targets
    last: int
    now: datetime

    @cached_property
    def role(self) -> DelegatedRole:
        """The delegation to this project; UPLOAD-CLAIMED holds."""
        return roles_below(self.delegator)[self.file.role]

    @cached_property
    def signed(self) -> Targets:
        """What the project signed; UPLOAD-WHOLE holds."""
        return targets_of(self.file)


UPLOAD_RULES: RuleBook[UploadCase] = RuleBook()


@UPLOAD_RULES.rule("UPLOAD-CLAIMED", "PEP 480: only a delegation says whose keys count")
def upload_claimed(case: UploadCase) -> None:
    """A project uploads once it is claimed, or registered to be."""
    if case.file.role not in roles_below(case.delegator):
        name = case.file.role.removeprefix(PROJECT_PREFIX)
        raise Objection(f"{name}, which nothing delegates to", "a project that is claimed, or registered")


@UPLOAD_RULES.rule("UPLOAD-WHOLE", "TUF 4.2, 4.5; client limits of python-tuf and go-tuf")
def upload_whole(case: UploadCase) -> None:
    """Clients of today can read the metadata, as the bytes that were signed, and it is not too long for them."""
    trouble = trouble_reading(case.file)
    size, limit = len(case.file.encode()), size_limit(case.file.role)
    if trouble or size >= limit:
        raise Objection(trouble or f"{size} bytes", f"targets metadata that clients can read, below {limit} bytes")


@UPLOAD_RULES.rule("UPLOAD-SIGNED", "TUF 5.6.3; PEP 480")
def upload_signed(case: UploadCase) -> None:
    """As many of the project's keys have signed as its delegation asks for."""
    refuse_unsigned(case.delegator, case.file)


@UPLOAD_RULES.rule("UPLOAD-NEXT", "TUF 5.5.5, 5.6.4: no version goes back, none is left out, none comes twice")
def upload_next(case: UploadCase) -> None:
    """The version is the one after the last that came, exactly."""
    if case.file.version != case.last + 1:
        raise Objection(f"version {case.file.version}", f"version {case.last + 1}")


@UPLOAD_RULES.rule("UPLOAD-FRESH", "TUF 5.6.5")
def upload_fresh(case: UploadCase) -> None:
    """It has not expired."""
    if case.signed.is_expired(case.now):
        ended = instant_text(case.signed.expires)
        raise Objection(f"metadata that ended on {ended}", f"after {instant_text(case.now)}")


@UPLOAD_RULES.rule("UPLOAD-ALONE", "PEP 480: no over-delegation")
def upload_alone(case: UploadCase) -> None:
    """A project delegates to nobody."""
    if case.signed.delegations is not None:
        raise Objection("metadata that delegates", "targets alone")


@UPLOAD_RULES.rule("UPLOAD-PATHS", "PEP 480: no project signs for another; TUF 5.6.7")
def upload_paths(case: UploadCase) -> None:
    """Every target has a path of the project's own, and one that every client reads alike."""
    for path in case.signed.targets:
        if not case.role.is_delegated_path(path):
            raise Objection(f"the target {path[:80]}", f"targets of {' or '.join(case.role.paths or ())}"[:160])
        for rule in PATH_RULES.rules:
            rule.objects(path)


@UPLOAD_RULES.rule("UPLOAD-HASHES", "TUF 6.2: a target is served under its hash")
def upload_hashes(case: UploadCase) -> None:
    """Every target is listed by its SHA-256 in hex, and by no other hash."""
    for path, target in case.signed.targets.items():
        if [*target.hashes] != ["sha256"] or not _is_digest(target):
            raise Objection(f"{path[:80]} with {', '.join(target.hashes)}"[:160], "its SHA-256 in small hex, alone")


@UPLOAD_RULES.rule("UPLOAD-PLAIN", "canonical JSON: clients differ on how other values are written")
def upload_plain(case: UploadCase) -> None:
    """What else stands in the metadata is plain texts and whole numbers, which every client writes alike."""
    check_plain(content_of(case.file), "the metadata")


@dataclass(frozen=True, slots=True)
class FilesCase:
    """The files of a project beside its metadata: targets of which none is there, and files that it does not list."""

    missing: tuple[str, ...]
    strange: tuple[str, ...]


FILES_RULES: RuleBook[FilesCase] = RuleBook()


@FILES_RULES.rule("UPLOAD-FILES", "TUF 6.2: what metadata names is there before the metadata is")
def upload_files(case: FilesCase) -> None:
    """The content of every target came with the metadata or is there already, and nothing else came."""
    if case.missing:
        raise Objection(f"no file for {case.missing[0][:80]} with that length and hash", "the file of every target")
    if case.strange:
        raise Objection(f"{case.strange[0][:160]}, which the metadata does not list", "files that it lists, unchanged")


def _is_digest(target: TargetFile) -> bool:
    digest = target.hashes["sha256"]
    return len(digest) == len("0" * 64) and not digest.strip("0123456789abcdef")
