"""Giving a ceremony up: marked in its bundle, so that it is refused at every place that the mark reaches."""

from pathlib import Path

from ceremony.core.changes import listed
from ceremony.core.sitting_rules import ResumeCase, bundle_open
from ceremony.core.tally import Standing, tally
from ceremony.core.transcript import Entry
from ceremony.core.withdrawal import WITHDRAWAL_RULES, WITHDREW, WithdrawalCase, withdrawal
from ceremony.engine.bundle import Bundle, held, open_bundle, settle
from ceremony.engine.questions import Confirm, Describe
from ceremony.engine.record import Record
from ceremony.engine.room import Room, Step

_STEP = Step("withdraw", "Withdraw the ceremony")

_REASON_LETTERS = 200
"""How much of a reason that came with a stick is shown, and kept."""


def withdraw(room: Room, folder: Path) -> bool:
    """Whether the ceremony in `folder` is withdrawn now: people said why, and that it is to be so; for ever.

    They are told which quorums have how many signatures, which no mark takes back.
    Raises: RefusedError (BUNDLE-OPEN, WITHDRAWN-EARLY); StoppedError; TamperedError; SettingsError; StorageError.
    """
    with held(folder):
        settle(folder)
        bundle = open_bundle(folder)
        bundle_open.check(ResumeCase(bundle.purpose, b"", b""))
        if withdrawal(bundle.transcript) is not None:
            return True
        standings = tally(bundle.files, bundle.quorums)
        WITHDRAWAL_RULES.check(WithdrawalCase(bundle.transcript, standings))
        record = Record(room, folder, bundle, (_STEP,))
        record.begin(_STEP.id)
        why = record.ask(_why())
        if not record.ask(_is_sure(bundle, standings)):
            return False
        record.note(WITHDREW, f"The ceremony is withdrawn: {why.rstrip('.') or 'nobody said why'}.")
        return True


def pass_on(room: Room, folder: Path, bundle: Bundle, entry: Entry) -> None:
    """The bundle in `folder` bears the mark too, in the words of the entry by which another copy was withdrawn.

    Nobody signs a mark, so a person says that those who hold the ceremony confirm it; No is on record, and marks
    nothing.
    Raises: StoppedError; RefusedError (BUNDLE-FITS); StorageError.
    """
    if withdrawal(bundle.transcript) is not None:
        return
    record = Record(room, folder, bundle, (_STEP,))
    record.begin(_STEP.id)
    said = entry.note[:_REASON_LETTERS]
    if record.ask(_is_confirmed(bundle, said)):
        record.note(WITHDREW, f"Another copy of this bundle says: {said}")
    else:
        record.note("doubted", f"A mark of withdrawal that nobody confirmed was not taken over: {said}")


def _why() -> Describe:
    return Describe(
        step=_STEP.id,
        person="the operator",
        title="Why is it withdrawn?",
        action="Type in one line why this ceremony is given up.",
        expect="Whoever meets a copy of it later reads this line.",
        explain="A ceremony that nobody finishes stays dangerous: somebody may sign it by mistake, years later. The "
        "mark and this line stand in its record from now on.",
        can_go_back=False,
    )


def _is_sure(bundle: Bundle, standings: tuple[Standing, ...]) -> Confirm:
    return Confirm(
        step=_STEP.id,
        person="the operator",
        title="Withdraw the ceremony",
        action=f"Is {bundle.plan.id} to be withdrawn for ever? {_signed_so_far(standings)}",
        expect="From then on nobody can sit, sign or take anything in with this bundle, nor with any copy made of it.",
        explain="There is no way back: if the change is wanted after all, it begins anew, with a new plan. Copies that "
        "are at other places learn of it when the marked bundle is sent there: send it to each of them. A mark binds "
        "this program and honest people. It takes no signature back: whoever gets enough of them, here and from other "
        "places, can still put them together and show the result to clients. So destroy the responses that are on "
        "sticks; and if a role may have come to its threshold, finish this ceremony, and hold another that follows "
        "it, since only a later version wins over this one.",
        can_go_back=False,
        yes="Withdraw it",
    )


def _signed_so_far(standings: tuple[Standing, ...]) -> str:
    if not any(each.signed for each in standings):
        return "Nobody has signed here; what was signed at other places and did not come back is not counted."
    told = ", ".join(f"{each.role} under {each.by} {each.progress}" for each in standings)
    whole = [role for role in dict.fromkeys(each.role for each in standings) if _is_whole(role, standings)]
    ready = f" {listed(whole)} CAN BE PUBLISHED WITH THEM: better finish, and hold another." if whole else ""
    return f"Signatures: {told}. They stay valid for ever; others may be at other places.{ready}"


def _is_whole(role: str, standings: tuple[Standing, ...]) -> bool:
    return all(each.is_complete for each in standings if each.role == role)


def _is_confirmed(bundle: Bundle, said: str) -> Confirm:
    return Confirm(
        step=_STEP.id,
        person="everybody",
        title="Was it withdrawn?",
        action=f"The request bears a mark: {bundle.plan.id} was withdrawn. Call those who sent it, and ask them.",
        expect=f'They say so themselves, and give this reason: "{said}"',
        explain="Nobody signs such a mark: whoever had the stick can have written it, to keep you from signing. This "
        "request is not signed in any case. Yes marks your own copy for ever, so that no request to this ceremony is "
        "signed with it again; No leaves your copy as it is, and you go on once you get a request without the mark.",
        can_go_back=False,
        yes="They confirmed it",
    )
