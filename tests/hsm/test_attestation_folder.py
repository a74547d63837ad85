"""The folder of attestation certificates: whatever an operator puts there is read, or refused with its name."""

import os
from pathlib import Path

import pytest
from fakes.attestation_authority import Family, new_family, pem, yubihsm_family

from hsm import attestation_folder
from hsm.attestation import attest, read_certificates
from hsm.attestation_folder import LARGEST_FILE_BYTES
from hsm.errors import AttestationRefusedError

FAMILY: Family = new_family()
FIRST, SECOND, THIRD = FAMILY.authorities
OTHERS = yubihsm_family().authorities


def refusal(folder: Path) -> str:
    """Why the folder is refused."""
    with pytest.raises(AttestationRefusedError) as refused:
        read_certificates(folder)
    assert refused.value.serial == ""
    assert refused.value.what.isprintable()
    return refused.value.what


def test_certificates_are_read_as_yubico_publishes_them(tmp_path: Path) -> None:
    """Several in a text with an explanation, several in a PEM, one alone in DER."""
    (tmp_path / "ca-certs.txt").write_bytes(
        b"Device CA\n=========\nRead this.\n\n" + pem(FIRST) + b"\nMore.\n" + pem(SECOND)
    )
    (tmp_path / "intermediate.pem").write_bytes(pem(THIRD, *OTHERS))
    (tmp_path / "z.DER").write_bytes(FAMILY.device.certificate)
    assert read_certificates(tmp_path) == (FIRST, SECOND, THIRD, *OTHERS, FAMILY.device.certificate)


@pytest.mark.parametrize("name", ["a.pem", "a.crt", "a.cer", "a.der", "a.txt", "A.PEM"])
@pytest.mark.parametrize("content", [FIRST, pem(FIRST), pem(FIRST).replace(b"\n", b"\r\n")], ids=["der", "pem", "crlf"])
def test_the_name_does_not_say_how_it_is_written(tmp_path: Path, name: str, content: bytes) -> None:
    """A .cer may be a text, and a .pem may be none."""
    (tmp_path / name).write_bytes(content)
    assert read_certificates(tmp_path) == (FIRST,)


def test_what_is_read_is_what_attests(tmp_path: Path) -> None:
    """A folder and a device make a chain."""
    (tmp_path / "all.pem").write_bytes(pem(*FAMILY.authorities))
    assert attest("1", FAMILY.gives(), read_certificates(tmp_path)).root


def test_each_certificate_comes_once(tmp_path: Path) -> None:
    """However many files hold it."""
    (tmp_path / "a.pem").write_bytes(pem(FIRST, SECOND, FIRST))
    (tmp_path / "b.der").write_bytes(SECOND)
    assert read_certificates(tmp_path) == (FIRST, SECOND)


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    """Signatures, notes, hidden files, folders: nobody asks them."""
    (tmp_path / "ca.pem").write_bytes(pem(FIRST))
    (tmp_path / "ca.pem.sig").write_bytes(b"\x88")
    (tmp_path / "README.txt").write_text("Put the certificates here.")
    (tmp_path / "._ca.pem").write_bytes(b"\x00")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "ca.pem").write_bytes(pem(SECOND))
    assert read_certificates(tmp_path) == (FIRST,)


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    """And is no mistake."""
    assert read_certificates(tmp_path) == ()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no certificate in it"),
        (b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", "no certificate in it"),
        (pem(FIRST)[:-30], "cut off"),
        (pem(FIRST).replace(b"M", b"%", 1), "cut off"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n" + pem(FIRST), "cut off"),
        (pem(FIRST).replace(b"MII", b"M=I", 1), "not written as PEM"),
        (pem(FIRST, FIRST[:-1]), "certificate 2 in it cannot be read"),
        (FIRST + SECOND, "certificate 1 in it cannot be read"),
        (b"0" * (LARGEST_FILE_BYTES + 1), "more than"),
    ],
)
def test_a_file_that_is_not_whole_is_refused_with_its_name(tmp_path: Path, content: bytes, why: str) -> None:
    """The operator learns which file it is, before a ceremony stops for want of it."""
    (tmp_path / "good.pem").write_bytes(pem(FIRST))
    (tmp_path / "ca.pem").write_bytes(content)
    what = refusal(tmp_path)
    assert what.startswith("the file 'ca.pem' of attestation certificates: ")
    assert why in what


def test_a_note_must_be_whole_too(tmp_path: Path) -> None:
    """A text without certificates is a note; one with half a certificate is not."""
    (tmp_path / "a.txt").write_bytes(pem(FIRST)[:100])
    assert "cut off" in refusal(tmp_path)


def test_links_and_special_files_are_refused(tmp_path: Path) -> None:
    """What is read is what lies in the folder."""
    (tmp_path / "outside").write_bytes(pem(FIRST))
    made = {
        "link.pem": lambda path: path.symlink_to(tmp_path / "outside"),
        "folder.pem": lambda path: path.mkdir(),
        "pipe.pem": os.mkfifo,
    }
    for name, make in made.items():
        folder = tmp_path / name.removesuffix(".pem")
        folder.mkdir()
        make(folder / name)
        what = refusal(folder)
        assert name in what
        assert "it is a link" in what or "it is not a file" in what


def test_a_file_that_cannot_be_read_is_refused_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong owner, usually."""

    def refuse(*_path: object) -> int:
        raise PermissionError

    (tmp_path / "ca.pem").write_bytes(pem(FIRST))
    monkeypatch.setattr(os, "open", refuse)
    assert refusal(tmp_path) == "the file 'ca.pem' of attestation certificates: it cannot be read (PermissionError)"


@pytest.mark.parametrize("name", ["none", "file"])
def test_a_folder_that_is_none_is_refused_with_its_name(tmp_path: Path, name: str) -> None:
    """Missing, or no folder."""
    (tmp_path / "file").write_bytes(b"")
    assert refusal(tmp_path / name).startswith(f"the folder '{name}' of attestation certificates: it cannot be read")


def test_a_name_cannot_steer_a_terminal(tmp_path: Path) -> None:
    """Its odd letters are written out, and it is cut."""
    (tmp_path / f"\x1b[2J{'x' * 200}.pem").write_bytes(b"")
    what = refusal(tmp_path)
    assert "\\x1b[2J" in what
    assert len(what) < 200


def test_a_folder_holds_only_so_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many entries, so many certificates."""
    (tmp_path / "a.pem").write_bytes(pem(FIRST))
    (tmp_path / "b.pem").write_bytes(pem(SECOND))
    monkeypatch.setattr(attestation_folder, "MOST_AUTHORITIES", 1)
    assert "more than 1 certificates" in refusal(tmp_path)
    monkeypatch.setattr(attestation_folder, "MOST_NAMES", 1)
    assert "more than 1 entries" in refusal(tmp_path)
