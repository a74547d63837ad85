"""Giving a ceremony up: marked in its bundle, so that it is refused at every place that the mark reaches."""

from pathlib import Path

from ceremony.core.sitting_rules import ResumeCase, bundle_open
from ceremony.core.transcript import Entry
from ceremony.core.withdrawal import WITHDRAWAL_RULES, WITHDREW, withdrawal
from ceremony.engine.bundle import Bundle, held, open_bundle, settle
from ceremony.engine.questions import Confirm, Describe
from ceremony.engine.record import Record
from ceremony.engine.room import Room, Step

_STEP = Step("withdraw", "Withdraw the ceremony")


def withdraw(room: Room, folder: Path) -> bool:
    """Whether the ceremony in `folder` is withdrawn now: people said why, and that it is to be so; for ever.

    Raises: RefusedError (BUNDLE-OPEN, WITHDRAWN-EARLY); StoppedError; TamperedError; SettingsError; StorageError.
    """
    with held(folder):
        settle(folder)
        bundle = open_bundle(folder)
        bundle_open.check(ResumeCase(bundle.purpose, b"", b""))
        if withdrawal(bundle.transcript) is not None:
            return True
        WITHDRAWAL_RULES.check(bundle.transcript)
        record = Record(room, folder, bundle, (_STEP,))
        record.begin(_STEP.id)
        why = record.ask(_why())
        if not record.ask(_is_sure(bundle)):
            return False
        record.note(WITHDREW, f"The ceremony is withdrawn: {why.rstrip('.') or 'nobody said why'}.")
        return True


def pass_on(room: Room, folder: Path, bundle: Bundle, entry: Entry) -> None:
    """The bundle in `folder` bears the mark too, in the words of the entry by which another copy was withdrawn.

    Raises: StorageError.
    """
    if withdrawal(bundle.transcript) is None:
        record = Record(room, folder, bundle, (_STEP,))
        record.note(WITHDREW, f"Another copy of this bundle says: {entry.note}")


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


def _is_sure(bundle: Bundle) -> Confirm:
    return Confirm(
        step=_STEP.id,
        person="the operator",
        title="Withdraw the ceremony",
        action=f"Is {bundle.plan.id} to be withdrawn for ever?",
        expect="From then on nobody can sit, sign or take anything in with this bundle, nor with any copy made of it.",
        explain="There is no way back: if the change is wanted after all, it begins anew, with a new plan. Copies that "
        "are at other places learn of it when the marked bundle is sent there: send it to each of them.",
        can_go_back=False,
        yes="Withdraw it",
    )
