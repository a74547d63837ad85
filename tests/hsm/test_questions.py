"""Questions to those who may never answer."""

import subprocess
import sys
import threading
import time

import pytest

from hsm.questions import Questions

SECONDS = 20.0


def test_an_answer_that_comes_in_time_is_had() -> None:
    """Whoever asks is told, and asked again later somebody else may be."""
    questions: Questions[int] = Questions()
    numbers = iter((1, 2))
    assert [questions.ask("ann", lambda: next(numbers)).within(SECONDS) for _ in range(2)] == [1, 2]


def test_what_a_question_raises_is_raised_where_it_is_waited_for() -> None:
    """And the next one is a new one."""
    questions: Questions[float] = Questions()
    with pytest.raises(ZeroDivisionError):
        questions.ask("ann", lambda: 1 / 0).within(SECONDS)
    assert questions.ask("ann", lambda: 1.0).within(SECONDS) == 1


def test_who_has_not_answered_yet_is_not_asked_again() -> None:
    """Two who ask at one time are told the same; whoever else is asked answers meanwhile."""
    questions: Questions[str] = Questions()
    release = threading.Event()
    times: list[int] = []

    def slow() -> str:
        times.append(1)
        release.wait(SECONDS)
        return "late"

    both = [questions.ask("ann", slow) for _ in range(2)]
    assert questions.ask("bob", lambda: "at once").within(SECONDS) == "at once"
    release.set()
    assert [each.within(SECONDS) for each in both] == ["late", "late"]
    assert len(times) == 1


def test_the_time_counts_from_the_question() -> None:
    """Who is late for one is late for all: nobody waits for that a second time."""
    questions: Questions[bool] = Questions()
    release = threading.Event()
    with pytest.raises(TimeoutError):
        questions.ask("ann", lambda: release.wait(SECONDS)).within(0.2)
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        questions.ask("ann", lambda: True).within(0.2)
    assert time.monotonic() - begun < 0.1
    release.set()


def test_a_question_without_an_answer_does_not_keep_a_program_from_ending() -> None:
    """The interpreter ends with the question still open."""
    program = (
        "import threading; from hsm.questions import Questions\n"
        "try: Questions().ask('ann', threading.Event().wait).within(0.1)\n"
        "except TimeoutError: print('ends')"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=SECONDS)
    assert (run.stdout, run.stderr) == ("ends\n", "")
