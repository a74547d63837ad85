"""How a signer is kept going: its settings, what waits how long, and what the real client found; for status."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.console import Console
from rich.markup import escape

from ceremony.core.plan import instant_text
from ceremony.core.strict_json import Json
from ceremony.online.figures import Readings
from ceremony.online.self_check import Outcome
from ceremony.online.settings import Settings
from ceremony.online.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Running:
    """All of it; `outcome` is None until the real client has looked once.

    `trouble` keeps it from publishing, None if nothing does. `ahead` is the date of a publication that is yet to come,
    None for every clock that was never wrong.
    """

    settings: Settings
    readings: Readings
    outcome: Outcome | None
    trouble: Trouble | None = None
    ahead: datetime | None = None

    def to_json(self) -> dict[str, Json]:
        """The same for machines."""
        settings = self.settings
        return {
            "oldest_waiting_seconds": self.readings.oldest_seconds,
            "publications_dated_ahead_to": None if self.ahead is None else instant_text(self.ahead),
            "self_check": None if self.outcome is None else self.outcome.to_json(),
            "settings": {
                "prune_minutes": _minutes(settings.prune_every),
                "retention_hours": settings.retention // timedelta(hours=1),
                "self_check_minutes": _minutes(settings.self_check.every),
                "self_check_url": settings.self_check.url,
                "window_seconds": settings.window // timedelta(seconds=1),
            },
            "trouble": None if self.trouble is None else self.trouble.to_json(),
        }


def draw_running(console: Console, running: Running) -> None:
    """The same as lines of a page."""
    _draw_cautions(console, running)
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


def _draw_cautions(console: Console, running: Running) -> None:
    trouble = running.trouble
    if trouble is not None:
        said = f"nothing can be published since {instant_text(trouble.since)}. {trouble.title}. {trouble.detail}"
        console.print(f"[bold red]Caution:[/] {escape(said)}", highlight=False)
        console.print(f"[bold]Now:[/] {escape(trouble.advice)}", highlight=False)
    if running.ahead is not None:
        said = f"publications are dated up to {instant_text(running.ahead)}, which is yet to come"
        console.print(
            f"[bold red]Caution:[/] {said}: this machine's clock was wrong then, or is now. Clients go by their own.",
            highlight=False,
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
