"""What people hear of a program of the signer that could not do what it was asked for."""

import traceback

from ceremony.errors import CeremonyError
from ceremony.explain import Explanation, explain, explain_bug
from ceremony.online.clock import moment
from ceremony.online.crash import write_crash
from ceremony.online.desk import ERR
from ceremony.online.page import draw_explanation


def tell_error(error: CeremonyError) -> int:
    """People know what to do now; the exit status for it."""
    return _tell(explain(error))


def tell_bug() -> int:
    """The exception that is being handled is in a file, and people know which; the exit status for it."""
    return _tell(explain_bug(write_crash(traceback.format_exc(), moment())))


def _tell(explanation: Explanation) -> int:
    draw_explanation(ERR, explanation)
    return explanation.status
