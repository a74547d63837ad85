"""A folder served to this machine alone."""

import urllib.request
from pathlib import Path

import pytest

from ceremony.cli.loopback import served


def test_a_folder_is_served_while_somebody_looks(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Its files come as they are, and nothing is written to the screen."""
    (tmp_path / "root.json").write_bytes(b"{}")
    with served(tmp_path) as url:
        assert url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{url}/root.json") as answer:  # noqa: S310  # this machine's own server
            assert answer.read() == b"{}"
    assert capfd.readouterr() == ("", "")
