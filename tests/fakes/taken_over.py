"""The repository of `fakes.history`, made by others, and the plan that takes it over: for rules, all in memory.

case()                                                  # the draft of that plan beside what it follows
case(before(altered(TARGETS, change, "cyd", "ann again")), leaves_out=("old.txt",))
"""

from dataclasses import replace
from typing import Any

from fakes.history import FIRST, files
from fakes.people import NOW, REPOSITORY, online_key

from ceremony.core.before import Before
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.online_key import OnlineKeyFile
from ceremony.core.plan import Plan
from ceremony.core.plan_after import foreseen
from ceremony.core.plan_of_others import plan_of_others
from ceremony.core.succession_rules import SuccessionCase
from ceremony.core.trusted import trust


def before(*others: MetadataFile) -> Before:
    """What is trusted of it, from root 1 on; `others` stand in place of the files of their names."""
    return Before(trust(FIRST.encode(), files(*others)))


def plan(found: Before, **changes: Any) -> Plan:  # noqa: ANN401  # any field of a plan
    """The plan in which everybody keeps their key; `changes` are fields of it."""
    return replace(plan_of_others(found, OnlineKeyFile(REPOSITORY, online_key()), NOW), **changes)


def case(found: Before | None = None, **changes: Any) -> SuccessionCase:  # noqa: ANN401  # any field of a plan
    """The draft of that plan, beside what it follows."""
    start = found or before()
    return SuccessionCase(foreseen(plan(start, **changes), start), start)
