"""Where the online key lies by its URI: a file, a credential of systemd's, a device with its PIN."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner
from fakes.softhsm import softhsm
from securesystemslib.signer import SSlibKey

from ceremony.errors import RefusedError, SettingsError, StorageError
from ceremony.explain import explain
from ceremony.online import device_key
from ceremony.online.key import make_key, open_signer
from ceremony.online.key_place import read_pin
from hsm.device import Pin, Scheme
from hsm.discovery import Sources, find_devices
from hsm.signer import public_key_of

PIN = "271828"


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What systemd gives to a service."""
    folder = tmp_path / "credentials"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    return folder


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600])
def test_a_credential_signs_like_a_file(credentials: Path, tmp_path: Path, mode: int) -> None:
    """Systemd's access list shows as rights of the group."""
    key = make_key(credentials / "online-key", "ed25519")
    (credentials / "online-key").chmod(mode)

    signer = open_signer("credential:online-key", key, tmp_path)

    key.verify_signature(signer.sign(b"payload"), b"payload")


@pytest.mark.parametrize("mode", [0o444, 0o404, 0o460, 0o660])
def test_a_credential_that_others_can_read_or_change_is_none(credentials: Path, tmp_path: Path, mode: int) -> None:
    """No service manager makes such a file."""
    key = make_key(credentials / "online-key", "ed25519")
    (credentials / "online-key").chmod(mode)

    with pytest.raises(RefusedError) as refusal:
        open_signer("credential:online-key", key, tmp_path)

    assert refusal.value.rule == "KEY-FILE-PRIVATE"


@pytest.mark.parametrize("name", ["", "../online-key.pem", "/etc/passwd", ".hidden", "a/b", "x" * 64])
def test_a_credential_is_named_and_nothing_else(credentials: Path, tmp_path: Path, name: str) -> None:
    """No way leads out of its folder."""
    key = make_key(tmp_path / "online-key.pem", "ed25519")

    with pytest.raises(SettingsError):
        open_signer(f"credential:{name}", key, tmp_path)
    assert credentials.exists()


def test_outside_a_service_there_are_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what is missing."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    key = make_key(tmp_path / "online-key.pem", "ed25519")

    with pytest.raises(SettingsError) as refusal:
        open_signer("credential:online-key", key, tmp_path)

    assert "CREDENTIALS_DIRECTORY" in refusal.value.problems[0].found


def _pin_file(folder: Path, text: bytes, mode: int = 0o600) -> None:
    (folder / "online-key-pin").write_bytes(text)
    (folder / "online-key-pin").chmod(mode)


def test_a_pin_comes_from_a_credential_or_a_file(credentials: Path, tmp_path: Path) -> None:
    """The credential first; one line, its end left off."""
    _pin_file(tmp_path, b"1111\n")
    assert read_pin(tmp_path) == "1111"
    _pin_file(credentials, b"2222\r\n", 0o440)
    assert read_pin(tmp_path) == "2222"


@pytest.mark.parametrize("text", [b"", b"\n", b"1111\n2222\n", b"\xc3\xa9", b"11\x0011", b"1" * 300])
def test_what_is_no_pin_is_refused_and_not_repeated(tmp_path: Path, text: bytes) -> None:
    """Nothing of it in what is said."""
    _pin_file(tmp_path, text)

    with pytest.raises(SettingsError) as refusal:
        read_pin(tmp_path)

    assert "1111" not in str(refusal.value)


def test_a_pin_that_is_nowhere_is_asked_for_by_its_places(tmp_path: Path) -> None:
    """Who reads it knows which file to write."""
    with pytest.raises(SettingsError) as refusal:
        read_pin(tmp_path)

    assert refusal.value.file == str(tmp_path / "online-key-pin")
    assert "credential" in refusal.value.problems[0].wanted


def test_a_pin_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """Like the file of a key."""
    _pin_file(tmp_path, b"1111", 0o640)

    with pytest.raises(RefusedError) as refusal:
        read_pin(tmp_path)

    assert refusal.value.rule == "KEY-FILE-PRIVATE"
    assert "1111" not in str(refusal.value)


@pytest.fixture
def device(tmp_path: Path) -> Iterator[tuple[str, SSlibKey]]:
    """The URI and the public half of a key inside a device, whose PIN lies in the home."""
    with softhsm(tmp_path / "softhsm", {"online": PIN, "other": PIN}) as module:
        found = find_devices(Sources((module,))).devices
        (mine,) = [each for each in found if each.info.label == "online"]
        with mine.unlock(Pin(PIN)) as unlocked:
            key = unlocked.generate("online", Scheme.P256)
        _pin_file(tmp_path, PIN.encode())
        yield f"pkcs11:token=online;object=online?module-path={module}", public_key_of(key)


def test_a_device_signs_again_and_again(device: tuple[str, SSlibKey], tmp_path: Path) -> None:
    """Unlocked once; what lies in a buffer that changes is signed as it was."""
    uri, key = device
    signer = open_signer(uri, key, tmp_path)

    for number in range(3):
        payload = bytearray(b"payload %d" % number)
        signature = signer.sign_unchecked(payload)
        key.verify_signature(signature, bytes(payload))


def test_a_signer_with_a_device_publishes(device: tuple[str, SSlibKey], signer: OnlineSigner, tmp_path: Path) -> None:
    """Each of its signatures differs, and each is verified before it is published."""
    uri, key = device
    found = open_signer(uri, key, tmp_path)

    assert found.sign(b"payload") != found.sign(b"payload")
    assert found.sig_hex_length is None
    assert signer.key.keyid != key.keyid


def test_a_wrong_pin_is_tried_once_and_never_again(device: tuple[str, SSlibKey], tmp_path: Path) -> None:
    """A service that starts itself again would block its own device: the exit status says that a person has to look."""
    uri, key = device
    _pin_file(tmp_path, b"999999")

    with pytest.raises(SettingsError) as refusal:
        open_signer(uri, key, tmp_path)

    assert refusal.value.problems[0].field == "online-key-pin"
    assert "999999" not in str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("token=online", "token=missing", StorageError),
        ("token=online;", "", StorageError),
        ("object=online", "object=missing", SettingsError),
        ("?module-path=", "?module-name=", SettingsError),
        ("object=online", "object=online;pin-value=271828", SettingsError),
        ("softhsm2.so", "missing.so", StorageError),
    ],
    ids=["token", "two-tokens", "key", "no-module", "pin", "module"],
)
def test_a_uri_that_names_no_key_of_ours_is_refused(
    device: tuple[str, SSlibKey], tmp_path: Path, old: str, new: str, error: type[Exception]
) -> None:
    """Told apart, and no PIN that somebody wrote into it is repeated."""
    uri, key = device

    with pytest.raises(error) as refusal:
        open_signer(uri.replace(old, new), key, tmp_path)

    assert PIN not in str(refusal.value)


def test_a_signer_without_pkcs11_says_what_to_install(
    device: tuple[str, SSlibKey], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signer's own environment has none of itself."""
    monkeypatch.setattr(device_key, "find_spec", lambda _name: None)

    with pytest.raises(StorageError) as refusal:
        open_signer(device[0], device[1], tmp_path)

    assert "python-pkcs11" in explain(refusal.value).advice


def test_another_key_of_the_same_device_is_not_taken_for_ours(device: tuple[str, SSlibKey], tmp_path: Path) -> None:
    """The public half that keyholders signed decides."""
    uri, _ = device
    other = make_key(tmp_path / "other.pem", "ecdsa-sha2-nistp256")

    with pytest.raises(SettingsError):
        open_signer(uri, other, tmp_path)
