"""What happens before one step of many, whichever it is: the steps are methods, by name, of the classes that have them.

So a test can let something happen before the first step, the second and so on, until there is no further one.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping

import pytest


@contextlib.contextmanager
def at_step(
    monkeypatch: pytest.MonkeyPatch, steps: Mapping[str, type], number: int, act: Callable[[], None]
) -> Iterator[list[str]]:
    """Inside, `act` happens before the step of this number, from 1; the names of those up to it that were begun.

    Where `act` raises, the step is not taken.
    """
    begun: list[str] = []

    def stepping(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def step(*positional: object, **named: object) -> object:
            if len(begun) < number:
                begun.append(name)
                if len(begun) == number:
                    act()
            return function(*positional, **named)

        return step

    with monkeypatch.context() as patched:
        for name, owner in steps.items():
            patched.setattr(owner, name, stepping(name, getattr(owner, name)))
        yield begun
