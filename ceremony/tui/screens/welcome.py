"""The first page: what can be done here."""

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from ceremony.explain import explain
from ceremony.tui.desk import Seen
from ceremony.tui.screens.page import Page, heading
from ceremony.tui.widgets.choice import Choice, Choices
from ceremony.tui.widgets.device_picture import icon_of
from ceremony.tui.widgets.device_words import device_name, tries_words
from ceremony.tui.widgets.doors import Door, Doors
from ceremony.tui.widgets.fault_lines import fault_line, faults_at_length
from ceremony.tui.widgets.ink import CAUTION, clean, cut, lines, loud
from ceremony.tui.widgets.key_line import HELP, MOVE, STOP
from ceremony.tui.widgets.lookout import Looked, Lookout
from ceremony.tui.wishes import Open
from hsm import Device, DeviceInfo
from hsm.errors import DeviceError

_DOORS = (
    Door("begin", "Begin a ceremony", "A first one, one after the last release, or an emergency.", "begin"),
    Door("resume", "Go on with a ceremony", "See who still has to sign; sit down, send it, or give it up.", "resume"),
    Door("elsewhere", "Sign what others sent", "A request came from another place: review it, sign here.", "elsewhere"),
    Door("devices", "My device", "See what it tells of itself, or enrol it away from the room.", "devices"),
    Door("look", "Look at something", "A forecast, a bundle to verify, a repository of others.", "look"),
    Door("rehearse", "Rehearse", "A whole ceremony on software devices; nothing real is touched.", "rehearse"),
)
_SHOWN = 3


class WelcomePage(Page):
    """Six doors. Without a device the rehearsal comes first, because nothing else can be finished."""

    keys = MOVE + HELP + STOP
    explanation = (
        "This program leads people through a key ceremony: they make the first trusted root of a TUF repository with "
        "keys on their own devices, and each root after it. It needs no network. A ceremony follows a plan, asks one "
        "thing at a time, and keeps everything in a folder called a bundle, so that you can stop at any question and "
        "go on later.\n\n"
        "If this is your first time, rehearse: it takes ten minutes and touches nothing real. If somebody asked you "
        "to bring a device, look at it under My device: it may still have its maker's PIN, or none that works. If "
        "somebody sent you a request, choose Sign what others sent."
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
        self.explanation = "\n\n".join(filter(None, (faults_at_length(faults), type(self).explanation)))
        if not self.query(Choices):
            order = _DOORS if devices else (_DOORS[-1], *_DOORS[:-1])
            await self.query_one("#page").mount(Doors(*order))
            self.query(Choice).first().focus()

    def on_choice_chosen(self, message: Choice.Chosen) -> None:
        """One of the doors."""
        self.post_message(Open(str(message.choice.value)))

    async def action_back(self) -> None:
        """Nothing is before this page."""


def _told(devices: tuple[Device, ...], faults: tuple[DeviceError, ...]) -> list[Content | str]:
    said: list[Content | str] = [_line(each.info) for each in devices[:_SHOWN]]
    if len(devices) > _SHOWN:
        said.append(f"and {len(devices) - _SHOWN} more; My device shows each of them.")
    if not devices:
        said = ["No device is plugged in, so a rehearsal is offered first: it brings its own."]
    said += [loud(fault_line(each)) for each in faults]
    if faults:
        # Whoever sees a device can go on; whoever sees none reads at once what to do.
        said.append("F1 says what to do about it." if devices else clean(explain(faults[0]).advice))
    return said


def _line(device: DeviceInfo) -> str:
    named = f"{icon_of(device)} {device_name(device)} {cut(device.serial, 24)} {cut(device.label, 24)}".rstrip()
    makers = f" · {CAUTION} maker's codes" if device.has_makers_codes else ""
    return f"{named}: {tries_words(device)[0]}{makers}"
