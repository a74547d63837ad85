"""Somebody at a plain terminal who may have two devices: the page says which, and each has a PIN of its own."""

import re
from collections.abc import Mapping

from fakes.willing_person import WillingPerson


class ReturningPerson(WillingPerson):
    """A willing person for a ceremony that follows another; `pins` goes from serial to PIN.

    `stop_at` is a piece of the page on which this person stops.
    """

    def __init__(
        self, pins: Mapping[str, str], stop_at: str = "no such page", odd: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(pins, odd={stop_at: "q", **(odd or {})})

    def _code(self, page: str, prompt: str) -> str:
        del prompt
        (serial,) = (each for each in self.pins if re.search(rf"(?m)^.*\b{each} \(.*: PIN ", page))
        return self.pins[serial]

    def _choice(self, page: str, name: str) -> str:
        wanted = re.search(r"Wanted: the device with serial (\S+)", page)
        if "the number of the device" not in page or wanted is None:
            return super()._choice(page, name)
        row = re.search(rf"(?m)^\s*(\d+)\s+{re.escape(wanted[1])}\s", page)
        return row[1] if row else ""
