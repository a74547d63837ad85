"""A ceremony that is signed at several places, seen from the one that holds it: take in what is back, send, pause."""

from ceremony.core.review import Reviewed
from ceremony.core.signers import Signer
from ceremony.core.tally import tally
from ceremony.engine import ask
from ceremony.engine.bundle import Bundle
from ceremony.engine.carried import send_from
from ceremony.engine.gather import ask_for_responses
from ceremony.engine.opening import Agenda
from ceremony.engine.questions import GoBack
from ceremony.engine.record import Record
from ceremony.engine.room import Room
from ceremony.engine.status import paused
from ceremony.errors import StorageError


def is_complete(bundle: Bundle) -> bool:
    """True once every quorum of what is drafted has the signatures that it needs."""
    return all(each.is_complete for each in tally(bundle.files, bundle.quorums))


def is_awaited(bundle: Bundle, signer: Signer) -> bool:
    """True while there is something that this signer can sign, or will be once it is drafted."""
    if signer.enrolment is None or not bundle.files:
        return any(role in bundle.plan.expires for role in signer.holder.roles)
    return any(signer.enrolment.keyid in each.missing for each in tally(bundle.files, bundle.quorums))


def gather_or_pause(record: Record, room: Room, reviewed: Reviewed, agenda: Agenda) -> None:
    """Every quorum is complete, with what came back from other places.

    Otherwise people were offered to send the request there, and the sitting is over for today.
    Raises: PausedError; GoBack; StoppedError; StorageError.
    """
    while True:
        ask_for_responses(record, room, reviewed, agenda.responses)
        if is_complete(record.bundle):
            return
        try:
            _offer_request(record, agenda)
        except GoBack:
            continue
        raise paused(record.bundle)


def _offer_request(record: Record, agenda: Agenda) -> None:
    trouble: StorageError | None = None
    while True:
        path = agenda.request or record.ask(ask.request_place(record.step, record.bundle.plan, trouble))
        if path is None:
            return
        try:
            send_from(record, path)
        except StorageError as error:
            if agenda.request is not None:
                raise
            record.trouble(error)
            trouble = error
        else:
            return
