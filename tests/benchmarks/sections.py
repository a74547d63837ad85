"""What is measured: one add, many at once, every bin signed anew, each beside what it is compared with."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from benchmarks.by_itself import alone
from benchmarks.figures import FLOOR, OURS, PLAIN, Comparison, Goal, Subject, Way, in_turns
from benchmarks.stocked import SCHEMES
from benchmarks.workshop import TIMESTAMP_BYTES, Workshop

HUGE = 5_000_000
"""From so many targets on plain python-tuf signs no bin anew: it would take minutes."""

ONE, MANY, EVERY = "one add", "adds at once", "every bin"
"""The kinds of subjects."""

AT_FEWER = "ours, fewer targets"
PLAIN_TIMES = {"Ed25519": 13.0, "P-256": 17.0}
FLOOR_TIMES = {"Ed25519": 1.3, "P-256": 1.8}
_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Turns:
    """How often each way of one add is measured, with keys of which schemes; plain python-tuf so many times less."""

    times: int
    schemes: tuple[str, ...] = tuple(SCHEMES)
    plain_share: int = 8


def single(shop: Workshop, turns: Turns, fewer: Workshop | None = None) -> Iterator[Comparison]:
    """One target after another, each asked for, published and durable before the next; and the same with fewer."""
    for scheme in turns.schemes:
        key, title = shop.key(scheme), f"one add, {size_of(shop)}, {scheme}"
        floor, plain = shop.floor(key), shop.plain(key)
        ready = b"b" * 300, shop.bin_bytes(), shop.snapshot_bytes(), b"t" * TIMESTAMP_BYTES
        ways: dict[str, Way] = {
            OURS: _adding(shop, scheme, 1),
            FLOOR: lambda floor=floor, ready=ready: partial(floor.publish, *ready),
            PLAIN: lambda plain=plain: partial(plain.add, shop.plain_targets(1)),
        }
        often = {OURS: turns.times, FLOOR: turns.times, PLAIN: max(2, turns.times // turns.plain_share)}
        if fewer is not None:
            ways[AT_FEWER], often[AT_FEWER] = _adding(fewer, scheme, 1), turns.times
        yield Comparison(title, in_turns(ways, often), subject=Subject(ONE, shop.targets, shop.bins, scheme=scheme))
        floor.close()


def judged_single(found: Iterator[Comparison]) -> Iterator[Comparison]:
    """What one add is to reach."""
    for each in found:
        scheme = each.subject.scheme if each.subject else ""
        ours = each.of(OURS)
        fewer = each.ratio(OURS, AT_FEWER)
        if fewer is not None:
            yield each.reaching(Goal("ours / ours with fewer targets", fewer, 1.4))
            continue
        yield each.reaching(
            Goal("plain / ours", each.ratio(PLAIN, OURS) or 0, PLAIN_TIMES[scheme], is_least=True),
            Goal("ours / floor", each.ratio(OURS, FLOOR) or 0, FLOOR_TIMES[scheme]),
            Goal("p99 / p50 of ours", ours.p99 / ours.p50 if ours else 0, 3),
        )


def batch(shop: Workshop, count: int, times: int, *, is_judged: bool) -> Iterator[Comparison]:
    """Many targets at once."""
    key = shop.key("P-256")
    floor, plain = shop.floor(key), shop.plain(key)
    # As long as a bin is, and as many as are touched; that some would be touched twice makes the floor a little lower.
    rows, touched = [b"r" * 300] * count, [shop.bin_bytes()] * touched_bins(shop.bins, count)
    snapshot = shop.snapshot_bytes()
    ways: dict[str, Way] = {
        OURS: _adding(shop, "P-256", count),
        FLOOR: lambda: partial(floor.publish_many, rows, touched, snapshot),
        PLAIN: lambda: partial(plain.add, shop.plain_targets(count)),
    }
    often = {OURS: times, FLOOR: times, PLAIN: max(1, times // 3)}
    title, subject = f"{count:,} adds at once, {size_of(shop)}, P-256", Subject(MANY, shop.targets, shop.bins, count)
    found = Comparison(title, in_turns(ways, often), subject=subject)
    floor.close()
    goal = Goal("plain / ours", found.ratio(PLAIN, OURS) or 0, 5, is_least=True)
    yield found.reaching(goal) if is_judged else found


def resign(shop: Workshop, times: int) -> Iterator[Comparison]:
    """Every bin signed anew, by two processes."""
    key = shop.key("P-256")
    publisher, floor = shop.publisher(key), shop.floor(key)
    bins = [shop.bin_bytes()] * shop.bins
    ways: dict[str, Way] = {
        OURS: lambda: partial(shop.resign, publisher),
        FLOOR: lambda: partial(floor.write_all, bins),
    }
    often = {OURS: times, FLOOR: times}
    if shop.targets < HUGE:
        plain = shop.plain(key)
        ways[PLAIN], often[PLAIN] = lambda: plain.refresh, max(1, times // 3)
    found = Comparison(f"every bin signed anew, {size_of(shop)}, P-256", in_turns(ways, often))
    floor.close()
    by_itself = alone(shop, "resign")
    memory = max(by_itself["memory"], by_itself["helper"])
    quick = Goal("plain / ours", found.ratio(PLAIN, OURS) or 0, 10, is_least=True)
    if shop.targets >= HUGE:
        quick = Goal("ours / writing the same bytes", found.ratio(OURS, FLOOR) or 0, 1.5)
    small = Goal("a process", memory / _MEBIBYTE, 100, unit="MiB")
    note = "the floor writes and syncs files of the same size; alone, from nothing: "
    note += f"{by_itself['milliseconds']:,.0f} ms, {mebibytes(by_itself['memory'])}"
    note += f" and a helper of {mebibytes(by_itself['helper'])}"
    subject = Subject(EVERY, shop.targets, shop.bins)
    yield Comparison(found.title, found.figures, "", note, subject, int(memory), (quick, small))


def touched_bins(bins: int, count: int) -> int:
    """How many of so many bins so many targets fall into, as a rule."""
    return max(1, round(bins * (1 - (1 - 1 / bins) ** count)))


def mebibytes(size: float) -> str:
    """The size (bytes) in words."""
    return f"{size / _MEBIBYTE:.0f} MiB"


def size_of(shop: Workshop) -> str:
    """How large the signer is, in words."""
    return f"{shop.targets:,} targets in {shop.bins:,} bins"


def _adding(shop: Workshop, scheme: str, count: int) -> Way:
    """So many adds at once, by a publisher that has begun before: one that comes in starts what is to stay."""
    publisher = shop.publisher(shop.key(scheme))
    shop.add(publisher, min(count, 1_000))
    return lambda: partial(shop.publish, publisher, shop.requests(count))
