"""The life of a module's process: started when something is asked of it, killed when it hangs, started anew after that.

A module can crash, hang or end its process, and does so alone. One act is done at a time; modules do not wait for each
other. Nothing is ever asked twice: whoever asked hears that the process was lost, and its PINs went with it.
`pkcs11_driver` starts processes and keeps them.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import RLock
from typing import TypeVar

from hsm.pkcs11_channel import LONGEST_LINE, Channel, TooLongError
from hsm.pkcs11_json import MalformedError, read_line, write_line
from hsm.pkcs11_messages import (
    Describe,
    Generate,
    ListCertificates,
    ListKeys,
    ListPublicKeys,
    ListSlots,
    Lock,
    Refused,
    Request,
    SetPin,
    Sign,
    Start,
    Unlock,
)
from hsm.pkcs11_trouble import Trouble

Reply = TypeVar("Reply")

PATIENCE_SECONDS: dict[type, float] = {
    Start: 20.0,  # loading alone takes seconds where a module looks for devices on a network
    ListSlots: 8.0,
    Describe: 8.0,
    ListPublicKeys: 20.0,
    ListKeys: 20.0,
    ListCertificates: 20.0,
    Lock: 5.0,
    SetPin: 60.0,
    Unlock: 60.0,  # somebody may be typing on a PIN pad
    Sign: 60.0,  # somebody may be looking for the button
    Generate: 120.0,  # RSA of 4096 bits, on a card
}
"""How long each act may take before its module counts as hung."""
_FAREWELL_SECONDS = 4.0
# The code that runs is the code beside this file, wherever the interpreter would look for another; `-I` shuts out the
# working folder and whatever PYTHON... variables say.
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from hsm.pkcs11_worker import main; main()"


class LostError(Exception):
    """The process died or hung, in this act or before; `how` says it in words."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


class HungError(LostError):
    """The process was killed because it did not answer."""


class ModuleRefusedError(Exception):
    """The act failed, in a process that lives on."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.code)
        self.refused = refused


class ModuleProcess:
    """One process with one module in it; once lost it stays so."""

    def __init__(self, module: Path, environment: Mapping[str, str]) -> None:
        """Started; nothing is loaded yet.

        Raises: LostError.
        """
        self.module = module
        self._turn = RLock()
        self._numbers = count(1)
        self._how = ""
        ours, theirs = socket.socketpair()
        with theirs:
            self._channel = Channel(ours)
            try:
                self._process = _started(theirs, environment)
            except OSError as error:
                self._channel.close()
                raise LostError(f"not started: {type(error).__name__}") from error

    def start(self) -> None:
        """The module is loaded and ready.

        Raises: LostError, ModuleRefusedError (then the process is ended).
        """
        try:
            self.ask(Start(str(self.module)))
        except ModuleRefusedError:
            self.end()
            raise

    @property
    def pid(self) -> int:
        """Its number, once lost that of nobody, or of another."""
        return self._process.pid

    def ask(self, request: Request[Reply]) -> Reply:
        """What it answers.

        Raises: LostError, ModuleRefusedError.
        """
        with self._turn:
            if self._how:
                raise LostError(self._how)
            number = next(self._numbers)
            line = write_line(number, request)
            if len(line) > LONGEST_LINE:
                raise ModuleRefusedError(Refused(Trouble.REQUEST_TOO_LONG.value))
            try:
                answer = self._answer(request, number, line)
            except TimeoutError as error:
                how = f"no answer for {PATIENCE_SECONDS[type(request)]:g} seconds"
                raise HungError(self._lost(how).how) from error
            except (MalformedError, TooLongError) as error:
                raise self._lost("answered what cannot be read") from error
            except (EOFError, OSError) as error:
                raise self._lost("") from error
            except BaseException:  # Ctrl-C: whatever it answers later, nobody waits for it any more
                self._lost("interrupted")
                raise
        if isinstance(answer, Refused):
            raise ModuleRefusedError(answer)
        return answer

    def is_running(self) -> bool:
        """Whether it can be asked; a process that died between two acts cannot."""
        with self._turn:
            if not self._how and self._process.poll() is not None:
                self._lost("")
            return not self._how

    def is_at_work(self) -> bool:
        """Whether another thread waits for an answer of it."""
        if is_free := self._turn.acquire(blocking=False):
            self._turn.release()
        return not is_free

    def end(self) -> None:
        """The process has let its tokens go and is gone; ending twice, or after it was lost, does nothing."""
        if not self._turn.acquire(timeout=_FAREWELL_SECONDS):
            self._kill()  # another thread waits for an act that may never end; now it does
            self._turn.acquire()
        try:
            if not self._how:
                self._channel.close()
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(_FAREWELL_SECONDS)
                self._lost("ended")
        finally:
            self._turn.release()

    def _answer(self, request: Request[Reply], number: int, line: bytes) -> Reply | Refused:
        seconds = PATIENCE_SECONDS[type(request)]
        self._channel.send(line, seconds)
        kinds: tuple[type[Reply | Refused], ...] = (request.answer(), Refused)
        answered, answer = read_line(self._channel.receive(seconds), kinds)
        if answered != number:
            raise MalformedError(number)
        return answer

    def _lost(self, how: str) -> LostError:
        """The process is gone, by our hand if need be; "" asks the process itself how it came."""
        self._channel.close()
        self._how = how or _death(self._process)
        self._kill()
        self._process.wait()
        return LostError(self._how)

    def _kill(self) -> None:
        if self._process.returncode is None:  # else its number may be another's by now
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


def _started(channel: socket.socket, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    here = Path(__file__).resolve().parents[1]
    return subprocess.Popen(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-I", "-c", _BOOT, str(here)],
        stdin=channel.fileno(),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # no terminal of ours: neither its Ctrl-C nor /dev/tty
    )


def _death(process: subprocess.Popen[bytes]) -> str:
    try:
        status = process.wait(_FAREWELL_SECONDS)
    except subprocess.TimeoutExpired:
        return "closed its channel"
    if status >= 0:
        return f"died: exit status {status}"
    names = {each.value: each.name for each in signal.Signals}
    return f"died: signal {-status} ({names.get(-status, 'unknown')})"
