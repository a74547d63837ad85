"""The verbs, in the order in which they are used, each loaded when it is asked for.

Most of them need the whole engine; nobody who lists devices, or who mistypes an option, waits for that.
"""

from collections.abc import Iterator, MutableMapping
from importlib import import_module

import click

_PLACES = {
    "rehearse": ("rehearse_verb", "rehearse_verb"),
    "plan": ("plan_verb", "plan_verb"),
    "emergency": ("emergency_verb", "emergency_verb"),
    "project": ("project_verbs", "project_verbs"),
    "devices": ("devices_verb", "devices_verb"),
    "forecast": ("forecast_verb", "forecast_verb"),
    "survey": ("survey_verb", "survey_verb"),
    "device": ("device_verbs", "device_verbs"),
    "enrol": ("sit_verbs", "enrol_verb"),
    "sit": ("sit_verbs", "sit_verb"),
    "send": ("apart_verbs", "send_verb"),
    "sign": ("sign_verb", "sign_verb"),
    "gather": ("apart_verbs", "gather_verb"),
    "withdraw": ("apart_verbs", "withdraw_verb"),
    "status": ("look_verbs", "status_verb"),
    "verify": ("look_verbs", "verify_verb"),
}
"""Each verb: its module in this room, and its command there."""


class Verbs(MutableMapping[str, click.Command]):
    """The verbs by name, as a group of commands wants them; none is added and none taken away."""

    def __getitem__(self, name: str) -> click.Command:
        """The verb of this name.

        Raises: KeyError.
        """
        module, command = _PLACES[name]
        found = getattr(import_module(f"ceremony.cli.{module}"), command)
        if not isinstance(found, click.Command):
            raise TypeError(found)
        return found

    def __iter__(self) -> Iterator[str]:
        """The names, in that order."""
        return iter(_PLACES)

    def __len__(self) -> int:
        """How many there are."""
        return len(_PLACES)

    def __setitem__(self, name: str, _command: click.Command) -> None:
        """Never.

        Raises: TypeError.
        """
        raise TypeError(name)

    def __delitem__(self, name: str) -> None:
        """Never.

        Raises: TypeError.
        """
        raise TypeError(name)
