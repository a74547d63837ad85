"""The folder of attestation certificates that an operator fills: read with suspicion, each certificate once."""

import binascii
import errno
import os
import re
import stat
from base64 import b64decode
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from hsm.attestation_certificate import Certificate, CertificateError
from hsm.attestation_chain import MOST_AUTHORITIES
from hsm.errors import AttestationRefusedError

LARGEST_FILE_BYTES = 1_000_000
MOST_NAMES = 1_000
"""A folder with more entries is not one for certificates."""

_NAMES = re.compile(r"(?i)[^.].*\.(pem|crt|cer|der|txt)")
_MAY_SAY_NOTHING = ".txt"  # a note for people that explains the folder is no mistake
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----")
_BEGIN = b"-----BEGIN CERTIFICATE-----"
_SEQUENCE = b"\x30"


def read_certificates(folder: Path) -> tuple[bytes, ...]:
    """The DER of every certificate in the folder's *.pem, *.crt, *.cer, *.der and *.txt files, each once, by file name.

    A file is one certificate in DER, or a text with any number of PEM certificates in it. Other files are left alone.
    Raises: AttestationRefusedError, without a serial, naming the file, for a link or a special file, one that is too
    large or cannot be read, and one whose certificates are not whole.
    """
    found: dict[bytes, None] = {}
    for name in _names(folder):
        try:
            found |= dict.fromkeys(_certificates(name, _read(folder / name)))
        except OSError as error:
            raise _refused("the file", name, _in_words(error)) from error
        except CertificateError as error:
            raise _refused("the file", name, error.what) from error
        if len(found) > MOST_AUTHORITIES:
            raise _refused("the file", name, f"with it there are more than {MOST_AUTHORITIES} certificates")
    return tuple(found)


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in islice(entries, MOST_NAMES + 1)]
    except OSError as error:
        raise _refused("the folder", folder.name, _in_words(error)) from error
    if len(names) > MOST_NAMES:
        raise _refused("the folder", folder.name, f"it has more than {MOST_NAMES} entries")
    return sorted(name for name in names if _NAMES.fullmatch(name))


def _read(path: Path) -> bytes:
    # O_NONBLOCK: a pipe under this name must not hold everybody up
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise CertificateError("it is not a file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > LARGEST_FILE_BYTES:
        raise CertificateError(f"it has more than {LARGEST_FILE_BYTES} bytes")
    return content


def _certificates(name: str, content: bytes) -> Iterator[bytes]:
    blocks = [content] if content.startswith(_SEQUENCE) else list(_decoded(content))
    if not blocks and not name.casefold().endswith(_MAY_SAY_NOTHING):
        raise CertificateError("there is no certificate in it")
    for number, der in enumerate(blocks, start=1):
        try:
            yield Certificate.read(der).der
        except CertificateError as error:
            raise CertificateError(f"certificate {number} in it cannot be read: {error.what}") from error


def _decoded(content: bytes) -> Iterator[bytes]:
    found = _BLOCK.findall(content)
    if len(found) != content.count(_BEGIN):
        raise CertificateError("a certificate in it is cut off, or holds something else")
    for letters in found:
        try:
            yield b64decode(b"".join(letters.split()), validate=True)
        except binascii.Error as error:
            raise CertificateError("a certificate in it is not written as PEM is") from error


def _in_words(error: OSError) -> str:
    return "it is a link" if error.errno == errno.ELOOP else f"it cannot be read ({type(error).__name__})"


def _refused(what: str, name: str, why: str) -> AttestationRefusedError:
    # a name is somebody's choice of letters, and this is shown on a terminal
    return AttestationRefusedError("", f"{what} {name[:80]!a} of attestation certificates: {why}")
