"""The rules that an online signer keeps about itself: whose it is, and who can read its key."""

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


KEY_FILE_RULES: RuleBook[KeyFileCase] = RuleBook()
SIGNER_RULES: RuleBook[SignerCase] = RuleBook()


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


def _words(repository: str, uri: str, *, is_rehearsal: bool) -> str:
    return f"a signer for {repository}{' (rehearsal)' if is_rehearsal else ''} with the key {uri}"
