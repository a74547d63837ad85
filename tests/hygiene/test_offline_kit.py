"""The kit for a laptop without a network: what may go into it, and what its installer refuses."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.checkout import ROOT, Checkout

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def make_kit(folder: Path) -> Path:
    """A kit with nothing to install but what environments have by themselves."""
    (folder / "wheels").mkdir(parents=True)
    (folder / "attestation").mkdir()
    (folder / "attestation" / "maker.pem").write_text("a certificate", "utf-8")
    (folder / "requirements.txt").write_text("# nothing\n", "utf-8")
    installer = (ROOT / "scripts" / "offline-install").read_text("utf-8").replace("@PYTHON@", PYTHON)
    (folder / "install").write_text(installer, "utf-8")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  ./{path.relative_to(folder)}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines), "utf-8")
    return folder


def install(kit: Path, target: Path, answer: str = "Yes\n") -> subprocess.CompletedProcess[str]:
    """What came of installing the kit, when the person answers so to the question about its digest."""
    return subprocess.run(
        ["bash", kit / "install", target], input=answer, capture_output=True, text=True, check=False, timeout=120
    )


def test_an_untouched_kit_is_installed_with_the_makers_certificates(tmp_path: Path) -> None:
    """The installer shows the digest of the list, makes the environment, and says where the certificates are."""
    kit, target = make_kit(tmp_path / "kit"), tmp_path / "a laptop"
    ended = install(kit, target)
    assert ended.returncode == 0, ended.stderr
    assert hashlib.sha256((kit / "SHA256SUMS").read_bytes()).hexdigest() in ended.stdout
    assert f"certificates are in {target}/attestation" in ended.stdout
    assert (target / "attestation" / "maker.pem").read_text("utf-8") == "a certificate"
    assert (target / "bin" / "python").exists()


@pytest.mark.parametrize("answer", ["\n", "yes\n", "No\n", ""])
def test_only_a_whole_yes_installs(tmp_path: Path, answer: str) -> None:
    """Whoever does not type Yes has nothing installed."""
    ended = install(make_kit(tmp_path / "kit"), tmp_path / "laptop", answer)
    assert (ended.returncode, (tmp_path / "laptop").exists()) == (1, False)


@pytest.mark.parametrize("name", ["requirements.txt", "attestation/maker.pem"])
def test_a_changed_file_is_refused(tmp_path: Path, name: str) -> None:
    """A file that is not the one that was packed ends the installation before anything is asked."""
    kit = make_kit(tmp_path / "kit")
    (kit / name).write_text("something else", "utf-8")
    ended = install(kit, tmp_path / "laptop")
    assert (ended.returncode, (tmp_path / "laptop").exists()) == (1, False)
    assert "damaged or was changed" in ended.stderr


def test_a_file_more_is_refused(tmp_path: Path) -> None:
    """What the list does not name is not in a kit, a link neither."""
    for odd in ("wheels/more.whl", "attestation/link.pem"):
        kit = make_kit(tmp_path / "kit")
        (kit / odd).symlink_to("/dev/null")
        ended = install(kit, tmp_path / "laptop")
        assert (ended.returncode, (tmp_path / "laptop").exists()) == (1, False)
        assert "other files than its list says" in ended.stderr
        shutil.rmtree(kit)


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    """The installer writes to a new folder only."""
    ended = install(make_kit(tmp_path / "kit"), tmp_path)
    assert ended.returncode == 1
    assert "is there already" in ended.stderr


def odd_folder(folder: Path, oddity: str) -> Path:
    """A folder that somebody could name by mistake as that of the makers' certificates."""
    folder.mkdir()
    match oddity:
        case "a private key":
            (folder / "key.pem").write_text("-----BEGIN PRIVATE KEY-----\n", "utf-8")
        case "a folder in it":
            (folder / "more.pem").mkdir()
        case "a link in it":
            (folder / "link.pem").symlink_to("/etc/hostname")
        case "another file":
            (folder / "notes.odt").write_text("notes", "utf-8")
        case "no certificate":
            (folder / "note.txt").write_text("to be filled", "utf-8")
        case "half a certificate":
            (folder / "half.pem").write_text("-----BEGIN CERTIFICATE-----\nMIIB\n", "utf-8")
        case _:
            shutil.rmtree(folder)
    return folder


@pytest.mark.parametrize(
    ("oddity", "words"),
    [
        ("a private key", "key.pem is no"),
        ("a folder in it", "more.pem is no"),
        ("a link in it", "link.pem is no"),
        ("another file", "notes.odt is no"),
        ("no certificate", "There is no certificate in the folder."),
        ("half a certificate", "This cannot be used: the file 'half.pem'"),
        ("no folder", "is no folder."),
    ],
)
def test_no_kit_is_made_with_a_folder_that_holds_something_else(tmp_path: Path, oddity: str, words: str) -> None:
    """Only certificates that the program can read go into a kit; otherwise there is none."""
    folder = odd_folder(tmp_path / "certificates", oddity)
    ended = Checkout.make(tmp_path / "checkout").run(
        "scripts/offline-kit", str(tmp_path / "kit"), "--attestation", str(folder)
    )
    assert (ended.returncode, (tmp_path / "kit").exists()) == (1, False)
    assert words in ended.stderr
    assert "Fetching" not in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("What to do now:")
