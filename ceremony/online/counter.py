"""What callers leave with the writer, since they wait until it is out: durable with its publication, not before it.

Whoever wants a word before that has it from a transaction of its own; to those who wait it would say nothing, and cost
the disk a turn.
"""

from typing import Protocol

from ceremony.online.intake_rows import IntakeRows


class Counter(Protocol):
    """Where changes are left. The writer settles what it has taken, or gives it back, before it takes more."""

    @property
    def has_some(self) -> bool:
        """True while something is left here."""

    def take_in(self, rows: IntakeRows) -> None:
        """What was left is in the transaction of these rows, or refused; what takes longer others look after."""

    def settle(self) -> None:
        """That transaction is durable, and whoever left something there knows what became of it."""

    def give_back(self) -> None:
        """What is left, or taken and not settled, others make durable; so they do with whatever comes until a success.

        Where it had become durable all the same, nothing comes of it: it stands in line already.
        """


class NoCounter:
    """Where nobody leaves anything."""

    has_some = False

    def take_in(self, rows: IntakeRows) -> None:
        """Nothing to take."""

    def settle(self) -> None:
        """Nobody to tell."""

    def give_back(self) -> None:
        """Nothing to give."""
