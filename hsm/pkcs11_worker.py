"""A process that holds one PKCS#11 module: it does what comes over its channel, one act at a time, until that closes.

What the module prints goes nowhere, and what it breaks is this process alone. Besides `hsm` only python-pkcs11 is
loaded, so that the process starts fast and there is little in it for a module to harm.
"""

import ctypes
import os
import resource
import select
import signal
import socket
import time
from contextlib import suppress
from threading import Thread

from pkcs11.exceptions import PKCS11Error

from hsm.pkcs11_acts import Acts
from hsm.pkcs11_channel import Channel, TooLongError
from hsm.pkcs11_json import read_line, write_line
from hsm.pkcs11_messages import REQUESTS, Refused
from hsm.pkcs11_trouble import Trouble

_GRACE_SECONDS = 2.0
"""How long a module has to let its tokens go, once nobody asks for anything any more."""
_PR_SET_DUMPABLE = 4


def main() -> None:
    """The channel that stands in for standard input was served to its end, and the module let go."""
    _keep_to_itself()
    end = _take_channel()
    Thread(target=_end_with_parent, args=(end.fileno(),), daemon=True).start()
    acts = Acts()
    serve(Channel(end), acts)
    signal.alarm(round(_GRACE_SECONDS))  # python-pkcs11 stops all threads for C_Finalize, so none could end a hung one
    with suppress(PKCS11Error):
        acts.close()


def serve(channel: Channel, acts: Acts) -> None:
    """Every request was answered, until the other end closed."""
    with suppress(EOFError, OSError):
        while True:
            number, request = read_line(channel.receive(), REQUESTS)
            answer = acts.answer(request)
            try:
                channel.send(write_line(number, answer))
            except TooLongError:
                channel.send(write_line(number, Refused(Trouble.ANSWER_TOO_LONG.value)))


def _keep_to_itself() -> None:
    """No core file and no other program gets to see the PIN, and Ctrl-C in a terminal is for the parent to answer."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # a limit alone does not stop a handler of core files
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _take_channel() -> socket.socket:
    """The socket, under a number that no program the module starts inherits; standard input is empty from now on."""
    end = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return end


def _end_with_parent(channel: int) -> None:
    """Ended soon after the other end of the channel closes, even if the module never comes back from an act."""
    closing = select.poll()
    closing.register(channel, select.POLLRDHUP)
    closing.poll()
    time.sleep(_GRACE_SECONDS)
    os._exit(1)
