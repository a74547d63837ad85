"""`ceremony project`: a developer claims paths with a key, and claims are joined to a batch."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from fakes.plain_desk import Ended, desk_with, run, typed
from fakes.projects import project
from fakes.yubikey_bench import YubikeyBench
from tuf.api.metadata import Metadata, Targets

from ceremony.core.keys import key_of
from ceremony.core.projects import Project, decode_claims, encode_claims
from hsm import Pin, Scheme
from hsm.software_device import SoftwareDevice, list_devices

REPOSITORY = "packages.example.org"
CLAIM = ("project", "claim", "--repository", REPOSITORY, "--project", "demo", "--path", "files/demo/*")
PIN = "246824"
PASSPHRASE = "seven small words"  # it guards nothing


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """A folder with one software device."""
    folder = tmp_path / "devices"
    folder.mkdir()
    SoftwareDevice.create(folder, "dev-1", "day", Pin(PIN))
    return folder


def claimed(name: str = "claim.json") -> Project:
    """The one project of the claim in this file."""
    repository, (found,) = decode_claims(Path(name).read_bytes(), name)
    assert repository == REPOSITORY
    return found


def claim(devices: Path, *options: str, lines: tuple[str, ...] = (PIN,)) -> Ended:
    """How a claim with a device of this folder ended."""
    return run(typed(*lines), *CLAIM, "--devices", devices, "--out", "claim.json", *options)


def _device(devices: Path) -> SoftwareDevice:
    (found,) = list_devices(devices)
    return found


def batch(*files: str | Path) -> Ended:
    """How joining these ended."""
    return run(desk_with(), "project", "batch", *files)


# ---- claims


def test_a_device_makes_a_key_and_proves_it(devices: Path) -> None:
    """What comes out is a batch of one, with nothing secret in it; the device keeps its key under the role's name."""
    ended = claim(devices)
    assert ended.status == 0, ended.err
    found = claimed()
    assert (found.name, found.paths, found.threshold, len(found.keys)) == ("demo", ("files/demo/*",), 1, 1)
    (key,) = _device(devices).keys()
    assert key.label == "project-demo"
    assert PIN not in Path("claim.json").read_text("utf-8") + ended.out
    assert batch("claim.json").status == 0


def test_the_key_that_is_there_is_taken(devices: Path) -> None:
    """Claiming again makes no other key; more paths are said at once."""
    claim(devices, "--scheme", "ed25519")
    first = claimed()
    Path("claim.json").unlink()
    assert claim(devices, "--path", "docs/demo/*", "--threshold", "2").status == 0
    assert claimed().keys[0].keyid == first.keys[0].keyid
    assert claimed().keys[0].fields["scheme"] == Scheme.ED25519.value
    assert (claimed().paths, claimed().threshold) == (("files/demo/*", "docs/demo/*"), 2)


def test_a_key_of_another_name_can_be_named(devices: Path) -> None:
    """One key may sign for several projects."""
    with _device(devices).unlock(Pin(PIN)) as unlocked:
        unlocked.generate("mine", Scheme.P256)
    assert claim(devices, "--key", "mine", "--serial", "dev-1").status == 0
    assert len(_device(devices).keys()) == 1


def test_a_wrong_pin_is_asked_again(devices: Path) -> None:
    """And an empty line stops; nothing was made."""
    assert claim(devices, lines=("111111", PIN)).status == 0
    Path("claim.json").unlink()
    assert claim(devices, lines=("",)).status == 5
    assert not Path("claim.json").exists()


def test_a_claim_is_named_after_project_and_key_and_never_written_over(devices: Path) -> None:
    """Two developers of one project make two files."""
    assert run(typed(PIN), *CLAIM, "--devices", devices).status == 0
    (file,) = Path().glob("project-demo-*.json")
    assert claimed(str(file)).keys[0].keyid.startswith(file.stem.removeprefix("project-demo-"))
    assert run(typed(PIN), *CLAIM, "--devices", devices).status == 7


def test_without_a_device_or_a_terminal_nothing_is_claimed(tmp_path: Path, devices: Path) -> None:
    """Each is told by a status of its own."""
    assert run(typed(PIN), *CLAIM, "--devices", tmp_path / "none").status == 60
    assert run(desk_with(), *CLAIM, "--devices", devices).status == 9


@pytest.mark.parametrize(
    "options",
    [
        ("--project", "Demo"),
        ("--repository", "a b"),
        ("--path", "../demo"),
        ("--threshold", "0"),
        ("--scheme", "rsa"),
        ("--key-file", "key.pem"),
    ],
)
def test_options_that_mean_nothing_are_refused(devices: Path, options: tuple[str, str]) -> None:
    """Before any device is asked."""
    assert claim(devices, *options, lines=()).status == 2


def test_paths_that_no_ceremony_would_take_are_refused(devices: Path) -> None:
    """Now, while its developer is there."""
    ended = claim(devices, "--path", "demo-*")
    assert ended.status == 3
    assert "PROJECT-REACHED" in ended.err
    assert not Path("claim.json").exists()


def test_a_yubikey_makes_the_key_in_its_first_empty_slot(yubikeys: YubikeyBench) -> None:
    """What is in other slots stays; nobody has to name one."""
    del yubikeys  # they lie on the table, and are looked for there
    options = ("--serial", "101", "--out", "claim.json")
    ended = run(typed("123456"), *CLAIM, *options)
    assert ended.status == 0, ended.err
    assert "Its codes are its maker's" in ended.out
    Path("claim.json").rename("first.json")
    again = run(typed("123456"), *CLAIM, *options, "--key", "another")
    assert again.status == 0, again.err
    assert claimed().keys[0].keyid != claimed("first.json").keys[0].keyid


# ---- keys in files


def key_file(
    private: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | x25519.X25519PrivateKey,
    under: KeySerializationEncryption | None = None,
) -> Path:
    """A private key in a file, under the passphrase."""
    sealed = under or BestAvailableEncryption(PASSPHRASE.encode())
    Path("key.pem").write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed))
    return Path("key.pem")


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), None])
def test_an_encrypted_key_file_is_opened_by_its_passphrase(curve: ec.EllipticCurve | None) -> None:
    """Which is asked for out of sight."""
    private = ed25519.Ed25519PrivateKey.generate() if curve is None else ec.generate_private_key(curve)
    ended = run(typed(PASSPHRASE), *CLAIM, "--key-file", key_file(private), "--out", "claim.json")
    assert ended.status == 0, ended.err
    assert PASSPHRASE not in ended.out
    assert batch("claim.json").status == 0


@pytest.mark.parametrize("wrong", ["passphrase", "plain", "kind", "nothing", "absent"])
def test_a_key_file_that_cannot_be_opened_is_refused(wrong: str) -> None:
    """Another passphrase, none at all, a key that signs nothing, no key."""
    private = ed25519.Ed25519PrivateKey.generate()
    file = key_file(private, NoEncryption() if wrong == "plain" else None)
    if wrong == "kind":
        file = key_file(x25519.X25519PrivateKey.generate())
    if wrong == "nothing":
        file.write_bytes(b"none")
    if wrong == "absent":
        file.unlink()
    typing = "other words" if wrong == "passphrase" else PASSPHRASE
    ended = run(typed(typing), *CLAIM, "--key-file", file)
    assert ended.status == (7 if wrong == "absent" else 4)
    assert typing not in ended.err
    assert [*Path().glob("project-*")] == []


def test_no_passphrase_stops() -> None:
    """Enter is no answer."""
    assert run(typed(""), *CLAIM, "--key-file", key_file(ed25519.Ed25519PrivateKey.generate())).status == 5


# ---- batches


def written(name: str, *projects: Project, repository: str = REPOSITORY) -> Path:
    """A file of claims."""
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_bytes(encode_claims(repository, projects))
    return Path(name)


def test_claims_become_a_batch_that_tells_what_is_in_it() -> None:
    """Grouped by how they sign; keys of several projects are pointed out."""
    files = [written(f"claims/{name}.json", project(name, "day")) for name in ("alpha", "beta")]
    files += [written(f"claims/{who}.json", project("demo", who, threshold=2)) for who in ("eon", "fog")]
    ended = batch("claims")
    assert ended.status == 0, ended.err
    told = " ".join(ended.out.split())
    assert "- 2 projects with 1 of 1 (ecdsa-sha2-nistp256); each gets files/<its name>/*: alpha, beta. - 1" in told
    assert "! One key signs for alpha and beta: whoever steals it signs for all of them." in told
    assert "Written to claims.json: 3 projects of packages.example.org, 4 keys, every proof verified." in told
    first = Path("claims.json").read_bytes()
    Path("claims.json").unlink()
    assert batch(*reversed(files)).status == 0
    assert Path("claims.json").read_bytes() == first


def test_a_batch_points_out_paths_that_nobody_expects() -> None:
    """Another folder than that of the project's name."""
    evil = project("evil", paths=("packages/*",))
    told = " ".join(batch(written("one.json", evil, project("fair"))).out.split())
    assert "! 1 project with 1 of 1 (ecdsa-sha2-nistp256); it gets packages/*, and not the one folder" in told


def test_a_batch_tells_the_first_words_of_each_key(devices: Path) -> None:
    """The very words that the claim asked its developer to tell."""
    said = claim(devices).out.split("in person: ")[1].split()[:4]
    told = " ".join(batch("claim.json").out.split())
    assert f"by telephone or in person: demo: {' '.join(said)} Written to" in told


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (project("demo", "day", threshold=2), "PROJECT-KEYS"),
        (project("demo", paths=("files/alpha/*",)), "PROJECT-APART"),
        (project("demo", repository="other.example.org"), "PROJECT-PROOF"),
        (project("alpha", "day", threshold=2), "CLAIMS-AGREE"),
    ],
)
def test_a_batch_with_a_wrong_claim_is_refused_with_its_name(wrong: Project, rule: str) -> None:
    """And not written."""
    ended = batch(written("one.json", project("alpha")), written("two.json", wrong))
    assert ended.status == 3
    assert rule in ended.err
    assert wrong.name in ended.err
    assert not Path("claims.json").exists()


def test_claims_for_two_repositories_are_refused() -> None:
    """Each has a ceremony of its own."""
    elsewhere = "other.example.org"
    other = written("two.json", project("beta", repository=elsewhere), repository=elsewhere)
    ended = batch(written("one.json", project("alpha")), other)
    assert (ended.status, "CLAIMS-TOGETHER" in ended.err) == (3, True)


def test_a_batch_is_never_written_over() -> None:
    """What is there stays."""
    file = written("one.json", project("alpha"))
    Path("claims.json").write_bytes(b"mine")
    assert batch(file).status == 7
    assert run(desk_with(), "project", "batch", file, "--out", "other.json").status == 0


@pytest.mark.parametrize("arguments", [(), ("absent.json",)])
def test_a_batch_of_nothing_is_none(arguments: tuple[str, ...]) -> None:
    """There have to be claims."""
    assert batch(*arguments).status == 2


# ---- what a project publishes


def signed(*options: str | Path, lines: tuple[str, ...] = (PIN,)) -> Ended:
    """How signing the list of demo's files ended."""
    return run(typed(*lines), "project", "sign", "--project", "demo", "--as", "files/demo/", *options)


def test_a_developer_signs_the_list_of_files_and_another_signs_it_too(devices: Path) -> None:
    """With the keys that they claimed; the list says what the files are."""
    claim(devices)
    Path("demo-1.0.txt").write_bytes(b"demo\n")
    ended = signed("--devices", devices, "--version", "3", "--days", "9", "demo-1.0.txt")
    assert ended.status == 0, ended.err
    assert "project-demo, version 3, with 1 signature." in ended.out
    file = key_file(ed25519.Ed25519PrivateKey.generate())
    ended = signed("--key-file", file, "--onto", "project-demo.json", "--out", "both.json", lines=(PASSPHRASE,))
    assert ended.status == 0, ended.err
    read = Metadata[Targets].from_bytes(Path("both.json").read_bytes())
    assert (len(read.signatures), read.signed.version) == (2, 3)
    read.signed.targets["files/demo/demo-1.0.txt"].verify_length_and_hashes(b"demo\n")
    (key,) = claimed().keys
    key_of(key.fields).verify_signature(read.signatures[key.keyid], read.signed_bytes)


def test_a_key_that_is_not_there_is_not_made(devices: Path) -> None:
    """What it signed would count nowhere."""
    Path("demo-1.0.txt").write_bytes(b"demo\n")
    assert signed("--devices", devices, "demo-1.0.txt").status == 65
    assert _device(devices).keys() == ()
    assert not Path("project-demo.json").exists()


@pytest.mark.parametrize(
    "options",
    [(), ("--onto", "a.txt", "a.txt"), ("--key-file", "a.txt", "--key", "x", "a.txt"), ("--project", "Demo", "a.txt")],
)
def test_a_list_of_nothing_or_of_two_things_is_not_signed(options: tuple[str, ...]) -> None:
    """Nothing is guessed."""
    Path("a.txt").write_bytes(b"a")
    assert signed(*options).status == 2


def test_a_path_that_no_repository_takes_is_refused(devices: Path) -> None:
    """Before any device is asked; and so is a list that is none."""
    Path("a?.txt").write_bytes(b"a")
    ended = signed("--devices", devices, "a?.txt", lines=())
    assert (ended.status, "PATH-URL" in ended.err) == (3, True)
    assert signed("--devices", devices, "--onto", "a?.txt", lines=()).status == 4
