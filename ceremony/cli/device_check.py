"""What a real ceremony would say of the keys on a device: certificates followed to their maker, and every rule."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ceremony.cli.drawing import draw_explanation, plain
from ceremony.core.attestation import Attestation
from ceremony.core.attestation_rules import ATTESTATION_RULES, AttestationCase
from ceremony.core.enrolment_rules import EnrolmentCase
from ceremony.core.plan import Plan
from ceremony.core.roster import Roster
from ceremony.core.roster_rules import key_inside, rehearsal_device
from ceremony.engine.attest import attestation_of, enrolment_on
from ceremony.engine.practice import practice_plan, throwaway_online_key
from ceremony.errors import RefusedError
from ceremony.explain import explain
from hsm import DeviceKey, Unlocked
from hsm.errors import AttestationRefusedError
from hsm.signer import public_key_of

_OWNER = "its owner"
_SAYS = {True: "yes", False: "no", None: "it does not say"}


@dataclass(frozen=True, slots=True)
class Judged:
    """One key, what its maker says of it, and every reason for which a real ceremony would not take it."""

    key: DeviceKey
    attestation: Attestation | None
    refusals: tuple[RefusedError | AttestationRefusedError, ...]


def judge(unlocked: Unlocked, folders: tuple[Path, ...], now: datetime) -> tuple[Judged, ...]:
    """Each key on the device, judged; `folders` hold the makers' certificates.

    Raises: DeviceError.
    """
    plan = replace(practice_plan((_OWNER,), 2, now, throwaway_online_key()), is_rehearsal=False)
    keys = unlocked.keys()
    return tuple(_judged(unlocked, key, plan, folders) for key in keys)


def draw_judged(judged: Judged) -> RenderableType:
    """The key, what its maker says, and what a real ceremony would say."""
    key = judged.key
    table = Table(box=box.SIMPLE, show_header=False, title_justify="left")
    table.title = plain(f"{key.label or 'no label'} (id {key.key_id}): {key.scheme}", "bold")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _rows(judged):
        table.add_row(plain(name), plain(value))
    if judged.refusals:
        return Group(table, *(draw_explanation(explain(each)) for each in judged.refusals))
    return Group(table, plain("yes  no rule is against this key in a real ceremony", "green"), Text())


def _judged(unlocked: Unlocked, key: DeviceKey, plan: Plan, folders: tuple[Path, ...]) -> Judged:
    try:
        attestation = attestation_of(unlocked, key, folders)
    except AttestationRefusedError as error:
        return Judged(key, None, (error,))
    (owner,) = plan.keyholders
    enrolment = enrolment_on(unlocked.info, owner, key, attestation)
    told = ATTESTATION_RULES.refusals(AttestationCase(owner, enrolment, plan.is_rehearsal))
    return Judged(key, attestation, (*told, *_refusals(EnrolmentCase(plan, Roster((enrolment,))))))


def _refusals(case: EnrolmentCase) -> Iterator[RefusedError]:
    # Of the rules for a roster, those that are about the device and its key alone.
    for rule in (rehearsal_device, key_inside):
        try:
            rule.check(case)
        except RefusedError as error:
            yield error


def _rows(judged: Judged) -> Iterator[tuple[str, str]]:
    key, found = judged.key, judged.attestation
    yield "keyid", public_key_of(key).keyid
    if found is None:
        yield "attested by", "nobody"
        yield "made inside", f"{_SAYS[key.is_generated_inside]}, by the device's own word"
        yield "extractable", f"{_SAYS[key.is_extractable]}, by the device's own word"
        return
    yield "attested by", found.maker or f"a stranger, whose root is {found.root}"
    yield "device", f"{found.device} {found.serial}, firmware {found.firmware}, slot {found.slot}"
    if found.form_factor:
        yield "form", found.form_factor
    yield "made inside", _SAYS[found.is_generated_inside]
    yield "extractable", _SAYS[found.is_extractable]
    if found.pin_policy or found.touch_policy:
        yield "asks for", f"PIN {found.pin_policy or 'unknown'}, touch {found.touch_policy or 'unknown'}"
