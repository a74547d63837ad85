"""The online signer's program, `ceremony-online`, run as the process of its own that it is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ceremony.core.rehearsal_rules import ENDED_RULES, PROGRAM_RULES, EndedCase, ProgramCase

NAME = "ceremony-online"
_PATIENCE_SECONDS = 600
_LAST_WORDS = 1_500


class SignerProgram:
    """One online signer: the program, and the home folder in which it keeps its things."""

    def __init__(self, program: Path, home: Path) -> None:
        self._program = program
        self.home = home

    def run(self, *arguments: str) -> str:
        """What the program said while it did what the arguments ask for.

        Raises: RefusedError (PROGRAM-DONE) if it did not.
        """
        command = [str(self._program), "--home", str(self.home), *arguments]
        ended = subprocess.run(  # noqa: S603  # the program was named by whoever sits here, or lies beside this one
            command, check=False, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, stdin=subprocess.DEVNULL
        )
        words = (ended.stdout + ended.stderr).strip()
        ENDED_RULES.check(EndedCase(f"{NAME} {arguments[0]}", ended.returncode, words[-_LAST_WORDS:]))
        return ended.stdout.strip()


def find_signer(named: Path | None) -> Path:
    """The program: the one that was named, or else the one beside this program, or else the one on the PATH.

    Raises: RefusedError (PROGRAM-PRESENT) if it is not there.
    """
    beside = Path(sys.executable).parent / NAME
    path = str(named) if named else shutil.which(NAME, path=f"{beside.parent}{os.pathsep}{os.environ.get('PATH', '')}")
    is_there = path is not None and os.access(path, os.X_OK) and Path(path).is_file()
    PROGRAM_RULES.check(ProgramCase(str(named or NAME), str(path) if is_there else ""))
    return Path(str(path)).absolute()
