"""Delegations before bins, and projects that sign for themselves: what follows the releases of `fakes.release`.

second = changed(first, Changing(delegations=(CLAIMED, RECENT)))              # two roles before bins
third = changed(second, Changing(roles=("claimed",), entering=(project("demo"),)))
demo = metadata("demo", 1, {"files/demo/one": b"content"})                     # signed by the developer of demo

A developer is called as the project, and has one key; `developer("demo again")` is another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fakes.release import KEYCHAIN, NOW, PEOPLE, REPOSITORY, plan_after, sign
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, TargetFile, Targets

from ceremony.core.delegating import delegate_projects
from ceremony.core.draft import draft
from ceremony.core.keys import fields_of, key_of
from ceremony.core.plan import Bins, Claims, Delegation, OnlineKey, Window, write_plan
from ceremony.core.plan_values import offline_roles
from ceremony.core.possession import project_message
from ceremony.core.projects import Project, ProjectKey, claims_digest
from ceremony.core.register_rules import RegisterCase
from ceremony.core.roster import Roster
from ceremony.core.tally import quorums_of, sound
from ceremony.core.trusted import decode_published
from ceremony.core.upload_rules import UploadCase
from ceremony.engine.bundle import Bundle
from ceremony.engine.own import after

CLAIMED = Delegation("claimed")
RECENT = Delegation("recently-claimed", is_online=True)


@dataclass(frozen=True)
class Changing:
    """What a release that follows another changes; None leaves it as it is.

    `roles` get their next version: without them, all but root. Projects enter and leave `claims`.
    """

    roles: Sequence[str] = ()
    delegations: tuple[Delegation, ...] | None = None
    bins: Bins | None = None
    online: OnlineKey | None = None
    claims: str = "claimed"
    entering: tuple[Project, ...] = ()
    leaving: tuple[str, ...] = ()
    now: datetime = NOW


@cache
def developer(name: str) -> CryptoSigner:
    """The key of this developer."""
    del name  # only tells one key from another
    return CryptoSigner(Ed25519PrivateKey.generate())


def project(name: str, *developers: str, threshold: int = 1, paths: tuple[str, ...] = ()) -> Project:
    """A project with the keys of these developers, of the one who is called as it is if nobody is named."""
    bare = Project(name, paths or (f"files/{name}/*",), threshold, ())
    keys = []
    for each in developers or (name,):
        key = key_of(fields_of(developer(each).public_key))
        proof = developer(each).sign(project_message(REPOSITORY, bare, key.keyid)).signature
        keys.append(ProjectKey(fields_of(key), proof))
    return replace(bare, keys=tuple(keys))


def metadata(
    name: str,
    version: int,
    files: Mapping[str, bytes],
    *developers: str,
    now: datetime = NOW,
    **changes: Any,  # noqa: ANN401  # any field of targets
) -> bytes:
    """Metadata of this project with these targets, signed by these developers, by the one of its name if none is."""
    targets = {path: TargetFile.from_data(path, content, ["sha256"]) for path, content in files.items()}
    made = Metadata(Targets(version, expires=now + timedelta(days=90), targets=targets, **changes))
    for each in developers or (name,):
        made.sign(developer(each), append=True)
    return made.to_bytes()


def upload_case(data: bytes | None = None, claimed: Project | None = None, **changes: Any) -> UploadCase:  # noqa: ANN401  # any field of a case
    """The first upload of demo beside what delegates to it; `changes` are fields of the case."""
    found = data if data is not None else metadata("demo", 1, {"files/demo/one": b"content"})
    delegator = Targets(delegations=delegate_projects(None, (claimed or project("demo"),)))
    return replace(UploadCase(decode_published(found, "project-demo", "demo.json"), delegator, 0, NOW), **changes)


def register_case(**changes: Any) -> RegisterCase:  # noqa: ANN401  # any field of a case
    """Demo, to be registered in recently-claimed, where claimed has another project; `changes` are fields of it."""
    there = delegate_projects(None, (project("other"),))
    elsewhere = (there.roles if there else None) or {}
    sizes = {"recently-claimed": 1000, "snapshot": 1000}
    usual = RegisterCase(REPOSITORY, RECENT.name, REPOSITORY, (project("demo"),), (RECENT.name,), elsewhere, sizes)
    return replace(usual, **changes)


def changed(bundle: Bundle, change: Changing) -> Bundle:
    """A sealed release that follows this one; everybody who was there signs."""
    before = after(bundle)
    delegations = bundle.plan.delegations if change.delegations is None else change.delegations
    offline = offline_roles(delegations)
    wanted = change.roles or [role for role in offline if role != "root"]
    claims = Claims(change.claims, claims_digest(change.entering), change.leaving)
    plan = plan_after(
        bundle,
        "rotation" if change.online else "delegation",
        window=Window(change.now - timedelta(hours=2), change.now - timedelta(hours=1)),
        expires={role: change.now + timedelta(days=400) for role in offline if role in wanted},
        online_key=change.online or bundle.plan.online_key,
        bins=change.bins or bundle.plan.bins,
        delegations=delegations,
        thresholds={role: bundle.plan.thresholds.get(role, 2) for role in offline},
        claims=claims if change.entering or change.leaving else None,
    )
    plan = replace(plan, keyholders=tuple(replace(each, roles=offline) for each in plan.keyholders))
    roster = Roster(before.roster.enrolments, change.entering)
    drafted = draft(plan, roster, before).files
    hands = [KEYCHAIN[each.keyid] for each in roster.enrolments if each.keyholder in PEOPLE]
    files = tuple(sound(sign(each, hands), quorums_of(drafted, before.files)) for each in drafted)
    return Bundle("release", plan, write_plan(plan).encode(), roster, files, before=before)
