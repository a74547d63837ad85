"""`ceremony-online serve --listen` in a process of its own, always at the same port, to be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
PROGRAM = "from ceremony.online.main import main; main()"
START_SECONDS = 60.0


def free_port() -> int:
    """A port of the loopback that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class ServingProgram:
    """The program of the signer in `home`; `said` is a file with all that it ever said.

    `first` is a statement that its interpreter executes before the program begins.
    """

    home: Path
    said: Path
    port: int = field(default_factory=free_port)
    first: str = "pass"
    environment: Mapping[str, str] = field(default_factory=dict)
    words: Sequence[str] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Its process."""
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """It is on its way."""
        program = f"{self.first}; {PROGRAM}"
        listen = ("--listen", f"127.0.0.1:{self.port}")
        command = [sys.executable, "-c", program, "--home", str(self.home), "serve", *listen, *self.words]
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(
                command, stdout=said, stderr=subprocess.STDOUT, env={**self.surroundings(), **self.environment}
            )

    def surroundings(self) -> dict[str, str]:
        """The environment of every program of this signer's."""
        paths = os.pathsep.join([str(HERE.parent), str(HERE.parent.parent)])
        # Its notes of what nobody foresaw go beside what it says.
        place = {"PYTHONPATH": paths, "PYTHONUNBUFFERED": "1", "COLUMNS": "200", "HOME": str(self.said.parent)}
        return {**os.environ, **place}

    def wait_answering(self) -> None:
        """It takes calls, and answers them as soon as all of it is loaded.

        Raises: TimeoutError; ProcessLookupError if it has ended.
        """
        until = time.monotonic() + START_SECONDS
        while not self._is_answering():
            if self.process is None or self.process.poll() is not None:
                raise ProcessLookupError(self.tail())
            if time.monotonic() > until:
                raise TimeoutError(self.tail())
            time.sleep(0.01)

    def kill(self) -> None:
        """It is gone, as with a power cut that spares the disk, and so is what answered callers for it."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        while self._is_answering():
            time.sleep(0.002)

    def _is_answering(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def tell_to_stop(self) -> None:
        """It has got SIGTERM."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """It was told to stop; its exit status."""
        self.tell_to_stop()
        return self.wait()

    def wait(self, seconds: float = 60.0) -> int:
        """Its exit status, once it has ended."""
        assert self.process is not None
        return self.process.wait(seconds)

    def end(self) -> None:
        """It runs no more, however that comes about."""
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def tail(self) -> str:
        """The last of what it said."""
        return self.said.read_text()[-4000:] if self.said.exists() else ""
