"""TLS of the API: what a certificate, its key and the authority of callers' certificates make together."""

import errno
import ssl
from collections.abc import Callable
from pathlib import Path

from ceremony.errors import Problem, SettingsError, StorageError
from ceremony.online.web.settings import Tls


def tls_context(tls: Tls) -> ssl.SSLContext:
    """TLS 1.2 or later with this certificate; a client's certificate counts if `client_ca` signed it.

    Raises: StorageError if a file cannot be read; SettingsError if it is no such thing.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load(tls.certificate, lambda: context.load_cert_chain(tls.certificate, tls.key, _no_password))
    if tls.client_ca is not None:
        authority = tls.client_ca
        _load(authority, lambda: context.load_verify_locations(authority))
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _load(path: Path, load: Callable[[], None]) -> None:
    try:
        load()
    except ssl.SSLError as error:
        wanted = "certificates in PEM, and a key without a passphrase that belongs to the first"
        raise SettingsError(str(path), (Problem("", f"what OpenSSL refuses ({error.reason})", wanted),)) from error
    except OSError as error:
        raise StorageError(str(path), errno.errorcode.get(error.errno or 0, type(error).__name__)) from error


def _no_password() -> bytes:
    # OpenSSL would ask at the terminal, where a daemon has none.
    return b""
