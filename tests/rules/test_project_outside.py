"""PROJECT-OUTSIDE: whoever signs for the repository signs for no project."""

from dataclasses import replace

import pytest
from fakes.cases import refusal
from fakes.people import enrolment, online_key, plan
from fakes.projects import case, key, project

from ceremony.core.project_rules import ProjectCase, project_outside


def test_keys_of_the_projects_own_pass() -> None:
    """Also where two projects share one."""
    project_outside.check(case(project("demo", "day"), project("other", "day")))


@pytest.mark.parametrize("owner", ["ann", "bob", "cyd", "online"])
def test_a_key_of_the_repository_is_refused(owner: str) -> None:
    """A keyholder's or the online one; the project is named."""
    found = case(project("demo", keys=(key(owner, "demo"),)))
    assert refusal(project_outside, found).found == "a key of this repository for demo"


def test_a_key_that_is_still_trusted_is_refused() -> None:
    """Also one whose keyholder leaves in the same ceremony."""
    found = case(project("demo", keys=(key("cyd", "demo"),)))
    refusal(project_outside, replace(found, plan=replace(found.plan, keyholders=found.plan.keyholders[:2])))


def test_in_a_first_ceremony_the_online_key_is_refused_too() -> None:
    """There is nothing trusted yet."""
    projects = (project("demo", keys=(key("online", "demo"),)),)
    refusal(project_outside, ProjectCase(plan(), projects))
    project_outside.check(ProjectCase(plan(), (project("demo"),)))


def test_a_key_that_is_enrolled_in_this_ceremony_is_refused() -> None:
    """Nobody could know it before."""
    found = case(project("demo", keys=(key("cyd again", "demo", scheme="ecdsa-sha2-nistp384"),)))
    project_outside.check(found)
    refusal(project_outside, replace(found, enrolled=(enrolment(plan(), plan().keyholders[2], "cyd again"),)))


def test_the_online_key_of_today_is_refused_where_another_comes() -> None:
    """Until the new root is everywhere, clients take its signatures."""
    found = case(project("demo", keys=(key("online", "demo"),)))
    another = online_key(name="online again")
    refusal(project_outside, replace(found, plan=replace(found.plan, online_key=another)))


def test_a_keyholder_s_key_under_another_keyid_is_refused() -> None:
    """Whatever is written into it beside."""
    first = key("ann", "demo")
    named = replace(first, fields={**first.fields, "x-owner": "demo"})
    assert named.keyid != first.keyid
    refusal(project_outside, case(project("demo", keys=(named,))))
