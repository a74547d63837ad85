"""What callers of a signer that is killed all the time have asked for, and been told: what clients may and must see."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256


@dataclass
class Ledger:
    """By path: what was ever asked for, what was acknowledged, what clients have to see. Safe in any thread.

    A value is the SHA-256 of a content in hex, None for no target; no content is ever asked for twice.
    """

    standing: dict[str, str | None] = field(default_factory=dict)
    acknowledged: int = 0
    confirmed: int = 0
    doubts: list[dict[str, str | None]] = field(default_factory=list)
    _order: dict[str, dict[str, int]] = field(default_factory=dict)
    _count: dict[str, int] = field(default_factory=dict)
    _last_gone: dict[str, int] = field(default_factory=dict)
    _floor: dict[str, int] = field(default_factory=dict)
    _asked: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add_paths(self, paths: tuple[str, ...]) -> None:
        """No target stands there yet."""
        for path in paths:
            self.standing[path] = None
            self._order[path] = {}
            self._count[path] = 0
            self._last_gone[path] = 0
            self._floor[path] = 0

    def new_content(self) -> tuple[int, str]:
        """Length and SHA-256 of a content that nobody has asked for."""
        with self._lock:
            self._asked += 1
            content = str(self._asked).encode()
        return len(content), sha256(content).hexdigest()

    def ask(self, change: Mapping[str, str | None]) -> None:
        """From now on clients may see this."""
        with self._lock:
            for path, value in change.items():
                self._count[path] += 1
                place = self._count[path]
                if value is None:
                    self._last_gone[path] = place
                else:
                    self._order[path][value] = place

    def acknowledge(self, change: Mapping[str, str | None], *, is_visible: bool) -> None:
        """It will be published; where `is_visible`, clients that begin from now on see it, or what came later."""
        with self._lock:
            self.standing.update(change)
            self.acknowledged += 1
            self.confirmed += is_visible
            for path, value in change.items() if is_visible else ():
                self._floor[path] = self._last_gone[path] if value is None else self._order[path][value]

    def doubt(self, change: Mapping[str, str | None]) -> None:
        """Nobody knows whether it was acknowledged: there was no answer."""
        with self._lock:
            self.doubts.append(dict(change))

    def floors(self) -> Mapping[str, int]:
        """Below this no client that begins now may see anything."""
        with self._lock:
            return dict(self._floor)

    def check_seen(self, found: Mapping[str, str | None], floors: Mapping[str, int]) -> None:
        """A client has found this, which began when `floors` held."""
        with self._lock:
            for path, value in found.items():
                place = self._last_gone[path] if value is None else self._order[path].get(value, -1)
                assert place >= floors[path], f"{path}: {value} ({place}) where {floors[path]} was confirmed"

    def settle(self, found: Mapping[str, str | None]) -> tuple[int, int]:
        """Nothing waits any more, and clients find this: of the doubts, how many were taken in, and how many not.

        What was acknowledged is there; what was in doubt is there as a whole, or not at all.
        """
        taken = 0
        with self._lock:
            doubts, self.doubts = self.doubts, []
            for change in doubts:
                is_taken = {path: found[path] == value for path, value in change.items()}
                assert len(set(is_taken.values())) == 1, f"half of a change is there: {is_taken}"
                if all(is_taken.values()):
                    self.standing.update(change)
                    taken += 1
            wrong = {path: (found[path], value) for path, value in self.standing.items() if found[path] != value}
            assert wrong == {}, f"as found, and as acknowledged: {wrong}; in doubt was {doubts}"
            for path, value in found.items():
                self._floor[path] = self._last_gone[path] if value is None else self._order[path][value]
        return taken, len(doubts) - taken
