"""How a signer is kept going: its settings, what waits how long, and what the real client found; for status."""

from dataclasses import dataclass
from datetime import timedelta

from rich.console import Console
from rich.markup import escape

from ceremony.core.plan import instant_text
from ceremony.core.strict_json import Json
from ceremony.online.figures import Readings
from ceremony.online.self_check import Outcome
from ceremony.online.settings import Settings


@dataclass(frozen=True, slots=True)
class Running:
    """All of it; `outcome` is None until the real client has looked once."""

    settings: Settings
    readings: Readings
    outcome: Outcome | None

    def to_json(self) -> dict[str, Json]:
        """The same for machines."""
        settings = self.settings
        return {
            "oldest_waiting_seconds": self.readings.oldest_seconds,
            "self_check": None if self.outcome is None else self.outcome.to_json(),
            "settings": {
                "prune_minutes": _minutes(settings.prune_every),
                "retention_hours": settings.retention // timedelta(hours=1),
                "self_check_minutes": _minutes(settings.self_check.every),
                "self_check_url": settings.self_check.url,
                "window_seconds": settings.window // timedelta(seconds=1),
            },
        }


def draw_running(console: Console, running: Running) -> None:
    """The same as lines of a page."""
    console.print(_looked(running.outcome), highlight=False)
    settings = running.settings
    window = f"a window of {settings.window.seconds} s, " if settings.window else ""
    kept = f"superseded metadata is kept for {settings.retention // timedelta(hours=1)} h"
    never = "" if settings.prune_every else ", and never pruned by itself"
    console.print(f"publishes with {window or 'no window, '}{kept}{never}", highlight=False)
    if running.readings.oldest_seconds > settings.window.total_seconds() + 60:
        seconds = running.readings.oldest_seconds
        console.print(
            f"[bold red]Caution:[/] a change waits since {seconds} s: does the signer serve?", highlight=False
        )


def _looked(outcome: Outcome | None) -> str:
    if outcome is None:
        return "the real client has not looked yet"
    at = instant_text(outcome.at)
    if outcome.is_good:
        return f"the real client took everything at {at} (publication {outcome.publication})"
    return f"[bold red]The real client stopped[/] at {escape(outcome.stopped_at)}, at {at}: {escape(outcome.reason)}"


def _minutes(every: timedelta | None) -> int:
    return 0 if every is None else every // timedelta(minutes=1)
