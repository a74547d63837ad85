"""How a program of the signer ends: as it meant to, or with words for people and a status for machines."""

import sys
import traceback
from collections.abc import Callable

from ceremony.errors import CeremonyError
from ceremony.explain import explain, explain_bug
from ceremony.online.crash import write_crash
from ceremony.online.desk import ERR, moment
from ceremony.online.key import forbid_core_dumps
from ceremony.online.page import draw_explanation


def run(act: Callable[[], object]) -> None:
    """It has acted; what it could not do people know, and the process ends with the status that is meant for that."""
    forbid_core_dumps()
    try:
        act()
    except CeremonyError as error:
        explanation = explain(error)
    except Exception:  # noqa: BLE001  # the front door: whatever nobody foresaw goes to a file, not to the screen
        explanation = explain_bug(write_crash(traceback.format_exc(), moment()))
    else:
        return
    draw_explanation(ERR, explanation)
    sys.exit(explanation.status)
