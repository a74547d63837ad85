"""Whether as many keys have signed a file as its role asks for, and what speaks against it if they have not."""

from securesystemslib.signer import Signature
from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.metadata import Root, Targets

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.rules import Objection


def refuse_unsigned(delegator: Root | Targets, file: MetadataFile) -> None:
    """Nothing, if as many keys as the delegator asks for have signed this file.

    Raises: Objection.
    """
    try:
        delegator.verify_delegate(file.role, file.payload, tuf_signatures(file))
    except (UnsignedMetadataError, ValueError) as error:
        raise Objection(f"{file.name}: {error}", "enough signatures by keys of the role") from error


def is_signed(delegator: Root | Targets, file: MetadataFile) -> bool:
    """True when as many keys as the delegator asks for have signed this file."""
    try:
        refuse_unsigned(delegator, file)
    except Objection:
        return False
    return True


def tuf_signatures(file: MetadataFile) -> dict[str, Signature]:
    """The signatures of this file, by keyid, as python-tuf takes them."""
    return {keyid: Signature(keyid, sig_hex) for keyid, sig_hex in file.signatures.items()}
