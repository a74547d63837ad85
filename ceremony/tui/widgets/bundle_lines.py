"""How a ceremony stands, in plain words: until when it may be held, who has signed what, and who still has to."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from textual.content import Content

from ceremony.core.plan import instant_text
from ceremony.core.tally import tally
from ceremony.core.withdrawal import withdrawal
from ceremony.engine.bundle import Bundle
from ceremony.engine.status import SignerStatus, Status, status_of
from ceremony.tui.widgets.ink import CAUTION, DONE, bold, clean, good, loud
from ceremony.tui.widgets.quorum_pane import by_role, count_words

_NOT_RESUMED = {
    "release": "This is a release: it is complete, and nothing is left to do but to deliver it.",
    "enrolment": "An enrolment away from the room: go on with it through My device, on the first page.",
}


def bundle_lines(bundle: Bundle, now: datetime) -> Iterator[Content | str]:
    """How the ceremony in this bundle stands at this moment.

    Raises: TamperedError if what it holds as drafts is no metadata.
    """
    plan, status = bundle.plan, status_of(bundle)
    mark = "a rehearsal" if plan.is_rehearsal else "a real ceremony"
    yield Content.assemble(bold(f"{plan.id} of {plan.repository}"), f", {mark}, {plan.kind}")
    withdrawn = withdrawal(bundle.transcript)
    if withdrawn is not None:
        yield loud(f"{CAUTION} {withdrawn.note}")
    if withdrawn is None and bundle.purpose != "release":
        yield _window(bundle, now)
    if bundle.purpose in _NOT_RESUMED:
        yield _NOT_RESUMED[bundle.purpose]
    if bundle.purpose == "enrolment":
        yield clean(f"Enrolled: {', '.join(status.enrolled) or 'nobody'}")
        return
    if status.not_enrolled:
        enrolled = ", ".join(status.enrolled) or "nobody"
        yield clean(f"Enrolled: {enrolled}; not yet: {', '.join(status.not_enrolled)}")
    if not bundle.files:
        yield from (f"{role}: 0 of {plan.thresholds[role]}, not drafted yet" for role in plan.expires)
    yield from _quorums(bundle)
    if withdrawn is None and bundle.purpose == "request":
        yield from still_to_sign(status)
    number = len(bundle.transcript.entries)
    yield f"{number} {'entry' if number == 1 else 'entries'} on record"


def still_to_sign(status: Status) -> Iterator[Content | str]:
    """Everybody whose signature would still count, by name and device, with what they would sign."""
    if not status.quorums:
        yield "Nobody can sign yet: the review comes first."
        return
    missing: dict[tuple[str, str], list[str]] = {}
    for quorum in status.quorums:
        for each in quorum.signers:
            if not each.has_signed and not quorum.is_complete:
                missing.setdefault((_who(each), ", a last time" if each.leaves else ""), []).append(quorum.role)
    if not missing:
        yield good(f"{DONE} Everything has the signatures it needs: sit down once more to seal it.")
        return
    yield bold("Can still sign")
    for (who, mark), roles in missing.items():
        yield clean(f"  {who}: {', '.join(dict.fromkeys(roles))}{mark}")


def _who(signer: SignerStatus) -> str:
    name = signer.name or f"key {signer.keyid[:8]}"
    return f"{name} with {signer.device}" if signer.device else name


def _window(bundle: Bundle, now: datetime) -> Content | str:
    window = bundle.plan.window
    opens, closes = (instant_text(each)[:16].replace("T", " ") for each in (window.opens, window.closes))
    if now > window.closes:
        return loud(f"{CAUTION} Its time is over: it could be held until {closes} UTC.")
    begins = f"from {opens} UTC " if now < window.opens else ""
    return f"It may be held {begins}until {closes} UTC."


def _quorums(bundle: Bundle) -> Iterable[Content | str]:
    for alike in by_role(tally(bundle.files, bundle.quorums)):
        for each in alike:
            names = [_holder(bundle, keyid) for keyid in each.signed]
            yield clean(f"{count_words(each, alike)}, signed by {', '.join(names) or 'nobody'}")


def _holder(bundle: Bundle, keyid: str) -> str:
    """Who holds this key, by this ceremony or by the one before."""
    before = bundle.before.holder_of(keyid) if bundle.before else None
    return bundle.roster.holder_of(keyid) or (before.keyholder if before else keyid[:8])
