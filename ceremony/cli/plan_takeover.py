"""The conversation about a repository that others have made: who holds which key of it, and what is left out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ceremony.cli.plan_answers import names
from ceremony.cli.plan_delegation_questions import delegations_question, questions_about, threshold_question
from ceremony.cli.plan_interview import Talk, complaints
from ceremony.cli.plan_questions import (
    BINS_QUESTIONS,
    DAYS_QUESTION,
    LIFETIME_QUESTIONS,
    REHEARSAL_QUESTION,
    WINDOW_QUESTIONS,
    PlanQuestion,
    name_question,
)
from ceremony.core.before import Before
from ceremony.core.changes import Change, listed
from ceremony.core.plan import Keyholder, Plan, instant_text
from ceremony.core.plan_of_others import TheirKey, left_out, their_keys, with_holder, with_leaving, without_key
from ceremony.core.policy import Policy
from ceremony.engine.own import read_own

UNVOUCHED = "! Nobody vouches for the first root in that folder: name the one that you have yourself with --pinned."
_LEAVES, _NOBODY = " leaves", "-"
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Takeover:
    """What a plan is made from that takes over what others have made; whether a root was pinned by another way."""

    before: Before
    is_pinned: bool

    def talk(self, policy: Policy) -> Talk:
        """The conversation about it."""
        return Talk(self.questions, lambda plan: complaints(plan, policy, self.before))

    def questions(self, plan: Plan) -> tuple[PlanQuestion, ...]:
        """Every question, in order; whoever comes is asked for before anybody leaves."""
        return (
            name_question(),
            REHEARSAL_QUESTION,
            *WINDOW_QUESTIONS,
            *self._people(plan),
            *(threshold_question(role, _settled) for role in ("root", "targets", "bins")),
            *self._delegations(plan),
            DAYS_QUESTION,
            *BINS_QUESTIONS,
            *LIFETIME_QUESTIONS,
            *self._left_out(plan),
        )

    def differences(self, plan: Plan) -> Iterator[Change]:
        """What the plan makes of what is there, one sentence each, and then what is signed."""
        for each in plan.keyholders:
            signs = listed(each.roles)
            how = f"keeps key {each.keyid[:16]}, and signs {signs}" if each.keyid else f"comes, and signs {signs}"
            yield Change(f"{each.name} {how}.")
        for gone in plan.leaving:
            yield Change(f"{gone.name} leaves: key {gone.keyid[:16]} signs root a last time.")
        named = {each.keyid for each in plan.keyholders} | {each.keyid for each in plan.leaving}
        for key in their_keys(self.before):
            if key.keyid not in named:
                yield Change(f"Key {key.keyid[:16]} signs nothing any more, and nobody is asked to sign with it.")
        if plan.leaves_out:
            yield Change(f"Left out of what others wrote: {', '.join(plan.leaves_out)}.")
        for role, end in plan.expires.items():
            file = self.before.file(role)
            yield Change(f"{role} {file.version + 1 if file else 1} is signed, and ends on {instant_text(end)}.")

    def _people(self, plan: Plan) -> Iterator[PlanQuestion]:
        yield _come()
        for each in plan.keyholders:
            if not each.keyid:
                yield _device_of(each.name)
        for key in their_keys(self.before):
            yield _holder(key)
            if _holder_now(plan, key) != _NOBODY:
                yield _device(key)

    @staticmethod
    def _delegations(plan: Plan) -> Iterator[PlanQuestion]:
        yield delegations_question(_settled)
        for each in plan.delegations:
            yield from questions_about(each.name, _settled, may_come=False)
            yield from () if each.is_online else (threshold_question(each.name, _settled),)

    def _left_out(self, plan: Plan) -> Iterator[PlanQuestion]:
        lost = left_out(plan, self.before)
        if not lost:
            return

        def leave(changed: Plan, text: str) -> Plan:
            found = lost if text == "all" else names(text)
            if not {*found} <= {*lost}:
                raise ValueError("all, or some of those names with commas, or - for none")
            return replace(changed, leaves_out=found)

        more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
        yield PlanQuestion(
            f"Left out of what others wrote: {', '.join(lost[:_SHOWN])}{more} (all, names with commas, or -)",
            "Others wrote this into their metadata, and no metadata of ours has a place for it. The plan names what is "
            "left out, so that nothing is lost in silence. Files that are to stay are given to the online signer: "
            "`ceremony-online add`, once the release is delivered and before clients are pointed at its folder. "
            "Delegations that are to stay are named above, among those before the bins.",
            lambda changed: "all" if {*changed.leaves_out} == {*lost} else ", ".join(changed.leaves_out) or "-",
            leave,
        )


def is_takeover(place: Path | None) -> bool:
    """Whether a plan that follows what lies here takes it over: a folder that is no release of ours."""
    return place is not None and place.is_dir() and not (place / "manifest.json").is_file()


def read_takeover(folder: Path, pinned: Path | None) -> Takeover:
    """What lies in the published folder, trusted from the root file `pinned` on, or from its own first root.

    Raises: RefusedError by a rule of what is trusted; TamperedError; StorageError.
    """
    return Takeover(read_own(folder, pinned), pinned is not None)


def _settled(plan: Plan) -> Plan:
    """The plan in which every role ends, a new one as bins do: a repository is taken over whole."""
    return replace(plan, expires={role: plan.expires.get(role, plan.expires["bins"]) for role in plan.offline_roles})


def _come() -> PlanQuestion:
    def come(plan: Plan, text: str) -> Plan:
        said = {each.name: each for each in plan.keyholders if not each.keyid}
        kept = tuple(each for each in plan.keyholders if each.keyid)
        return replace(
            plan, keyholders=(*kept, *(said.get(name, Keyholder(name, plan.offline_roles)) for name in names(text)))
        )

    return PlanQuestion(
        "Who comes (names with commas, or - for nobody)",
        "They sign from now on, each with a device of their own, on which a new key is made in the ceremony. Whoever "
        "holds a key already and gets another device comes too, and leaves with the old key below.",
        lambda plan: ", ".join(each.name for each in plan.keyholders if not each.keyid) or "-",
        come,
    )


def _device_of(name: str) -> PlanQuestion:
    def change(plan: Plan, text: str) -> Plan:
        changed = (
            replace(each, device=text.strip("-")) if each.name == name and not each.keyid else each
            for each in plan.keyholders
        )
        return replace(plan, keyholders=tuple(changed))

    return PlanQuestion(
        f"Serial of the device of {name}, or - for any",
        "The serial printed on the device: the ceremony then accepts no other one from this person. With a dash, "
        "whichever device is enrolled in the ceremony is the one.",
        lambda plan: next(each.device for each in plan.keyholders if each.name == name) or "-",
        change,
    )


def _holder(key: TheirKey) -> PlanQuestion:
    def change(plan: Plan, text: str) -> Plan:
        device = _found_device(plan, key)
        if text == _NOBODY:
            return without_key(plan, key)
        if text.endswith(_LEAVES):
            return with_leaving(plan, key, text.removesuffix(_LEAVES).strip(), device)
        if key.trouble:
            raise ValueError(f"NAME leaves, or -: this key cannot be kept ({key.trouble})")
        return with_holder(plan, key, text, device)

    signs = listed([role for role in key.roles if role != "bins"])
    return PlanQuestion(
        f"Who holds key {key.keyid[:16]}, {key.kind}, which signs {signs} (NAME, NAME leaves, or - for nobody)",
        "Whoever keeps it plugs in the device that holds it, and it proves that it is there; nothing is made on it. "
        "Whoever leaves signs root a last time, if today's root needs it. With a dash, nobody is asked for it, and it "
        "signs nothing any more.",
        lambda plan: _holder_now(plan, key),
        change,
    )


def _holder_now(plan: Plan, key: TheirKey) -> str:
    kept = [each.name for each in plan.keyholders if each.keyid == key.keyid]
    gone = [each.name + _LEAVES for each in plan.leaving if each.keyid == key.keyid]
    return next(iter((*kept, *gone)), _NOBODY)


def _found_device(plan: Plan, key: TheirKey) -> str:
    kept = [each.device for each in plan.keyholders if each.keyid == key.keyid]
    return next(iter((*kept, *(each.device for each in plan.leaving if each.keyid == key.keyid))), "")


def _device(key: TheirKey) -> PlanQuestion:
    def change(plan: Plan, text: str) -> Plan:
        device = text.strip("-")
        return replace(
            plan,
            keyholders=tuple(
                replace(each, device=device) if each.keyid == key.keyid else each for each in plan.keyholders
            ),
            leaving=tuple(replace(each, device=device) if each.keyid == key.keyid else each for each in plan.leaving),
        )

    return PlanQuestion(
        f"Serial of the device that holds key {key.keyid[:16]}, or - for whichever does",
        "The serial printed on the device: the ceremony then accepts no other one. With a dash, whichever device holds "
        "the key is the one; one that does not hold it gets no PIN.",
        lambda plan: _found_device(plan, key) or "-",
        change,
    )
