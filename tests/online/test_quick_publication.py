"""The quick way with each kind of key: where signatures have one length, the disk takes what they are over first."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner
from fakes.release import NOW
from securesystemslib.signer import Signature

from ceremony.core.metadata_file import decode_metadata_file
from ceremony.errors import TamperedError
from ceremony.online import quick_publication
from ceremony.online.changes_alone import ChangesAlone
from ceremony.online.key import SCHEMES, CheckedSigner, make_key, open_signer
from ceremony.online.keyring import Signers
from ceremony.online.publisher import Publisher

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass(frozen=True)
class _OneKey:
    """Every publication is signed by this one, whatever the keyholders said."""

    signer: CheckedSigner

    def signers(self, _publication: int) -> Signers:
        return Signers(self.signer)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("few", [0, 8])
def test_every_file_is_whole_and_signed(
    signer: OnlineSigner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, few: int
) -> None:
    """Few bins or many; and the timestamp knows the snapshot's bytes."""
    monkeypatch.setattr(quick_publication, "FEW", few)
    key = _key(tmp_path, scheme)
    before = {*signer.shelved()}
    _publish(signer, key)

    files = {name: decode_metadata_file(data, "any", name) for name, data in signer.shelved().items()}
    signed = {name for name, file in files.items() if name not in before and key.has_signed(file)}
    data = signer.shelved()["3.snapshot.json"]
    assert {"timestamp.json", "3.snapshot.json"} < signed
    assert [name for name in signed if "bin-" in name]
    meta = b'"snapshot.json":{"hashes":{"sha256":"%s"},"length":%d,"version":3}'
    assert meta % (sha256(data).hexdigest().encode(), len(data)) in files["timestamp.json"].payload


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "change", [lambda found: found[:-2], lambda found: f"{int(found[0], 16) ^ 1:x}{found[1:]}", lambda _found: ""]
)
def test_nothing_has_its_name_when_the_snapshot_s_signature_is_wrong(
    signer: OnlineSigner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, change: Callable[[str], str]
) -> None:
    """Shorter, another, or none: clients see what they saw before."""
    key = _key(tmp_path, scheme)
    publisher = _publish(signer, key)
    before = _named(signer)
    honest = key.sign_unchecked

    def sign(payload: bytes | bytearray) -> Signature:
        found = honest(payload)
        return Signature(found.keyid, change(found.signature)) if isinstance(payload, bytearray) else found

    signer.ask("another", b"content")
    with monkeypatch.context() as patched:
        patched.setattr(key, "sign_unchecked", sign)
        with pytest.raises(TamperedError):
            publisher.publish(NOW)

    assert _named(signer) == before
    publisher.publish(NOW)
    assert "another" in signer.targets()


def _key(folder: Path, scheme: str) -> CheckedSigner:
    return open_signer("file2:key.pem", make_key(folder / "key.pem", scheme), folder)


def _publish(signer: OnlineSigner, key: CheckedSigner) -> Publisher:
    """A publisher that has made the signer's second publication of changes, the quick way."""
    signer.deliver()
    signer.ask("first", b"content")
    signer.publisher.publish(NOW)
    publisher = replace(signer.publisher, keys=_OneKey(key))
    signer.ask("demo", b"content")
    assert isinstance(publisher.changes, ChangesAlone)
    assert publisher.changes.are_all(NOW)
    publisher.publish(NOW)
    return publisher


def _named(signer: OnlineSigner) -> dict[str, bytes]:
    return {name: data for name, data in signer.shelved().items() if not name.startswith(".")}
