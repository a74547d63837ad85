"""Sets of change request numbers, kept and written as ranges: a hundred thousand made at once are one pair."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Numbers:
    """Whole numbers as ranges, each with its first and last, in order and apart."""

    ranges: tuple[tuple[int, int], ...] = ()

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)

    def __iter__(self) -> Iterator[int]:
        for first, last in self.ranges:
            yield from range(first, last + 1)

    @property
    def last(self) -> int:
        """The largest of them, 0 if there are none."""
        return self.ranges[-1][1] if self.ranges else 0

    def __or__(self, other: "Numbers") -> "Numbers":
        return Numbers(tuple(_joined((*self.ranges, *other.ranges))))

    def encode(self) -> str:
        """The numbers as a text such as `7 9-12`."""
        return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in self.ranges)


def numbers_of(numbers: Iterable[int]) -> Numbers:
    """These numbers, in whichever order they come."""
    return Numbers(tuple(_joined((number, number) for number in numbers)))


def decode_numbers(text: str) -> Numbers:
    """What `Numbers.encode` wrote."""
    pairs = (each.partition("-") for each in text.split())
    return Numbers(tuple((int(first), int(last or first)) for first, _, last in pairs))


def _joined(ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    found: tuple[int, int] | None = None
    for first, last in sorted(ranges):
        if found is None:
            found = (first, last)
        elif first <= found[1] + 1:
            found = (found[0], max(found[1], last))
        else:
            yield found
            found = (first, last)
    if found is not None:
        yield found
