"""A pcscd of the test's own: unmodified, but with the shim in place of the machine's USB ports."""

import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from fakes.card_lab_shim import compiled_shim
from fakes.card_lab_socket import claim_socket_path, listening_socket

SECONDS = 10.0
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"  # on nobody's PATH but root's


class Daemon:
    """A running pcscd; what it said is in `log`. When this process ends, however it does, pcscd ends too."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "pcscd.log"
        configuration = folder / "reader.conf.d"
        run_folder = folder / "run"
        configuration.mkdir(parents=True, exist_ok=True)
        run_folder.mkdir(exist_ok=True)
        self._events, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with listening_socket() as listening, theirs, self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [find_pcscd(), "--foreground", "--info", "--config", configuration],
                env={
                    "LD_PRELOAD": str(compiled_shim()),
                    "CARD_LAB_SOCKET": str(listening.fileno()),
                    "CARD_LAB_EVENTS": str(theirs.fileno()),
                    "CARD_LAB_FOLDER": str(run_folder),
                },
                pass_fds=(listening.fileno(), theirs.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C at the terminal is not for it
            )

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """It has not ended."""
        return self._process.poll() is None

    def tell(self, event: str, line: Sequence[socket.socket] = ()) -> None:
        """The bus has this news, with the line to a new card.   Raises: OSError when there is no daemon any more."""
        socket.send_fds(self._events, [event.encode()], [end.fileno() for end in line])

    def stop(self) -> None:
        """It has ended, and nobody listens."""
        stop_process(self._process)
        self._events.close()


def stop_process(process: subprocess.Popen[bytes]) -> None:
    """This pcscd has ended, and nobody listens where this process looks for one."""
    claim_socket_path().unlink(missing_ok=True)
    process.terminate()
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def find_pcscd() -> str:
    """The machine's pcscd.   Raises: FileNotFoundError."""
    found = shutil.which("pcscd") or shutil.which("pcscd", path=SBIN)
    if not found:
        raise FileNotFoundError("pcscd is not installed (Debian packages pcscd and libccid)")
    return found
