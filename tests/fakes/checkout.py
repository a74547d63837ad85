"""A copy of the checkout's scripts beside environments that are stand-ins: whatever would be opened says its name."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCKS = {".venv": "laptop", ".venv-signer": "signer"}
_SAYS_ITS_NAME = '#!/bin/sh\necho "${0##*/}" "$@"\n'
_SAYS_ITS_NAME_AND_OPENS = '#!/bin/sh\necho "${0##*/}" "$1"\nshift\nexec "$@"\n'
_STAMP = 'source "$0/scripts/environment.sh"; stamp_of "$0/$1" "$0/requirements/$2.txt" >"$0/$1/.complete"'


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder with `scripts/`, in which nothing is installed and nothing can be missing."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Checkout":
        """A new one in this folder, its environments as complete as the locks ask for."""
        for name in ("scripts", "requirements"):
            shutil.copytree(ROOT / name, folder / name)
        shutil.copy(ROOT / "pyproject.toml", folder)
        _write_program(folder / "scripts" / "with-virtual-yubikeys", _SAYS_ITS_NAME_AND_OPENS)
        _write_program(folder / "bin" / "softhsm2-util", _SAYS_ITS_NAME)
        for environment, lock in LOCKS.items():
            _write_program(folder / environment / "bin" / "python", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
            _write_program(folder / environment / "bin" / "ceremony", _SAYS_ITS_NAME)
            subprocess.run(["bash", "-euc", _STAMP, folder, environment, lock], check=True)
        return cls(folder)

    def run(self, *command: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """What came of a command in this folder; its first word is a path there, or a program on PATH."""
        own = {name: value for name, value in os.environ.items() if name != "PCSCLITE_CSOCK_NAME"}
        own |= {"PATH": f"{self.folder}/bin:{os.environ['PATH']}"} | dict(environment or {})
        return subprocess.run(command, cwd=self.folder, env=own, capture_output=True, text=True, check=False)


def _write_program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(0o755)
