"""The stories that can be rehearsed with nobody at the keyboard: each is the steps that it takes on a stage."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from ceremony.cli.delegation_story import DelegationStory
from ceremony.cli.emergency_story import EmergencyStory
from ceremony.cli.stage import Stage
from ceremony.cli.story_steps import Step, beginning, following, signed_apart
from ceremony.core.before import Before
from ceremony.core.plan import Plan
from ceremony.engine.practice import practice_refresh, practice_rotation


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


class SeveralSittingsStory:
    """Root, targets and bins are refreshed by keyholders at three places, who sign on machines of their own."""

    def steps(self, stage: Stage) -> tuple[Step, ...]:
        """The initial story, and then the refresh, held at the first place and signed at all of them."""
        steps = following(stage, "refresh", practice_refresh, "several-sittings", hold=signed_apart)
        return (*beginning(stage), *steps)


STORIES: Mapping[str, Story] = MappingProxyType(
    {
        "initial": InitialStory(),
        "rotation": RotationStory(),
        "refresh": RefreshStory(),
        "several-sittings": SeveralSittingsStory(),
        "delegation": DelegationStory(),
        "emergency": EmergencyStory(),
    }
)
"""Each story, by the name under which it is asked for."""
