"""The playbook of an emergency: what a thief can do, who has to sign, who does what in which order, what clients see.

It is worked out from the plan and from what is trusted, so everybody who has both has the same one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ceremony.core.before import Before
from ceremony.core.incident_changes import name_of_key
from ceremony.core.left_roles import next_version
from ceremony.core.plan import Incident, Plan
from ceremony.core.playbook_case import PlaybookCase
from ceremony.core.playbook_words import bulletin, clients, threats
from ceremony.core.quorum_cautions import listed

SIGNER = "online signer"
KEYHOLDERS = "keyholders"
EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do, and who does it: whoever runs the online signer, the keyholders, or all together."""

    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Playbook:
    """All of it in sentences; `acts` are in order. `is_in_band` is false where no root can follow the one of today.

    `bulletin` has one text for each paragraph of what strangers are told.
    """

    threats: tuple[str, ...]
    signatures: tuple[str, ...]
    acts: tuple[Act, ...]
    clients: tuple[str, ...]
    bulletin: tuple[str, ...]
    is_in_band: bool


def playbook(plan: Plan, incident: Incident, before: Before) -> Playbook:
    """The playbook of the emergency that this plan, which has this incident, answers.

    Raises: TamperedError if what is trusted has no targets.
    """
    case = PlaybookCase(plan, incident, before)
    return Playbook(
        tuple(threats(case)),
        tuple(_signatures(case)),
        tuple(_acts(case) if case.is_in_band else _acts_out_of_band(case)),
        tuple(clients(case)),
        tuple(bulletin(case)),
        case.is_in_band,
    )


def playbook_lines(found: Playbook) -> Iterator[str]:
    """The playbook as text to print, a line each; the bulletin stands last, to be copied from there."""
    chapters = (
        ("What this means, and for how long", found.threats),
        ("Who has to sign", found.signatures),
        ("What clients see", found.clients),
    )
    yield "PLAYBOOK"
    yield from ("", "What to do, in this order")
    yield from (f"  {number}. {each.who}: {each.what}" for number, each in enumerate(found.acts, start=1))
    for title, sentences in chapters:
        yield from ("", title)
        yield from (f"  - {each}" for each in sentences)
    yield from ("", "Bulletin, for strangers")
    for paragraph in found.bulletin:
        yield from ("", f"  {paragraph}")


def _signatures(case: PlaybookCase) -> Iterator[str]:
    """Who signs what, how many of them, and whose key signs a last time."""
    root = case.root
    if not case.is_in_band:
        left = len(root.untouched) + len(root.stolen)
        keys = f"{left} key{' is' if left == 1 else 's are'}"
        yield f"{root.by} asks for {root.threshold} signatures, and {keys} left: no root can follow it."
        return
    for role in case.plan.expires:
        version = next_version(role, case.before)
        if role == "root":
            asked = (*root.untouched, *(root.stolen if root.needs_stolen else ()))
            names = listed([name_of_key(keyid, case.before) for keyid in asked])
            yield f"root {version} under {root.by}: {root.threshold} of {names}."
        names = listed([holder.name for holder in case.plan.holders_of(role)])
        itself = " under itself" if role == "root" else ""
        yield f"{role} {version}{itself}: {case.plan.thresholds[role]} of {names}."


def _acts(case: PlaybookCase) -> Iterator[Act]:
    yield Act(SIGNER, "keep the log of every use of the key, a backup (`ceremony-online backup`), a copy of the shelf.")
    yield from _acts_about_online_key(case)
    new = [holder.name for holder in case.plan.keyholders if not holder.keyid]
    if new:
        yield Act(KEYHOLDERS, f"bring {_devices(new)}; its key is made in the ceremony.")
    if "root" in case.plan.expires and case.root.needs_stolen:
        names = listed([name_of_key(keyid, case.before) for keyid in case.root.stolen])
        more = case.root.needs_stolen
        yield Act(KEYHOLDERS, f"bring {more} of {names} too: without it {case.root.by} has too few keys.")
    yield Act(
        KEYHOLDERS, "hold the ceremony (`ceremony sit PLAN --trusted RELEASE`); read the review aloud to its end."
    )
    yield Act(SIGNER, f"`ceremony-online deliver` its release; it writes {case.published}.")
    yield Act(SIGNER, f"drop from every cache and mirror {case.dropped}.")
    yield Act(SIGNER, "`ceremony-online check`; then see that a client with the first root takes what is there.")
    if case.root.is_forgeable:
        yield Act(EVERYBODY, f"ship {case.next_root} with the next release of every client, at once.")
    yield Act(EVERYBODY, "publish the bulletin by a way that is not the repository.")
    if case.struck_people:
        yield Act(KEYHOLDERS, f"lock away or destroy what is left of the old devices of {listed(case.struck_people)}.")


def _devices(names: list[str]) -> str:
    return f"a new device for {names[0]}" if len(names) == 1 else f"a new device for each of {listed(names)}"


def _acts_about_online_key(case: PlaybookCase) -> Iterator[Act]:
    if case.is_online_stolen:
        yield Act(SIGNER, "take the right to use the online key from everybody but the signer, or stop the signer.")
    if case.is_online_lost:
        yield Act(SIGNER, "stop the signer; `ceremony-online rotate-key --lost`.")
    if case.changes_online_key:
        again = "" if case.is_online_lost else "`ceremony-online rotate-key`, and "
        yield Act(SIGNER, f"{again}bring HOME/online-key-next.json to the ceremony's laptop.")
    if case.can_forge_targets:
        yield Act(SIGNER, "let nobody upload until it is compared (`ceremony-online serve` without --listen).")
        yield Act(
            SIGNER,
            "`ceremony-online compare` all targets with the last record that is known good; restore what differs.",
        )
        for role in case.online_delegations:
            yield Act(
                SIGNER,
                f"remove every project from {role} (`ceremony-online project remove`), and register it again with keys "
                "that its developers confirm by a way of their own.",
            )


def _acts_out_of_band(case: PlaybookCase) -> Iterator[Act]:
    yield Act(SIGNER, "keep the log of every use of the key, a backup (`ceremony-online backup`), a copy of the shelf.")
    yield Act(KEYHOLDERS, "hold a first ceremony anew (`ceremony plan --new`): no client takes its root by itself.")
    yield Act(EVERYBODY, "ship that root with the next release of every client, by a way that is not the repository.")
    yield Act(SIGNER, f"go on with the repository of today until {case.last_day}, so that people can change over.")
    yield Act(EVERYBODY, "publish the bulletin by a way that is not the repository.")
