"""The first page: what can be done here."""

from textual.app import ComposeResult
from textual.widgets import Static

from ceremony.explain import explain
from ceremony.tui.desk import Seen
from ceremony.tui.screens.page import Page, heading
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.device_picture import icon_of
from ceremony.tui.widgets.device_words import device_name, tries_words
from ceremony.tui.widgets.ink import CAUTION, clean, cut, lines
from ceremony.tui.widgets.key_line import HELP, MOVE, STOP
from ceremony.tui.widgets.lookout import Looked, Lookout
from ceremony.tui.wishes import Open
from hsm import Device, DeviceInfo
from hsm.errors import DeviceError

_CHOICES = {
    "plan": ("Begin a new ceremony", "Write a plan or load one, then sit together."),
    "follow": ("Follow another ceremony", "Begin one in which keys change, or dates alone, from the last release."),
    "resume": ("Resume a ceremony", "Go on from its bundle, with every signature that was made."),
    "enrol": ("Enrol away from the room", "Put a key on your own device, and send its enrolment to the room."),
    "device": ("My device", "See all that a device tells of itself; no PIN is asked."),
    "verify": ("Verify a bundle", "Check one as a stranger would; no device is needed."),
    "rehearse": ("Rehearse", "Walk a whole ceremony on software devices; nothing real is touched."),
}
_SHOWN = 3


class WelcomePage(Page):
    """Seven doors. Without a device the rehearsal comes first, because nothing else can be finished."""

    keys = MOVE + HELP + STOP
    explanation = (
        "This program leads people through a key ceremony: they make the first trusted root of a TUF repository with "
        "keys on their own devices, and each root after it. It needs no network. A ceremony follows a plan, asks one "
        "thing at a time, and keeps everything in a folder called a bundle, so that you can stop at any question and "
        "resume later.\n\n"
        "If this is your first time, rehearse: it takes ten minutes and touches nothing real. If somebody asked you "
        "to bring a device, look at it under My device: it may still have its maker's PIN, or none that works."
    )

    def compose_page(self) -> ComposeResult:
        """A greeting; the doors come when it is known what is plugged in."""
        yield from heading("Welcome", "The root of a TUF repository, made by people with their own devices.")
        yield Static("Looking for devices …", id="devices", markup=False)
        yield Lookout(self.desk.find)

    async def on_looked(self, message: Looked[Seen]) -> None:
        """What is plugged in is told; the first time, the doors are opened."""
        devices, faults = message.found
        self.query_one("#devices", Static).update(lines(_told(devices, faults)))
        if not self.query(Choices):
            await self._offer(list(_CHOICES), is_alone=not devices)

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """One of the doors."""
        self.post_message(Open(str(message.choice.value)))

    async def _offer(self, order: list[str], *, is_alone: bool) -> None:
        if is_alone:
            order = [*order[-1:], *order[:-1]]
        choices = [Choice(_CHOICES[name][0], value=name, identity=name) for name in order]
        await self.query_one("#page").mount(Choices(*choices, stacked=True))
        for choice in choices:
            about = Static(f"      {_CHOICES[choice.id or ''][1]}", classes="about", markup=False)
            await self.query_one(Choices).mount(about, after=choice)
        choices[0].focus()


def _told(devices: tuple[Device, ...], faults: tuple[DeviceError, ...]) -> list[str]:
    said = [_line(each.info) for each in devices[:_SHOWN]]
    if len(devices) > _SHOWN:
        said.append(f"and {len(devices) - _SHOWN} more; My device shows each of them.")
    if not devices:
        said = ["No device is plugged in, so a rehearsal is offered first: it brings its own."]
    return [*said, *(clean(f"{CAUTION} {explain(each).title}: {each.serial}") for each in faults)]


def _line(device: DeviceInfo) -> str:
    named = f"{icon_of(device)} {device_name(device)} {cut(device.serial, 24)} {cut(device.label, 24)}".rstrip()
    makers = f" · {CAUTION} maker's codes" if device.has_makers_codes else ""
    return f"{named}: {tries_words(device)[0]}{makers}"
