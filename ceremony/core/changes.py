"""The change in sentences: what a plan does, and what deserves a second thought before anybody agrees to it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ceremony.core.attestation_rules import device_of, firmware_of
from ceremony.core.draft import Draft
from ceremony.core.payload_sizes import YUBIKEY_ED25519_BYTES, estimated_sizes
from ceremony.core.plan import Plan, instant_text
from ceremony.core.roster import Enrolment

_RARE_SCHEMES = {"ecdsa-sha2-nistp384": "P-384", "ecdsa-sha2-nistp521": "P-521"}


@dataclass(frozen=True, slots=True)
class Change:
    """One sentence of difference; `is_caution` marks what is allowed but deserves a second thought.

    `about` names the roles of whose files it tells a difference to those before.
    """

    sentence: str
    is_caution: bool = False
    about: tuple[str, ...] = field(default=(), compare=False)


def plan_changes(plan: Plan) -> Iterator[Change]:
    """What an initial ceremony by this plan changes, one sentence each."""
    yield Change(f"This is the first root of {plan.repository}: whoever ships it to clients decides what they trust.")
    for roles in _alike(plan, lambda role: (plan.holders_of(role), plan.thresholds[role], plan.expires[role])):
        names = [holder.name for holder in plan.holders_of(roles[0])]
        yield Change(
            f"{listed([f'{role} 1' for role in roles])} {'is' if len(roles) == 1 else 'are each'} signed by "
            f"{plan.thresholds[roles[0]]} of these {len(names)}: {', '.join(names)}. "
            f"{'It ends' if len(roles) == 1 else 'They end'} on {instant_text(plan.expires[roles[0]])}."
        )
    yield Change(f"Targets are spread over {plan.bins.count} bins ({plan.bins.style}), signed by the online key.")
    hours = {role: int(lifetime.total_seconds()) // 3600 for role, lifetime in plan.lifetimes.items()}
    lasting = ", ".join(f"{role} {number} h" for role, number in hours.items())
    yield Change(f"The online key also signs snapshot and timestamp. Its signatures last: {lasting}.")


def plan_cautions(plan: Plan) -> Iterator[Change]:
    """What this plan means for thieves and for losses; marked as cautions where it deserves a second thought."""
    for roles in _alike(plan, lambda role: (plan.holders_of(role), plan.thresholds[role])):
        holders, threshold = len(plan.holders_of(roles[0])), plan.thresholds[roles[0]]
        spare = holders - threshold
        keys = f"{spare} key{'s' if spare > 1 else ''} of {listed(roles)} may be lost and the rest can still sign"
        every = f"No key of {listed(roles)} may be lost: everybody has to sign, each time"
        yield Change(f"{keys if spare else every}; an attacker needs {threshold} of {holders}.", is_caution=not spare)
    both = [holder.name for holder in plan.keyholders if "root" in holder.roles and len(holder.roles) > 1]
    if both:
        yield Change(f"One stolen device counts in more than one role: {', '.join(both)}.", is_caution=True)
    for scheme, curve in _RARE_SCHEMES.items():
        rare = [holder.name for holder in plan.keyholders if holder.scheme == scheme]
        if rare:
            yield Change(f"{curve} is not among the schemes every client knows: {', '.join(rare)}.", is_caution=True)
    for holder in plan.keyholders:
        if holder.firmware_exception:
            why = holder.firmware_exception.rstrip(".")
            sentence = (
                f"The plan accepts a device of {holder.name} whose firmware may have a known flaw, because: {why}."
            )
            yield Change(sentence, is_caution=True)
        if holder.attestation_exception:
            why = holder.attestation_exception.rstrip(".")
            sentence = f"The plan takes in a key of {holder.name} that no maker attests from elsewhere, because: {why}."
            yield Change(sentence, is_caution=True)
    yield from _long_payloads(plan)


def device_cautions(found: Draft) -> Iterator[Change]:
    """What deserves a second thought about the devices that were enrolled."""
    enrolments = found.roster.enrolments
    if not found.plan.is_rehearsal:
        yield from _likeness(enrolments)
        silent = [each.keyholder for each in enrolments if each.attestation is None]
        if silent:
            sentence = f"Nobody vouches for the devices of {listed(silent)}: each tells itself that it keeps its key."
            yield Change(sentence, is_caution=True)
    strange = [each.keyholder for each in enrolments if each.attestation is not None and not each.attestation.maker]
    if strange:
        sentence = f"No maker that this program knows attests the devices of {listed(strange)}."
        yield Change(sentence, is_caution=True)


def _long_payloads(plan: Plan) -> Iterator[Change]:
    sizes = estimated_sizes(plan)
    long = [role for role, size in sizes.items() if size > YUBIKEY_ED25519_BYTES]
    names = [
        holder.name for holder in plan.keyholders if holder.scheme == "ed25519" and not {*long}.isdisjoint(holder.roles)
    ]
    if names:
        told = ", ".join(f"{role} will have about {sizes[role]}" for role in long)
        sentence = (
            f"With ed25519 a YubiKey signs at most {YUBIKEY_ED25519_BYTES} bytes, and {told}: "
            f"a YubiKey of {listed(names)} needs another scheme."
        )
        yield Change(sentence, is_caution=True)


def _likeness(enrolments: Sequence[Enrolment]) -> Iterator[Change]:
    # One maker has several names in PKCS#11; a family of firmware is what shares its first two numbers, and its flaws.
    makers = {"Yubico" if device_of(each) else each.maker for each in enrolments}
    families = {(device_of(each), firmware_of(each)[:2] or each.firmware) for each in enrolments}
    if len(makers) == 1:
        family = " and of one firmware family" if len(families) == 1 else ""
        yield Change(f"Every device is by one maker{family}: one flaw may reach all of them.", is_caution=True)


def _alike(plan: Plan, mark: Callable[[str], object]) -> tuple[tuple[str, ...], ...]:
    groups: dict[object, tuple[str, ...]] = {}
    for role in plan.offline_roles:
        groups[mark(role)] = (*groups.get(mark(role), ()), role)
    return tuple(groups.values())


def listed(words: Sequence[str]) -> str:
    """The words as English lists them: a, b and c."""
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
