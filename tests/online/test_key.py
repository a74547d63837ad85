"""The online key: made once, deterministic, and every signature of it verified."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from fakes.release import ONLINE
from securesystemslib.signer import Key, SecretsHandler, Signature, Signer

from ceremony.errors import RefusedError, SettingsError, StorageError, TamperedError
from ceremony.explain import explain
from ceremony.online.key import SCHEMES, CheckedSigner, make_key, open_signer, read_key, read_public_key


class _Refusing(Signer):
    """A signer whose vendor raises errors of its own."""

    @property
    def public_key(self) -> Key:
        return ONLINE.public_key

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> "_Refusing":
        raise NotImplementedError(priv_key_uri, public_key, secrets_handler)

    def sign(self, payload: bytes) -> Signature:
        raise ConnectionError(payload)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_same_payload_gives_the_same_signature(tmp_path: Path, scheme: str) -> None:
    """A publication that is done again after a crash has the same bytes."""
    key = make_key(tmp_path / "key.pem", scheme)

    first = open_signer("file2:key.pem", key, tmp_path).sign(b"payload")
    again = open_signer("file2:key.pem", key, tmp_path).sign(b"payload")

    assert first == again
    key.verify_signature(first, b"payload")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_private_key_is_its_owners_alone(tmp_path: Path, scheme: str) -> None:
    """Mode 0600."""
    make_key(tmp_path / "key.pem", scheme)

    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    assert read_key(tmp_path / "key.pem", scheme).scheme == scheme


def test_a_private_key_is_never_written_over(tmp_path: Path) -> None:
    """What is there stays."""
    make_key(tmp_path / "key.pem", "ed25519")
    before = (tmp_path / "key.pem").read_bytes()

    with pytest.raises(StorageError) as refusal:
        make_key(tmp_path / "key.pem", "ed25519")

    assert refusal.value.reason == "EEXIST"
    assert (tmp_path / "key.pem").read_bytes() == before


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """Somebody may have copied it."""
    key = make_key(tmp_path / "key.pem", "ed25519")
    (tmp_path / "key.pem").chmod(0o640)

    with pytest.raises(RefusedError) as refusal:
        open_signer("file2:key.pem", key, tmp_path)

    assert refusal.value.rule == "KEY-FILE-PRIVATE"


def test_a_signature_by_another_key_is_noticed(tmp_path: Path) -> None:
    """The private half does not fit the public half that the keyholders signed."""
    make_key(tmp_path / "key.pem", "ecdsa-sha2-nistp256")
    other = make_key(tmp_path / "other.pem", "ecdsa-sha2-nistp256")

    with pytest.raises(TamperedError):
        open_signer("file2:key.pem", other, tmp_path).sign(b"payload")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("written", ["{} ", " {}", "{}\n"])
def test_a_signature_that_is_not_plain_hex_is_none(tmp_path: Path, scheme: str, written: str) -> None:
    """It would stand in a file as it is, and Python reads hex with blanks too."""
    key = make_key(tmp_path / "key.pem", scheme)
    signer = open_signer("file2:key.pem", key, tmp_path)
    signature = signer.sign(b"payload")

    assert signer.is_signature(signature, b"payload")
    assert not signer.is_signature(Signature(signature.keyid, written.format(signature.signature)), b"payload")


def test_a_key_that_does_not_answer_is_a_storage_error() -> None:
    """Whatever its vendor raises."""
    with pytest.raises(StorageError) as refusal:
        CheckedSigner(_Refusing(), ONLINE.public_key, "kms:1").sign(b"payload")

    assert (refusal.value.path, refusal.value.reason) == ("kms:1", "ConnectionError")


def test_an_unknown_kind_of_uri_is_a_settings_error(tmp_path: Path) -> None:
    """No signer is registered for it."""
    with pytest.raises(SettingsError):
        open_signer("carrier-pigeon:coop", ONLINE.public_key, tmp_path)


def test_a_signer_that_cannot_be_reached_is_a_storage_error(tmp_path: Path) -> None:
    """Its library is not installed, or its service does not answer."""
    with pytest.raises(StorageError):
        open_signer("awskms:key", ONLINE.public_key, tmp_path)


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    """The path, and that there is none."""
    with pytest.raises(StorageError) as refusal:
        open_signer("file2:key.pem", ONLINE.public_key, tmp_path)

    assert (refusal.value.path, refusal.value.reason) == (f"file2:{tmp_path / 'key.pem'}", "ENOENT")
    assert "rotate-key --lost" in explain(refusal.value).advice


def _pem(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def test_a_file_that_is_no_key_is_a_settings_error(tmp_path: Path) -> None:
    """Neither private nor public."""
    path = _pem(tmp_path / "key.pem", b"nothing of the kind")

    with pytest.raises(SettingsError):
        read_key(path, "ed25519")
    with pytest.raises(SettingsError):
        read_public_key(path, "ed25519")


def test_a_key_of_another_kind_is_a_settings_error(tmp_path: Path) -> None:
    """RSA is no scheme of ours, and a curve key is not of the other scheme."""
    rsa = generate_private_key(65_537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    make_key(tmp_path / "curve.pem", "ecdsa-sha2-nistp256")

    with pytest.raises(SettingsError):
        read_key(_pem(tmp_path / "rsa.pem", rsa), "ed25519")
    with pytest.raises(SettingsError):
        read_key(tmp_path / "curve.pem", "ed25519")


def test_a_public_key_is_read_from_pem(tmp_path: Path) -> None:
    """It has the keyid that its canonical form gives."""
    made = make_key(tmp_path / "key.pem", "ecdsa-sha2-nistp256")
    pem = made._crypto_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)  # noqa: SLF001  # a test asks

    assert read_public_key(_pem(tmp_path / "public.pem", pem), "ecdsa-sha2-nistp256") == made


def test_no_core_file_is_written() -> None:
    """The limit is nought once the program has begun."""
    code = "from ceremony.online.own_process import forbid_core_dumps as f"
    code += "; f(); import resource as r; print(r.getrlimit(4))"

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert resource.RLIMIT_CORE == 4
    assert found.stdout.strip() == "(0, 0)"
