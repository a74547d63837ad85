"""Cases for rules: drafts with something wrong in them, and the refusal that follows."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from fakes.people import drafted, plan, roster

from ceremony.core import strict_json
from ceremony.core.attestation_rules import AttestationCase
from ceremony.core.draft import Draft
from ceremony.core.draft_rules import DraftCase, draft_case
from ceremony.core.enrolment_rules import EnrolmentCase
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.policy import Policy
from ceremony.core.roster import Enrolment, Roster
from ceremony.core.rules import Rule
from ceremony.errors import RefusedError

_Case = TypeVar("_Case")


def refusal(rule: Rule[_Case], case: _Case) -> RefusedError:
    """The refusal of this case by this rule, which names the rule."""
    with pytest.raises(RefusedError) as refused:
        rule.check(case)
    assert refused.value.rule == rule.name
    return refused.value


def usual_case(policy: Policy | None = None, **changes: Any) -> DraftCase:  # noqa: ANN401  # any field of a plan
    """The usual draft under the usual policy; `changes` are fields of its plan."""
    return draft_case(drafted(**changes), policy or Policy())


def tampered_draft(role: str, change: Callable[[dict[str, Any]], object], **changes: Any) -> Draft:  # noqa: ANN401  # any field of a plan
    """The usual draft, the payload of one role changed by a function that edits its signed part."""
    found = drafted(**changes)
    signed = json.loads(found.file(role).encode())["signed"]
    change(signed)
    return with_payload(found, role, strict_json.encode(signed))


def tampered(role: str, change: Callable[[dict[str, Any]], object], **changes: Any) -> DraftCase:  # noqa: ANN401  # any field of a plan
    """The case of that draft, parsed from the very bytes that were changed."""
    return draft_case(tampered_draft(role, change, **changes), Policy())


def with_payload(found: Draft, role: str, payload: bytes) -> Draft:
    """The draft with other bytes under this role."""
    files = (MetadataFile(role, 1, payload) if each.role == role else each for each in found.files)
    return replace(found, files=tuple(files))


def unparsed(role: str, payload: bytes) -> DraftCase:
    """A case whose bytes of one role are these, whatever a parser would make of them."""
    case = usual_case()
    return replace(case, draft=with_payload(case.draft, role, payload))


def usual_roster(**changes: Any) -> EnrolmentCase:  # noqa: ANN401  # any field of a plan
    """The usual plan with everybody enrolled; `changes` are fields of the plan."""
    found = plan(**changes)
    return EnrolmentCase(found, roster(found))


def reenrolled(change: Callable[[Enrolment], Enrolment], **changes: Any) -> EnrolmentCase:  # noqa: ANN401  # any field of a plan
    """The same with ann's enrolment changed."""
    case = usual_roster(**changes)
    ann, *others = case.roster.enrolments
    return replace(case, roster=Roster((change(ann), *others)))


def attestation_case(
    change: Callable[[Enrolment], Enrolment] = lambda ann: ann, *, is_rehearsal: bool = True
) -> AttestationCase:
    """Ann's enrolment, changed, as it is judged when it comes in."""
    found = reenrolled(change, is_rehearsal=is_rehearsal)
    return AttestationCase(found.plan.keyholders[0], found.roster.enrolments[0], is_rehearsal)
