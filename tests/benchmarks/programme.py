"""The programme of the bench: which sections there are, of which signer each is, and in which order."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.by_itself import restart
from benchmarks.downloads import Download, downloads
from benchmarks.figures import Comparison
from benchmarks.http_load import over_http
from benchmarks.import_bench import bulk
from benchmarks.noise import Noise
from benchmarks.sections import Turns, batch, judged_single, resign, single
from benchmarks.workshop import Workshop

MANY_BINS = 16_384
MILLION = 1_000_000

Found = Comparison | Download


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large and how often: the whole bench, or one that only shows that it runs."""

    million: int = MILLION
    bins: int = MANY_BINS
    few_bins: tuple[int, ...] = (256, 1_024, 4_096)
    few_targets: tuple[int, ...] = (10_000, 100_000)
    singles: int = 300
    fewer_singles: int = 60
    small_batches: tuple[tuple[int, int], ...] = ((10, 15), (100, 9), (10_000, 3))
    batches: tuple[tuple[int, int], ...] = ((1_000, 15), (100_000, 3))
    turns: int = 6
    starts: int = 3
    seconds: float = 15

    @property
    def many(self) -> int:
        """Ten times as many targets."""
        return 10 * self.million


WHOLE = Sizes()
QUICK = Sizes(
    million=2_000,
    bins=64,
    few_bins=(16,),
    few_targets=(200,),
    singles=4,
    fewer_singles=2,
    small_batches=((3, 1),),
    batches=((10, 1), (100, 1)),
    turns=1,
    starts=1,
    seconds=0.5,
)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the bench, by name, and the size of the signer that it is about; it yields what it found."""

    name: str
    targets: int
    bins: int
    run: Callable[[Workshop], Iterator[Found]]


def sections(sizes: Sizes) -> tuple[Section, ...]:
    """All of them."""
    million, bins, many = sizes.million, sizes.bins, sizes.many
    return (
        *(Section("growth-targets", each, bins, partial(_growth, sizes)) for each in sizes.few_targets),
        *(Section("growth-bins", million, each, partial(_growth, sizes)) for each in sizes.few_bins),
        Section("single", million, bins, partial(_single, sizes)),
        *(Section("batch", million, bins, partial(batch, count=count, times=times, is_judged=True))
          for count, times in sizes.batches),
        *(Section("growth-batch", million, bins, partial(batch, count=count, times=times, is_judged=False))
          for count, times in sizes.small_batches),
        Section("resign", million, bins, partial(resign, times=sizes.turns)),
        Section("http", million, bins, lambda shop: over_http(shop, sizes.seconds)),
        Section("import", 1, bins, partial(bulk, targets=million)),
        Section("ten-million", many, bins, partial(_many, sizes)),
    )  # fmt: skip


def names(sizes: Sizes) -> tuple[str, ...]:
    """What a section may be called by, in order."""
    return tuple(dict.fromkeys(each.name for each in sections(sizes)))


def measure(folder: Path, room: Path, sizes: Sizes, wanted: Sequence[str]) -> Iterator[Found]:
    """Everything that the sections of these names find, as soon as it is found; and how quiet the machine was.

    Signers are stocked in `room`, and stay there. What was measured stays in `folder` until the end: some file systems
    make new files slowly for minutes after thousands of old ones were deleted.
    Raises: NotAsPublishedError if what was published is not what was asked for.
    """
    noise = Noise(folder / "noise")
    files = 0
    for number, section in enumerate(each for each in sections(sizes) if each.name in wanted):
        shop = Workshop(room, folder / f"{number}-{section.name}", section.targets, section.bins)
        noise.listen()
        yield from section.run(shop)
        files += shop.close()
    noise.listen()
    heard = noise.comparison
    yield replace(heard, note=f"{heard.note}; python-tuf verified {files:,} of the files that were published")


def _single(sizes: Sizes, shop: Workshop) -> Iterator[Found]:
    yield from judged_single(single(shop, Turns(sizes.singles)))
    yield from downloads(shop)


def _growth(sizes: Sizes, shop: Workshop) -> Iterator[Found]:
    yield from single(shop, Turns(sizes.fewer_singles, ("P-256",)))
    yield from downloads(shop)


def _many(sizes: Sizes, shop: Workshop) -> Iterator[Found]:
    yield from judged_single(single(shop, Turns(sizes.singles), shop.another(sizes.million)))
    yield from downloads(shop)
    # Before every bin is signed anew: months pass meanwhile, and the daemon believes the machine's own clock.
    yield from restart(shop, sizes.starts, sizes.seconds)
    yield from resign(shop, max(1, sizes.turns // 3))
