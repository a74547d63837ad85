"""The rules that an online signer keeps about itself: whose it is, who can read its key, what its database knows."""

from dataclasses import dataclass

from ceremony.core.rules import Objection, RuleBook

_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class KeyFileCase:
    """A file with a private key, and its permission bits."""

    path: str
    mode: int


@dataclass(frozen=True, slots=True)
class SignerCase:
    """What a signer was made for and what somebody wants it to be: repository, rehearsal mark, URI of the key.

    `wanted_uri` is empty when nothing is said of the key.
    """

    repository: str
    is_rehearsal: bool
    uri: str
    wanted_repository: str
    is_wanted_for_rehearsal: bool
    wanted_uri: str


@dataclass(frozen=True, slots=True)
class DatabaseCase:
    """A database by name, the revision its tables are at, and the newest that this program knows; four digits each."""

    name: str
    revision: str
    known: str


@dataclass(frozen=True, slots=True)
class MigrationCase:
    """A database by name, with tables of an earlier version, that a command has found."""

    name: str
    is_shared: bool


KEY_FILE_RULES: RuleBook[KeyFileCase] = RuleBook()
SIGNER_RULES: RuleBook[SignerCase] = RuleBook()
DATABASE_RULES: RuleBook[DatabaseCase] = RuleBook()
MIGRATION_RULES: RuleBook[MigrationCase] = RuleBook()


@KEY_FILE_RULES.rule("KEY-FILE-PRIVATE", "a key that others could read may have been copied")
def key_file_private(case: KeyFileCase) -> None:
    """Only its owner can read a file with a private key."""
    if case.mode & _OTHERS:
        raise Objection(f"{case.path} with mode {case.mode & 0o777:04o}", "mode 0600, and a key that nobody copied")


@SIGNER_RULES.rule("SIGNER-UNCHANGED", "one signer, one repository, one key")
def signer_unchanged(case: SignerCase) -> None:
    """A signer stays what it was made for: its repository, real or rehearsal, and its key."""
    found = _words(case.repository, case.uri, is_rehearsal=case.is_rehearsal)
    wanted = _words(case.wanted_repository, case.wanted_uri or case.uri, is_rehearsal=case.is_wanted_for_rehearsal)
    if found != wanted:
        raise Objection(found, f"{wanted}, in a home of its own")


@DATABASE_RULES.rule("DATABASE-KNOWN", "a program that writes into tables it does not know damages them")
def database_known(case: DatabaseCase) -> None:
    """A database that a later version of this program has changed is used by that version alone."""
    is_number = len(case.revision) == len(case.known) and case.revision.isascii() and case.revision.isdigit()
    if not is_number or case.revision > case.known:
        found = f"{case.name} with tables of revision {case.revision[:40]!r}"
        raise Objection(found, f"revision {case.known} or an earlier one, or the version of this program that made it")


@MIGRATION_RULES.rule("DATABASE-MIGRATED", "processes of an earlier version may be writing into a shared database")
def database_migrated(case: MigrationCase) -> None:
    """A database that several machines share gets its new tables when somebody asks for it, and not by the way."""
    if case.is_shared:
        wanted = "`ceremony-online migrate`, once it was copied and no process of an earlier version runs"
        raise Objection(f"{case.name} with tables of an earlier version", wanted)


def _words(repository: str, uri: str, *, is_rehearsal: bool) -> str:
    return f"a signer for {repository}{' (rehearsal)' if is_rehearsal else ''} with the key {uri}"
