"""The verbs import and advise, as somebody types them."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fakes.online_signer import OnlineSigner
from fakes.plain_repository import plain_repository

from ceremony.online.main import verbs

DIGEST = sha256(b"content").hexdigest()


def _call(signer: OnlineSigner, *words: str) -> Result:
    return CliRunner().invoke(verbs, ["--home", str(signer.home.folder), *words], catch_exceptions=False)


def test_a_file_is_imported_and_published(living: OnlineSigner, tmp_path: Path) -> None:
    """By one command."""
    (tmp_path / "lines").write_text(f"a/demo;7;sha256;{DIGEST}\n")

    done = _call(living, "import", str(tmp_path / "lines"), "--format", "csv")

    assert done.exit_code == 0
    assert "1 targets" in done.output
    assert done.output.endswith("Published.\n")
    assert set(living.targets()) == {"a/demo"}


def test_another_repository_is_imported(living: OnlineSigner, tmp_path: Path, moment: datetime) -> None:
    """From a root that somebody pins."""
    made = plain_repository(tmp_path / "metadata", moment)
    made.add("targets", "a/demo")
    made.write()

    done = _call(living, "import", str(made.folder), "--format", "tuf", "--root", str(made.root))

    assert done.exit_code == 0
    assert set(living.targets()) == {"a/demo"}


def test_a_copy_of_an_index_is_imported(living: OnlineSigner, tmp_path: Path) -> None:
    """What is refused is listed where somebody wants it."""
    page = tmp_path / "simple" / "demo" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f'<a href="/packages/a#sha256={DIGEST}">a</a><a href="/packages/b#sha256={DIGEST}">b</a>')
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "a").write_bytes(b"content")

    done = _call(
        living, "import", str(tmp_path), "--format", "simple", "--refused", str(tmp_path / "refused"), "--no-wait"
    )

    assert "1 refused" in done.output
    assert "packages/b" in (tmp_path / "refused").read_text()
    assert living.targets() == {}


@pytest.mark.parametrize("words", [["--format", "tuf"], ["--format", "csv", "--root", "ROOT"]])
def test_a_root_goes_with_a_repository(living: OnlineSigner, tmp_path: Path, words: list[str]) -> None:
    """Without one there is nothing to verify from; with anything else there is nothing to verify."""
    (tmp_path / "root").write_text("{}")
    given = [str(tmp_path / "root") if word == "ROOT" else word for word in words]

    assert _call(living, "import", str(tmp_path / "root"), *given).exit_code == 2


@pytest.mark.parametrize(
    ("words", "bins"), [(["1000000"], 2048), (["10000000"], 8192), (["10000000", "--changed", "10"], 16384)]
)
def test_advice_on_bins(words: list[str], bins: int) -> None:
    """The number for which an update costs a client least."""
    done = CliRunner().invoke(verbs, ["advise", *words], catch_exceptions=False)

    assert done.output.splitlines()[-1].startswith(f"{bins} bins for ")
