"""Proof of possession: a signature which says that the private half of a key is here, bound to one purpose.

The message begins with a line that no metadata can begin with (canonical JSON begins with a brace), so a proof can
never be taken for a signature over metadata, nor the other way round.
"""

from collections.abc import Sequence

from securesystemslib.exceptions import UnverifiedSignatureError, VerificationError
from securesystemslib.signer import Key, Signature

from ceremony.core import strict_json
from ceremony.core.projects import Project
from ceremony.core.strict_json import Json
from ceremony.errors import TamperedError

_DOMAIN = b"ceremony proof of possession, version 1\n"


def enrolment_message(ceremony: str, nonce: str, keyid: str, keyholder: str, roles: Sequence[str]) -> bytes:
    """What a device signs when it is enrolled: this key, held by this person, for these roles, in this ceremony."""
    claim = {"ceremony": ceremony, "keyholder": keyholder, "keyid": keyid, "nonce": nonce, "roles": list(roles)}
    return _DOMAIN + strict_json.encode({"enrolment": claim})


def online_message(repository: str, keyid: str) -> bytes:
    """What the online signer signs when it hands out its public key: this key, for this repository."""
    return _DOMAIN + strict_json.encode({"online key": {"keyid": keyid, "repository": repository}})


def project_message(repository: str, project: Project, keyid: str) -> bytes:
    """What a project signs when it hands in a public key: this key, and what the project claims in this repository.

    Its name, its paths in their order, and how many have to sign; of its other keys whoever signs this knows nothing.
    """
    claim: dict[str, Json] = {
        "keyid": keyid,
        "paths": list(project.paths),
        "project": project.name,
        "repository": repository,
        "threshold": project.threshold,
    }
    return _DOMAIN + strict_json.encode({"project key": claim})


def check_proof(key: Key, message: bytes, proof_hex: str, where: str) -> None:
    """The proof is a signature of `message` by `key`.

    Raises: TamperedError, naming `where`.
    """
    try:
        key.verify_signature(Signature(key.keyid, proof_hex), message)
    except (UnverifiedSignatureError, VerificationError, ValueError) as error:
        raise TamperedError("the proof of possession does not verify", where) from error
