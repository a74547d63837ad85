"""The steps that stories share: how a repository begins, and how one ceremony follows another."""

from collections.abc import Callable
from pathlib import Path

from ceremony.cli.apart_stage import Apart, Place
from ceremony.cli.stage import FILES, Held, Stage
from ceremony.core.before import Before
from ceremony.core.changes import listed
from ceremony.core.plan import Plan
from ceremony.engine.own import after
from ceremony.engine.practice import practice_plan

Step = tuple[str, Callable[[], str]]
"""What a step is called, and what takes it and says what it did."""

_DEVICES = {
    "software": "Make {count} software devices",
    "softhsm": "Make {count} SoftHSM tokens",
    "yubikey": "Find {count} blank YubiKeys",
    "mixed": "Find blank YubiKeys and make SoftHSM tokens for {count} keyholders",
}


MORE = b"Published after the second ceremony.\n"
"""What is in the file that is published after a ceremony that follows another."""


def beginning(stage: Stage, *, has_spare: bool = False) -> tuple[Step, ...]:
    """The steps of a first ceremony, from devices to the first files; a spare device is for the last keyholder."""
    wish = stage.wish
    ceremony = Ceremony(stage, stage.folder, lambda: _first_plan(stage))
    also = ", and one more to replace the last" if has_spare else ""
    return (
        (_DEVICES[wish.devices].format(count=wish.keyholders) + also, lambda: stage.make_devices(has_spare=has_spare)),
        ("The online signer makes its key", stage.make_signer),
        ("Write the plan", ceremony.plan),
        ("Hold the ceremony", ceremony.hold),
        ("Check the release as a stranger would", stage.check),
        ("The online signer takes the release", stage.deliver),
        ("The online signer publishes a few files", lambda: stage.add(FILES)),
        ("Keep the record", stage.keep),
    )


def following(
    stage: Stage,
    kind: str,
    planned: Callable[[Before, Plan], Plan],
    name: str = "",
    hold: "Callable[[Ceremony], tuple[Step, ...]] | None" = None,
) -> tuple[Step, ...]:
    """The steps of a ceremony that follows the last one held, with clients before and after.

    Its folder has its name, or else its kind; `hold` are the steps that hold it, if one does not.
    """
    folder = name or kind
    ceremony = Ceremony(stage, stage.folder / folder, lambda: _planned_after(stage.held[-1], planned))
    return (
        ("A real client downloads over HTTP, from root 1 alone", stage.come_back),
        (f"Write the plan of the {kind}", ceremony.plan),
        *(hold(ceremony) if hold else ((f"Hold the {kind}", ceremony.hold),)),
        ("Check its release as somebody who has root 1", stage.check),
        ("The online signer takes it", stage.deliver),
        ("The online signer publishes one more file", lambda: stage.add({f"demo/{folder}.txt": MORE})),
        ("Keep its record", stage.keep),
        ("The client that came before comes back", stage.come_back),
        ("Real clients download over HTTP, each from one root alone", stage.download),
    )


def signed_apart(ceremony: "Ceremony") -> tuple[Step, ...]:
    """The steps that hold a ceremony at one place and have it signed at others."""
    apart = ceremony.apart
    return (
        ("Begin at the first place, and send the request to the others", apart.begin),
        *(_answer(apart, place) for place in apart.places),
        ("Take in what came back: the last first, as scanned codes; the first as a file, twice", apart.gather),
        ("Seal it at the first place", apart.seal),
    )


def _answer(apart: Apart, place: Place) -> Step:
    title = f"Sign at the {place.name.replace('-', ' ')}, where {listed(place.people)} {_are(place)}"
    return title, lambda: apart.answer(place)


def _are(place: Place) -> str:
    return "is" if len(place.people) == 1 else "are"


class Ceremony:
    """One ceremony of a story: its plan is made when the story has come to it."""

    def __init__(self, stage: Stage, folder: Path, make: Callable[[], Plan]) -> None:
        self._stage = stage
        self._folder = folder
        self._make = make
        self._plan: Plan

    def plan(self) -> str:
        """The plan stands in the folder."""
        self._plan = self._make()
        return self._stage.write_plan(self._plan, self._folder)

    def hold(self) -> str:
        """The ceremony was held."""
        return self._stage.hold(self._plan, self._folder)

    @property
    def apart(self) -> Apart:
        """The same ceremony, to be held at several places."""
        return Apart(self._stage, self._folder, lambda: self._plan)


def _first_plan(stage: Stage) -> Plan:
    serials = {name: device.info.serial for name, device in stage.devices.yubikeys.items()}
    return practice_plan(stage.names, stage.wish.threshold, stage.now, stage.online_key(), serials)


def _planned_after(held: Held, planned: Callable[[Before, Plan], Plan]) -> Plan:
    return planned(after(held.bundle), held.bundle.plan)
