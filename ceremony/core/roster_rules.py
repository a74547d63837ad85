"""The rules that a roster keeps at the review: each key proved, as planned, in hardware, and on a device of its own."""

from ceremony.core.device_kinds import is_software, plain_serial
from ceremony.core.enrolment_rules import EnrolmentCase, is_proved
from ceremony.core.keys import key_of
from ceremony.core.plan import Keyholder
from ceremony.core.possession import check_proof, enrolment_message
from ceremony.core.roster import Enrolment
from ceremony.core.rules import Objection, RuleBook
from ceremony.core.token_uri import names_device
from ceremony.errors import TamperedError

ROSTER_RULES: RuleBook[EnrolmentCase] = RuleBook()


@ROSTER_RULES.rule("ENROLMENT-PROOF", "proof of possession of every key")
def enrolment_proof(case: EnrolmentCase) -> None:
    """Every key that nobody has proved in a ceremony before has signed for its keyholder, its roles and this one."""
    plan = case.plan
    holders = {holder.name: holder for holder in plan.keyholders}
    for each in case.roster.enrolments:
        if each.keyholder in holders and is_proved(holders[each.keyholder], each, case.before):
            continue
        key = key_of(each.key)
        message = enrolment_message(plan.id, each.nonce, each.keyid, each.keyholder, each.roles)
        try:
            check_proof(key, message, each.proof, each.keyholder)
        except TamperedError:
            raise Objection(f"a proof of {each.keyholder} that does not hold", "a new enrolment") from None


@ROSTER_RULES.rule("ENROLMENT-PLANNED", "the plan states who signs what, with which device")
def enrolment_planned(case: EnrolmentCase) -> None:
    """Every enrolment is of a keyholder of the plan: same roles, same scheme, and the device the plan names, if any."""
    planned = {holder.name: holder for holder in case.plan.keyholders}
    for each in case.roster.enrolments:
        holder = planned.get(each.keyholder)
        if holder is None or each.roles != holder.roles:
            raise Objection(f"{each.keyholder} for {', '.join(each.roles)}", "the keyholders and roles of the plan")
        if each.key["scheme"] != holder.scheme or not _is_meant(holder, each):
            raise Objection(f"{each.keyholder}: {each.key['scheme']} on {each.serial}", "as the plan says")


@ROSTER_RULES.rule("DEVICE-OWN", "one person, one device; a threshold counts people")
def device_own(case: EnrolmentCase) -> None:
    """No device holds the keys of two keyholders."""
    # By serial alone: one device may be reached through two drivers.
    serials = [plain_serial(each.serial) for each in case.roster.enrolments]
    twice = sorted({serial for serial in serials if serials.count(serial) > 1})
    if twice:
        raise Objection(f"device {twice[0]} for two keyholders", "a device of their own for each keyholder")


@ROSTER_RULES.rule("REHEARSAL-DEVICE", "offline keys live in hardware; PEP 458, Managing offline keys")
def rehearsal_device(case: EnrolmentCase) -> None:
    """Software devices sign in rehearsals only, also those that stand behind PKCS#11."""
    soft = [each.keyholder for each in case.roster.enrolments if _is_soft(each)]
    if soft and not case.plan.is_rehearsal:
        raise Objection(f"a software device of {soft[0]}", "a hardware device, or a plan marked as a rehearsal")


@ROSTER_RULES.rule("KEY-INSIDE", "PEP 458: keys are made in the HSM and never leave it")
def key_inside(case: EnrolmentCase) -> None:
    """Outside rehearsals every key was made inside its device and cannot leave it, as the device or its maker says."""
    for each in case.roster.enrolments:
        is_attested = each.attestation is not None
        is_inside = each.is_generated_inside is True or (each.is_generated_inside is None and is_attested)
        is_kept = each.is_extractable is False or (each.is_extractable is None and is_attested)
        if not (is_inside and is_kept) and not case.plan.is_rehearsal:
            raise Objection(
                f"a key of {each.keyholder} that may have been imported or may be taken out",
                "a key that was made inside the device and cannot leave it, as the device says",
            )


def _is_soft(found: Enrolment) -> bool:
    return is_software(found.driver, found.maker, found.model)


def _is_meant(holder: Keyholder, found: Enrolment) -> bool:
    if holder.slot and found.attestation is not None and found.attestation.slot != holder.slot:
        return False
    return names_device(holder.device, serial=found.serial, label=found.label, maker=found.maker, model=found.model)
