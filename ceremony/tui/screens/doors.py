"""The pages behind the first one that only lead on: to begin, to the own device, to look at something."""

from typing import ClassVar

from textual.app import ComposeResult

from ceremony.tui.screens.page import Page, heading
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.doors import Door, Doors
from ceremony.tui.wishes import Open


class DoorsPage(Page):
    """A few doors, and the way back; each kind says which."""

    title_shown: ClassVar[str]
    lead: ClassVar[str]
    doors: ClassVar[tuple[Door, ...]]

    def compose_page(self) -> ComposeResult:
        """The doors, and below them the way back."""
        yield from heading(self.title_shown, self.lead)
        yield Doors(*self.doors)
        yield Choices(Choice("Back to the first page", value="", identity="back"))

    def on_mount(self) -> None:
        """It rests on the first door, which alone changes nothing."""
        self.query(Choice).first().focus()

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """One of the doors, or back."""
        name = str(message.choice.value)
        if name:
            self.post_message(Open(name))
        else:
            self.go_back()


class BeginPage(DoorsPage):
    """A first ceremony, one that follows another, or one that answers an emergency."""

    title_shown = "Begin a ceremony"
    lead = "Every ceremony has a plan, and one after the first starts from what the last one made."
    doors = (
        Door("plan", "From a plan", "Write the plan of a first ceremony, or load any plan from a file.", "plan"),
        Door("follow", "After the last ceremony", "From its release: people, devices or dates change.", "follow"),
        Door("emergency", "In an emergency", "A key is lost or stolen: what to do, and a plan for it.", "emergency"),
    )
    explanation = (
        "The first ceremony makes the first root of a repository. Every later one follows the one before it: it needs "
        "the release that was made there, and changes only what its plan says. Whoever has a finished plan in a file "
        "loads it through the first door, whichever kind of ceremony it is for. Where a key is lost or stolen, the "
        "third door comes first: it says what to do at once, and makes the plan of the ceremony that takes the key out."
    )


class DevicesPage(DoorsPage):
    """A device is looked at, or enrolled by its owner alone."""

    title_shown = "My device"
    lead = "For keyholders on their own: nobody else has to be in the room."
    doors = (
        Door("device", "See what it tells", "Its codes, its keys and its slots; no PIN is asked.", "device"),
        Door("enrol", "Enrol away from the room", "Put a key on it, and send its enrolment to the room.", "enrol"),
    )
    explanation = (
        "Look at a device before a ceremony: it may still have its maker's codes, or none that works. If you cannot "
        "come to the ceremony, or want to take time over your device, enrol it here alone; for that you need the "
        "plan's file. To sign for a ceremony that is held elsewhere, choose Sign what others sent on the first page."
    )


class LookPage(DoorsPage):
    """What can be looked at without changing it."""

    title_shown = "Look at something"
    lead = "Nothing is changed by these, and no device is needed."
    doors = (
        Door("forecast", "Forecast", "When each role ends, and when the next ceremony has to start.", "forecast"),
        Door("verify", "Verify a bundle", "Check a bundle or a release as a stranger would.", "verify"),
        Door("foreign", "Look through a repository", "What clients refuse in one that others made.", "foreign"),
    )
    explanation = (
        "The forecast says how long everything lasts and which keys may be lost until then. Verifying a release checks "
        "every byte and every signature of it. Looking through a repository that others have made tells what clients "
        "of today refuse in it, and from which root on it can be trusted."
    )
