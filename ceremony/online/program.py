"""How a program of the signer ends: as it meant to, or with words for people and a status for machines."""

import sys
from collections.abc import Callable

from ceremony.errors import CeremonyError
from ceremony.online.own_process import forbid_core_dumps


def run(act: Callable[[], object]) -> None:
    """It has acted; what it could not do people know, and the process ends with the status that is meant for that."""
    forbid_core_dumps()
    try:
        act()
    except CeremonyError as error:
        # Words are seldom needed: they are loaded when they are.
        from ceremony.online.last_words import tell_error  # noqa: PLC0415

        sys.exit(tell_error(error))
    except Exception:  # noqa: BLE001  # the front door: whatever nobody foresaw goes to a file, not to the screen
        from ceremony.online.last_words import tell_bug  # noqa: PLC0415

        sys.exit(tell_bug())
