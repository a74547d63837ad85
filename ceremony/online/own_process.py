"""What a process of ours asks of the system for itself: to leave no core, and to end with the one that it works for."""

import ctypes
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1


def forbid_core_dumps() -> None:
    """No core file of this process is ever written: it would hold the private key."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def end_with_parent() -> None:
    """Linux kills this process as soon as the one that it works for dies, in whatever it is at.

    That is when the thread ends that started it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
