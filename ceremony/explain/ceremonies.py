"""What went wrong in a ceremony, in words."""

from functools import singledispatch

from ceremony.errors import (
    CeremonyError,
    PausedError,
    Problem,
    RefusedError,
    RehearsalError,
    SettingsError,
    StoppedError,
    StorageError,
    TamperedError,
    TerminalError,
)
from ceremony.explain.explanation import Explanation, status_of
from ceremony.explain.online_keys import KEY_SCHEMES
from ceremony.explain.refusals import advice_for
from ceremony.explain.storage import explain_storage
from ceremony.explain.tampered import advice_on_tampered

_NO_FILES = ("--", *KEY_SCHEMES)
"""How what was typed or remembered begins, where a file is named otherwise."""


def explain_ceremony(error: CeremonyError) -> Explanation:
    """The explanation of one leaf of the ceremony errors."""
    title, detail, advice = _words(error)
    return Explanation(title, detail, advice, status_of(error), is_fault=not isinstance(error, PausedError))


@singledispatch
def _words(error: CeremonyError) -> tuple[str, str, str]:
    return ("Something went wrong", str(error), "Stop here, keep everything as it is, and ask for help.")


@_words.register
def _settings(error: SettingsError) -> tuple[str, str, str]:
    count = len(error.problems)
    listed = "\n".join(_problem(error.file, each) for each in error.problems)
    return (
        f"{error.file} has {count} problem{'' if count == 1 else 's'}",
        listed,
        (
            "Name it as is wanted, and start again. Nothing was changed."
            if error.file.startswith(_NO_FILES)
            else f"Open {error.file} in a text editor, put right each line named above, save it, and start again. "
            "Nothing was changed and no device was touched."
        ),
    )


def _problem(file: str, problem: Problem) -> str:
    place = f"{file}:{problem.line}" if problem.line else file
    field = f"{problem.field}: " if problem.field else ""
    return f"{place}: {field}found {problem.found}; wanted {problem.wanted}"


@_words.register
def _refused(error: RefusedError) -> tuple[str, str, str]:
    return (
        f"Refused by the rule {error.rule}",
        f"Found: {error.found}.\nRight would be: {error.wanted}.",
        advice_for(error.rule),
    )


@_words.register
def _tampered(error: TamperedError) -> tuple[str, str, str]:
    return (
        f"{error.where} is not what it claims to be",
        f"Found in {error.where}: {error.what}.",
        advice_on_tampered(error.what),
    )


@_words.register
def _stopped(error: StoppedError) -> tuple[str, str, str]:
    return (
        "Stopped",
        f"Stopped by {error.by or 'the operator'} at: {error.stage or 'the beginning'}.",
        (
            "Everything up to here is saved. To go on, start the same command again: a ceremony resumes at this place "
            "with the same plan and bundle, and what was done to a device stays done. To give it up, lock the devices "
            "away and keep the bundle, if there is one, as the record."
        ),
    )


@_words.register
def _paused(error: PausedError) -> tuple[str, str, str]:
    people = "\n".join(f"- {each}" for each in error.people)
    return (
        "Paused: signatures from other places are awaited",
        f"Signed so far: {'; '.join(error.lacking)}.\nStill to sign, until {error.until}:\n{people}",
        (
            "Nothing is wrong, and everything is saved. Bring the request to each of them: `ceremony send BUNDLE DIR` "
            "writes it as often as it is needed. On their own machines `ceremony sign REQUEST --trusted PATH` reviews "
            "and signs it. When the responses are back, hold the ceremony again with the same plan and bundle: it "
            "takes them in and goes on to the seal."
        ),
    )


@_words.register
def _storage(error: StorageError) -> tuple[str, str, str]:
    return explain_storage(error)


@_words.register
def _rehearsal(error: RehearsalError) -> tuple[str, str, str]:
    return (
        f"The real client does not accept this: it stops at {error.role}",
        f"The client's own words: {error.reason}",
        (
            "Publish nothing of this. Keep the bundle and show these words to whoever looks after the repository. "
            "Clients out there have seen nothing of it."
        ),
    )


@_words.register
def _terminal(error: TerminalError) -> tuple[str, str, str]:
    if not error.columns and not error.rows:
        return (
            "There is no terminal here to ask anybody",
            "The program is not connected to a keyboard and a screen.",
            (
                "Start it in a terminal window, without a pipe or a redirection. To walk through the whole story "
                "without questions, use `ceremony rehearse --unattended DIR`."
            ),
        )
    return (
        "The terminal is too small",
        f"It has {error.columns} columns and {error.rows} rows; the screens need 80 columns and 24 rows.",
        (
            "Make the window larger or its letters smaller, then start again. The command line works in any size: "
            "see `ceremony --help`."
        ),
    )
