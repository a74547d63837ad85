"""An online key in a cloud's key service, by its URI: securesystemslib's signer and AWS' own library, as they are."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fakes.key_service import KeyService, key_service

ROOT = Path(__file__).parents[2]
# In an environment apart, which scripts/test makes: where boto3 is installed, securesystemslib loads it.
PYTHON = ROOT / ".venv-objects" / "bin" / "python"
SIGNING = """
import json, sys
from pathlib import Path
from ceremony.errors import CeremonyError
from ceremony.explain import explain
from ceremony.online.key import open_signer, read_public_key

uri, file = sys.argv[1:]
key = read_public_key(Path(file), "ecdsa-sha2-nistp256")
try:
    signature = open_signer(uri, key, Path(file).parent).sign(b"payload")
    print(json.dumps({"keyid": signature.keyid, "is_ours": signature.keyid == key.keyid}))
except CeremonyError as error:
    print(json.dumps({"error": type(error).__name__, "title": explain(error).title}))
"""


@pytest.fixture(scope="module")
def service() -> Iterator[KeyService]:
    """A key service."""
    with key_service() as found:
        yield found


def sign(
    service: KeyService, folder: Path, uri: str = "awskms:online", private: EllipticCurvePrivateKey | None = None
) -> dict[str, object]:
    """What came of a signature by the key behind `uri`, judged by the public half of `private`, else of the service."""
    pem = (private or service.private).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "online.pub").write_bytes(pem)
    own = {"PYTHONPATH": str(ROOT), "AWS_ENDPOINT_URL": f"http://127.0.0.1:{service.port}", "AWS_REGION": "us-east-1"}
    own |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "cyd", "AWS_SECRET_ACCESS_KEY": "none of ours"}
    program = [str(PYTHON), "-c", SIGNING, uri, str(folder / "online.pub")]
    ended = subprocess.run(program, env=os.environ | own, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
    told: dict[str, object] = json.loads(ended.stdout)
    return told


def test_a_key_in_a_key_service_signs(service: KeyService, tmp_path: Path) -> None:
    """And its signature verifies, by the public half that somebody named."""
    assert sign(service, tmp_path)["is_ours"] is True


@pytest.mark.parametrize("refusal", ["AccessDeniedException", "DisabledException", "KMSInvalidStateException"])
def test_a_key_service_that_refuses_is_told_with_what_to_do(
    service: KeyService, tmp_path: Path, refusal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its reason."""
    monkeypatch.setattr(service, "refusal", refusal)

    assert sign(service, tmp_path) == {"error": "StorageError", "title": "The online key does not answer"}


def test_a_key_that_the_service_does_not_have_is_told(service: KeyService, tmp_path: Path) -> None:
    """By the same words."""
    assert sign(service, tmp_path, "awskms:another")["error"] == "StorageError"


def test_a_signature_by_another_key_of_the_service_is_never_used(service: KeyService, tmp_path: Path) -> None:
    """It is verified by what keyholders signed, and by nothing that the service says."""
    assert sign(service, tmp_path, private=generate_private_key(SECP256R1()))["error"] == "TamperedError"
