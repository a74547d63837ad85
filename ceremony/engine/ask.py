"""The pages that the whole room answers: what each says, in one place."""

from collections.abc import Iterator
from datetime import datetime

from ceremony.core.changes import Change
from ceremony.core.machine_rules import Machine
from ceremony.core.plan import Plan, instant_text
from ceremony.core.review import Reviewed
from ceremony.core.signers import Signer
from ceremony.engine.media import suggested_place, writable_places
from ceremony.engine.questions import ChoosePlace, Confirm, ReviewPage, RollCall
from ceremony.errors import CeremonyError

ROOM_PAIR = 15
"""Which pair of words the room types at the review; keyholders type the pairs from zero on."""


def clock(step: str, now: datetime, machine: Machine) -> Confirm:
    """Does the clock on the wall agree with this machine?"""
    seen = [f"the network on {name} is up" for name in machine.interfaces_up] + [
        f"swap on {it}" for it in machine.swaps
    ]
    also = f" In a real ceremony this machine would be refused: {', '.join(seen)}." if seen else ""
    return Confirm(
        step=step,
        person="the operator",
        title="Check the machine",
        action="Compare this machine's clock with a clock that everybody can see.",
        expect=f"The clock on the wall shows {instant_text(now)[:16].replace('T', ' ')} UTC, give or take a minute.",
        explain="Expiry dates come from the plan, not from this clock; but a wrong clock tells of a machine that is "
        f"not what it should be, and the record would carry wrong times.{also}",
        can_go_back=False,
        yes="The clocks agree",
    )


def roll_call(step: str, plan: Plan, signers: tuple[Signer, ...]) -> RollCall:
    """Who is here?"""
    return RollCall(
        step=step,
        person="the operator",
        title="Roll call",
        action="Mark everybody who is in the room, with the device.",
        expect="Each keyholder answers in person.",
        explain="Only those who are here are asked to enrol and to sign. Whoever is missing can sign in another "
        "sitting from the same bundle; a role needs as many signatures as the plan says.",
        names=tuple(_called(plan, signers)),
    )


def _called(plan: Plan, signers: tuple[Signer, ...]) -> Iterator[tuple[str, str]]:
    """Each person once: those of the plan, then those whose keys sign a last time."""
    for each in plan.keyholders:
        roles = [role for role in each.roles if role in plan.expires]
        yield each.name, f"signs {', '.join(roles)}" if roles else "is enrolled, and signs nothing this time"
    planned = {each.name for each in plan.keyholders}
    for name in dict.fromkeys(each.holder.name for each in signers if each.leaves):
        if name not in planned:
            yield name, "signs root a last time"


def review_page(
    step: str, reviewed: Reviewed, place: int, trouble: CeremonyError | None, cautions: tuple[Change, ...] = ()
) -> ReviewPage:
    """The change, its keys and its fingerprint: does the room agree?"""
    return ReviewPage(
        step=step,
        person="everybody",
        title="Review",
        action=f"Read sentences and keys; read the fingerprint aloud. Then type its words {place} and {place + 1}.",
        expect="Every sentence is what the plan was meant to say; everybody's copy shows the same words.",
        explain="These are the exact bytes that will be signed, told in sentences. The fingerprint stands for all of "
        "them: if one bit of root, targets or bins were different, other words would stand here. Once somebody has "
        "signed, nothing in it can change.",
        trouble=trouble,
        reviewed=reviewed,
        place=place,
        cautions=cautions,
    )


def place(step: str, plan: Plan, trouble: CeremonyError | None) -> ChoosePlace:
    """Where does the release go?"""
    places = writable_places()
    return ChoosePlace(
        step=step,
        person="the operator",
        title="Export",
        action="Choose where the release is written: plug in the stick and choose it, or type a new folder's path.",
        expect="The stick is the one labelled for this direction, and empty.",
        explain="The release holds the signed metadata, the plan, the roster, the transcript and the minutes; no "
        "secret. It is written to a new folder, synced and read back; nothing on the stick is overwritten. "
        "Export it a second time from the bundle for a second stick.",
        trouble=trouble,
        places=places,
        suggested=suggested_place(places, plan.id),
    )


def request_place(step: str, plan: Plan, trouble: CeremonyError | None) -> ChoosePlace:
    """Where does the request go, for those who sign at other places?"""
    places = writable_places()
    return ChoosePlace(
        step=step,
        person="the operator",
        title="Send the request",
        action="Signatures are missing. Choose where the request to the other places is written, or say No.",
        expect="The stick is the one labelled for the way there. No ends the sitting for today without a request.",
        explain="A request holds the plan, the roster, what was reviewed here, the signatures so far and the "
        "transcript; no secret. Everybody reviews and signs it on a machine of their own, against what that machine "
        "trusts itself. It can be sent as often as you like, with `ceremony send` too.",
        trouble=trouble,
        places=places,
        suggested=suggested_place(places, plan.id, "request"),
    )
