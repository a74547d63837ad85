"""What the maker of a device says of a key in it: certificates in, facts out, the chain checked against pinned roots.

docs/adr/0008-attestation-pins.md tells whom is believed, what is checked, and what is not.
"""

from collections.abc import Sequence

from hsm.attestation_certificate import CertificateError
from hsm.attestation_chain import chain_of, maker_of
from hsm.attestation_facts import Attested, attested
from hsm.attestation_folder import read_certificates
from hsm.errors import AttestationRefusedError

__all__ = ["Attested", "attest", "read_certificates"]


def attest(serial: str, certificates: Sequence[bytes], authorities: Sequence[bytes]) -> Attested:
    """What the device says of the key that the first certificate is for; attesting its `chain` again gives the same.

    `certificates` is what the device gave, or a chain that was kept; `authorities` what `read_certificates` found; all
    DER. `serial` names the device in the error: whether the certificates are of that device, of the key at hand, and of
    a maker at all, is for the caller to compare with `serial`, `public_der` and `maker` of the value.
    Raises: AttestationRefusedError where the chain is missing, broken or not of its maker, or the facts are.
    """
    try:
        chain = chain_of(certificates, authorities)
        return attested(chain, maker_of(chain))
    except CertificateError as error:
        raise AttestationRefusedError(serial, error.what) from error
