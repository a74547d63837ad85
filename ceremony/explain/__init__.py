"""Any error in plain words: what happened, in detail, what to do now, and the exit status; the only home of these."""

from dataclasses import replace

from ceremony.errors import CeremonyError, TerminalError
from ceremony.explain.ceremonies import explain_ceremony
from ceremony.explain.devices import explain_device
from ceremony.explain.explanation import BUG_STATUS, STATUS_MEANINGS, Explanation, status_of
from ceremony.explain.refusals import ADVICE
from hsm.errors import DeviceError

__all__ = [
    "ADVICE",
    "BUG_STATUS",
    "STATUS_MEANINGS",
    "Explanation",
    "explain",
    "explain_absent_screens",
    "explain_bug",
    "status_of",
]


def explain(error: CeremonyError | DeviceError) -> Explanation:
    """The explanation of `error`, for people who do this once a year.

    What a terminal would obey, or nobody could see, stands as a question mark: errors quote what strangers wrote.
    """
    found = explain_device(error) if isinstance(error, DeviceError) else explain_ceremony(error)
    return replace(found, title=_visible(found.title), detail=_visible(found.detail))


def explain_bug(traceback_file: str) -> Explanation:
    """The explanation of an error that nobody foresaw; its traceback is in `traceback_file`, "" if nowhere."""
    kept = f"What happened is written down in {traceback_file}." if traceback_file else "Nothing could be written down."
    return Explanation(
        title="The program has a mistake",
        detail=f"It met something it was not made for. {kept}",
        advice=(
            "Nothing that was saved is lost: start the program again, and resume the ceremony from its bundle. "
            "If it happens again, stop, and send that file to the makers of this program; it holds no PIN."
        ),
        status=BUG_STATUS,
    )


def explain_absent_screens() -> Explanation:
    """The explanation of a program that was installed without its screens."""
    return Explanation(
        title="The screens are not installed",
        detail="The program was installed without the part that draws them (textual).",
        advice=(
            "Start the program with `scripts/start`, which installs everything, or run "
            "`pip install 'ceremony[laptop]'`. The command line works without it: see `ceremony --help`."
        ),
        status=status_of(TerminalError(0, 0)),
    )


def _visible(text: str) -> str:
    return "".join(each if each.isprintable() or each == "\n" else "?" for each in text)
