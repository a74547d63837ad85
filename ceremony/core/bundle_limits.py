"""How much a bundle may hold: it is written within the limits by which it is read, or not at all."""

import re
from collections import Counter
from collections.abc import Mapping

from ceremony.core.other_records import OTHER_RECORD_LIMIT
from ceremony.core.plan import PLAN_SIZE_LIMIT
from ceremony.core.policy import DELEGATED_ROLE, size_limit
from ceremony.core.projects import CLAIMS_SIZE_LIMIT
from ceremony.core.rules import Objection, RuleBook

FILES_LIMIT = 512
"""No bundle holds more files than this in one folder."""

BYTES_LIMIT = 256 << 20
"""What is held in memory of one bundle at most."""

_MEBIBYTE = 1 << 20

LIMITS: Mapping[str, int] = {
    r"manifest\.json": 65_536,
    r"plan\.toml": PLAN_SIZE_LIMIT,
    r"roster\.json": _MEBIBYTE + CLAIMS_SIZE_LIMIT,
    r"transcript\.jsonl": 16 * _MEBIBYTE,
    r"minutes\.html": 32 * _MEBIBYTE,
    **{
        rf"{folder}/[1-9][0-9]{{0,8}}\.{role}\.json": size_limit(role)
        for folder in ("draft", "trusted")
        for role in ("root", DELEGATED_ROLE)
    },
    r"trusted/roster\.json": _MEBIBYTE,
    r"elsewhere/[0-9a-f]{64}\.jsonl": OTHER_RECORD_LIMIT,
}
"""Which files a bundle may hold, by pattern, and how many bytes each may have."""

BUNDLE_RULES: RuleBook[Mapping[str, int]] = RuleBook()


def limit_of(name: str, limits: Mapping[str, int] = LIMITS) -> int | None:
    """How many bytes the file of this name may have; None for a name that does not belong there."""
    return next((limit for pattern, limit in limits.items() if re.fullmatch(pattern, name)), None)


@BUNDLE_RULES.rule("BUNDLE-FITS", "what nobody can open again has lost every signature in it")
def bundle_fits(case: Mapping[str, int]) -> None:
    """Nothing is written that would be refused when it is opened: each file, each folder and the whole have a limit."""
    for name, size in case.items():
        limit = limit_of(name)
        if limit is None or size > limit:
            raise Objection(f"{name} of {size} bytes", f"at most {limit or 0} bytes")
    for folder, count in Counter(name.rpartition("/")[0] for name in case).items():
        if count > FILES_LIMIT:
            raise Objection(f"{count} files in {folder or 'the bundle'}", f"at most {FILES_LIMIT}")
    if sum(case.values()) > BYTES_LIMIT:
        raise Objection(f"a bundle of {sum(case.values())} bytes", f"at most {BYTES_LIMIT}")
