"""The verbs, and what each of them costs before it does anything."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from ceremony.cli.verbs import Verbs

ROOT = Path(__file__).parents[2]


def test_every_verb_is_there_under_its_own_name() -> None:
    """Loaded when it is asked for."""
    verbs = Verbs()
    assert {name: command.name for name, command in verbs.items()} == {name: name for name in verbs}
    assert len(verbs) == len({*verbs})


def test_there_is_no_other_verb() -> None:
    """And none can be added or taken away."""
    verbs = Verbs()
    assert verbs.get("seal") is None
    with pytest.raises(TypeError):
        verbs["seal"] = click.Command("seal")
    with pytest.raises(TypeError):
        del verbs["sit"]


def test_devices_are_listed_without_the_engine_and_without_the_library_that_signs(tmp_path: Path) -> None:
    """Whoever asks what is plugged in waits for that alone."""
    program = """
import sys
from ceremony.cli.main import ceremony
try:
    ceremony.main(["devices", "--json"], prog_name="ceremony")
except SystemExit as ended:
    print(*sys.modules, file=sys.stderr)
    sys.exit(ended.code)
"""
    settings = tmp_path / "home/.config/ceremony/settings.toml"
    settings.write_text('software_folder = "/nowhere"\nyubikeys = false\n', encoding="utf-8")
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = {*run.stderr.split()}
    assert "ceremony.cli.devices_verb" in loaded
    heavy = ("tuf", "securesystemslib.signer", "ceremony.engine.sitting", "ceremony.core.plan", "textual")
    assert [name for name in heavy if name in loaded] == []
