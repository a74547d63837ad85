"""A ceremony of a story that is signed at several places, each with people, devices and trust of its own."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ceremony.cli.stage import Stage
from ceremony.core.plan import Plan
from ceremony.core.qr_text import request_as_qr_text
from ceremony.core.response import Request
from ceremony.engine.bundle import open_bundle
from ceremony.engine.disk import create_file, named
from ceremony.engine.elsewhere import Answered, agenda_for, sign_elsewhere
from ceremony.engine.gather import Gathered, gather_alone
from ceremony.engine.qr import response_codes
from ceremony.engine.sitting import sit
from ceremony.errors import PausedError, RehearsalError


@dataclass(frozen=True, slots=True)
class Place:
    """A place away from the ceremony: its folder's name, who is there, and whether it has seen the last release."""

    name: str
    people: tuple[str, ...]
    has_release: bool


class Apart:
    """The ceremony in `folder`, signed at up to three places: the first keyholder holds it, the others answer it."""

    def __init__(self, stage: Stage, folder: Path, plan: Callable[[], Plan]) -> None:
        self._stage = stage
        self._folder = folder
        self._plan = plan
        self._request = folder / "request"
        self._answered: tuple[Answered, ...] = ()
        self._first = stage.names[:1]
        second, third = stage.names[1::2], stage.names[2::2]
        others = (Place("second-place", second, has_release=False), Place("third-place", third, has_release=True))
        self.places = tuple(each for each in others if each.people)

    def begin(self) -> str:
        """At the first place the ceremony was reviewed, signed by who is there, sent to the others, and paused."""
        plan = self._plan()
        agenda = replace(self._stage.agenda(plan, self._folder), request=self._request)
        try:
            sit(self._stage.room(plan, self._first), agenda)
        except PausedError as paused:
            return f"paused, as it should be: {len(paused.people)} can still sign"
        raise RehearsalError("root", "one place alone was enough")

    def answer(self, place: Place) -> str:
        """At this place the request was judged by what is trusted there, reviewed and signed."""
        folder = self._folder / place.name
        with named(folder):
            folder.mkdir()
        settings = self._stage.settings
        agenda = agenda_for(
            self._request, folder / "copy", settings.policy, self._trust(place, folder), folder / "response"
        )
        agenda = replace(agenda, authorities=settings.attestation_folders)
        room = self._stage.room(self._plan(), place.people)
        answered = sign_elsewhere(room, agenda, self._request, self._code())
        self._answered = (*self._answered, answered)
        return f"{', '.join(place.people)} gave {len(answered.response.signatures)} signatures, in {answered.place}"

    def gather(self) -> str:
        """What was signed last came back first, as codes that a scanner typed; then the first response, twice."""
        first, last = self._answered[0], self._answered[-1]
        return "\n".join(
            (
                *self._take(scanned=response_codes(last.response, last.request)),
                *self._take(first.place),
                *self._take(first.place),
            )
        )

    def seal(self) -> str:
        """At the first place the ceremony went on, with nothing left to sign."""
        plan = self._plan()
        outcome = sit(self._stage.room(plan, self._first), self._stage.agenda(plan, self._folder))
        return self._stage.enter(self._folder, outcome)

    def _trust(self, place: Place, folder: Path) -> Path:
        """What this place has itself: the release of the ceremony before, or its first root alone."""
        if place.has_release:
            with named(folder):
                return Path(shutil.copytree(self._stage.held[-1].release, folder / "trusted"))
        trusted = folder / "trusted.root.json"
        create_file(trusted, (self._stage.folder / "root.json").read_bytes())
        return trusted

    def _code(self) -> str:
        """What a scanner types of the request's code, which came by another way than the request."""
        bundle = open_bundle(self._folder / "ceremony")
        return request_as_qr_text(Request(bundle.plan.id, bundle.plan.repository, bundle.files, bundle.quorums))

    def _take(self, *paths: Path, scanned: tuple[str, ...] = ()) -> list[str]:
        plan = self._plan()
        agenda = self._stage.agenda(plan, self._folder)
        return [_became(each) for each in gather_alone(self._stage.room(plan, self._first), agenda, paths, scanned)]


def _became(found: Gathered) -> str:
    if found.error is not None:
        raise found.error
    news = f"{found.added} new signatures" if found.added else "nothing new"
    return f"{found.where}: signed by {', '.join(found.people)}, {news}"
