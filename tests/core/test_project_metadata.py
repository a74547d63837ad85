"""What a project signs: the list of its files, as the real client reads it."""

from datetime import timedelta

from fakes.people import NOW, signature, signer
from tuf.api.metadata import Metadata, Targets

from ceremony.core.project_metadata import project_metadata

FILES = {"files/demo/demo-1.0.txt": b"demo\n", "files/demo/empty": b""}


def test_it_lists_every_file_under_the_projects_role() -> None:
    """With length and hash; what somebody else wrote does not match."""
    found = project_metadata("demo", 3, NOW + timedelta(days=9, microseconds=5), FILES)
    assert found.name == "3.project-demo.json"
    read = Metadata[Targets].from_bytes(found.encode()).signed
    assert (read.version, read.expires) == (3, NOW + timedelta(days=9))
    for path, data in FILES.items():
        read.targets[path].verify_length_and_hashes(data)


def test_the_real_client_verifies_a_signature_over_it() -> None:
    """By the key of whoever signed."""
    found = project_metadata("demo", 1, NOW, FILES)
    signed = Metadata[Targets].from_bytes(found.with_signature(signature("day", found.payload)).encode())
    signer("day").public_key.verify_signature(signed.signatures[signer("day").public_key.keyid], signed.signed_bytes)
