"""The stories that can be rehearsed with nobody at the keyboard: each is the steps that it takes on a stage."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from ceremony.cli.stage import FILES, Held, Stage
from ceremony.core.before import Before
from ceremony.core.plan import Plan
from ceremony.engine.own import after
from ceremony.engine.practice import practice_plan, practice_refresh, practice_rotation

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


class Story(Protocol):
    """One story, from an empty folder to real clients that are content."""

    def steps(self, stage: Stage) -> tuple[Step, ...]:
        """Every step, in order; the next one is taken when the one before is done."""
        ...


class InitialStory:
    """A repository begins: its first root, targets and bins, and a few files."""

    def steps(self, stage: Stage) -> tuple[Step, ...]:
        """From devices to a client."""
        first = ("A real client downloads over HTTP, from root 1 alone", stage.download)
        return (*beginning(stage), first)


class RotationStory:
    """The last keyholder gets another device: the old one signs root a last time, and nothing after that."""

    def steps(self, stage: Stage) -> tuple[Step, ...]:
        """The initial story, and then the rotation."""

        def planned(before: Before, last: Plan) -> Plan:
            return practice_rotation(before, last, *stage.spare())

        return (*beginning(stage, has_spare=True), *following(stage, "rotation", planned))


class RefreshStory:
    """Root, targets and bins get new versions and new ends, and nothing else changes."""

    def steps(self, stage: Stage) -> tuple[Step, ...]:
        """The initial story, and then the refresh."""
        return (*beginning(stage), *following(stage, "refresh", practice_refresh))


STORIES: Mapping[str, Story] = MappingProxyType(
    {"initial": InitialStory(), "rotation": RotationStory(), "refresh": RefreshStory()}
)
"""Each story, by the name under which it is asked for."""


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


def following(stage: Stage, kind: str, planned: Callable[[Before, Plan], Plan]) -> tuple[Step, ...]:
    """The steps of a ceremony that follows the last one held, with clients before and after; its folder is its kind."""
    ceremony = Ceremony(stage, stage.folder / kind, lambda: _planned_after(stage.held[-1], planned))
    return (
        ("A real client downloads over HTTP, from root 1 alone", stage.come_back),
        (f"Write the plan of the {kind}", ceremony.plan),
        (f"Hold the {kind}", ceremony.hold),
        ("Check its release as somebody who has root 1", stage.check),
        ("The online signer takes it", stage.deliver),
        ("The online signer publishes one more file", lambda: stage.add({f"demo/{kind}.txt": MORE})),
        ("Keep its record", stage.keep),
        ("The client that came before comes back", stage.come_back),
        ("Real clients download over HTTP, each from one root alone", stage.download),
    )


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


def _first_plan(stage: Stage) -> Plan:
    serials = {name: device.info.serial for name, device in stage.devices.yubikeys.items()}
    return practice_plan(stage.names, stage.wish.threshold, stage.now, stage.online_key(), serials)


def _planned_after(held: Held, planned: Callable[[Before, Plan], Plan]) -> Plan:
    return planned(after(held.bundle), held.bundle.plan)
