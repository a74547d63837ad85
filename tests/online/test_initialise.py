"""The beginning of a signer, and doing it twice."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ceremony.core.online_key import decode_online_key
from ceremony.errors import RefusedError, SettingsError, TamperedError
from ceremony.online.home import Home
from ceremony.online.initialise import Wish, initialise
from ceremony.online.key import make_key
from ceremony.online.store import open_store

WISH = Wish("packages.example.org", "ed25519", is_rehearsal=False)


def test_a_signer_has_a_key_a_database_and_a_key_file(tmp_path: Path) -> None:
    """The key file proves possession for the repository."""
    home = Home(tmp_path / "a" / "home")

    file = initialise(home, WISH)

    assert decode_online_key(home.key_file.read_bytes(), "online-key.json") == file
    assert home.private_key.stat().st_mode & 0o777 == 0o600
    assert home.folder.stat().st_mode & 0o777 == 0o711


def test_doing_it_twice_is_harmless(tmp_path: Path) -> None:
    """The same key; a key file that was lost is there again."""
    home = Home(tmp_path / "home")
    first = initialise(home, WISH)
    home.key_file.unlink()

    assert initialise(home, WISH) == first
    assert home.key_file.exists()


def test_a_key_that_a_crash_left_is_taken(tmp_path: Path) -> None:
    """It is never written over."""
    home = Home(tmp_path / "home")
    home.folder.mkdir()
    key = make_key(home.private_key, "ed25519")
    (home.folder / ".signer.db.new").write_bytes(b"half")

    assert initialise(home, WISH).key.keyid() == key.keyid


@pytest.mark.parametrize(
    "wish",
    [
        Wish("other.example.org", "ed25519", is_rehearsal=False),
        Wish("packages.example.org", "ed25519", is_rehearsal=True),
        Wish("packages.example.org", "ed25519", is_rehearsal=False, key_uri="awskms:1", public_key=Path("x")),
    ],
)
def test_a_signer_does_not_become_another(tmp_path: Path, wish: Wish) -> None:
    """Another repository, a rehearsal, or another key needs a home of its own."""
    home = Home(tmp_path / "home")
    initialise(home, WISH)

    with pytest.raises(RefusedError) as refusal:
        initialise(home, wish)

    assert refusal.value.rule == "SIGNER-UNCHANGED"


def _public(path: Path, folder: Path) -> Path:
    key = make_key(path, "ecdsa-sha2-nistp256")
    public = folder / "public.pem"
    crypto = key._crypto_key()  # noqa: SLF001  # a test wants the PEM
    public.write_bytes(crypto.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return public


def test_a_key_that_exists_is_pointed_to(tmp_path: Path) -> None:
    """The URI is remembered, and no key is made."""
    public = _public(tmp_path / "key.pem", tmp_path)
    home = Home(tmp_path / "home")
    uri = f"file2:{tmp_path / 'key.pem'}"

    initialise(
        home, Wish("packages.example.org", "ecdsa-sha2-nistp256", is_rehearsal=False, key_uri=uri, public_key=public)
    )

    store = open_store(home.database)
    assert store.identity().key_uri == uri
    assert not home.private_key.exists()
    store.close()


def test_a_uri_whose_key_is_another_is_refused(tmp_path: Path) -> None:
    """Its signature does not verify with the public half, and nothing is left behind."""
    public = _public(tmp_path / "key.pem", tmp_path)
    make_key(tmp_path / "other.pem", "ecdsa-sha2-nistp256")
    home = Home(tmp_path / "home")
    uri = f"file2:{tmp_path / 'other.pem'}"

    with pytest.raises(TamperedError):
        initialise(
            home,
            Wish("packages.example.org", "ecdsa-sha2-nistp256", is_rehearsal=False, key_uri=uri, public_key=public),
        )

    assert not home.database.exists()


def test_a_key_of_another_scheme_is_refused(tmp_path: Path) -> None:
    """What a crash left was made with another --scheme."""
    home = Home(tmp_path / "home")
    home.folder.mkdir()
    make_key(home.private_key, "ecdsa-sha2-nistp256")

    with pytest.raises(SettingsError):
        initialise(home, WISH)
