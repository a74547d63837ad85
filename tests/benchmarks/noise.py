"""The noise of the machine: the same small work, again and again while the bench runs, on the same disk."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bare_machine import BareMachine
from benchmarks.figures import FLOOR, Comparison, figure_of
from securesystemslib.signer import CryptoSigner

TIMES = 40
_ROW, _BIN, _SNAPSHOT, _TIMESTAMP = b"r" * 300, b"b" * 13_000, b"s" * 520_000, b"t" * 450


@dataclass
class Noise:
    """How long the floor of one publication took, each time that somebody asked."""

    folder: Path
    milliseconds: list[float] = field(default_factory=list)

    def listen(self) -> None:
        """It was measured some times more."""
        with self._machine() as machine:
            for _ in range(TIMES):
                start = time.perf_counter()
                machine.publish(_ROW, _BIN, _SNAPSHOT, _TIMESTAMP)
                self.milliseconds.append((time.perf_counter() - start) * 1000)

    @property
    def comparison(self) -> Comparison:
        """All that was heard, as one figure: its spread is that of the machine, whatever the signer does."""
        rounds = [self.milliseconds[start : start + TIMES] for start in range(0, len(self.milliseconds), TIMES)]
        middles = [figure_of(FLOOR, each).p50 for each in rounds]
        note = f"{len(rounds)} rounds while the bench ran; their middles: {min(middles):.2f} to {max(middles):.2f} ms"
        return Comparison("the floor of one add, on its own", (figure_of(FLOOR, self.milliseconds),), "", note)

    @contextmanager
    def _machine(self) -> Iterator[BareMachine]:
        folder = self.folder / str(len(self.milliseconds))
        folder.mkdir(parents=True)
        machine = BareMachine(folder, CryptoSigner.generate_ecdsa())
        try:
            yield machine
        finally:
            machine.close()
