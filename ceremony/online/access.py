"""Who may do what over the API: scopes, path prefixes, and the grants that put them together."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ceremony.core.request_rules import PATH_RULES
from ceremony.errors import RefusedError

NAME = r"[A-Za-z0-9][A-Za-z0-9._@-]{0,62}"
"""How whoever has a grant is called in records."""


class Scope(StrEnum):
    """One kind of thing that a grant allows."""

    ADD = "add"
    REMOVE = "remove"
    READ = "read"
    PROJECT = "project"
    ADMIN = "admin"


SCOPES = tuple(each.value for each in Scope)


@dataclass(frozen=True, slots=True)
class Grant:
    """What somebody may do, and to which paths: those that begin with one of `prefixes`, or any if there are none."""

    name: str
    scopes: frozenset[Scope]
    prefixes: tuple[str, ...] = ()

    def check_scope(self, *wanted: Scope) -> None:
        """Nothing, if one of these scopes is granted.

        Raises: RefusedError (TOKEN-SCOPE).
        """
        if self.scopes.isdisjoint(wanted):
            raise RefusedError(
                "TOKEN-SCOPE",
                f"{self.name}, who may {', '.join(sorted(self.scopes)) or 'do nothing'}",
                f"somebody who may {' or '.join(wanted)}",
            )

    def check_paths(self, paths: Iterable[str]) -> None:
        """Nothing, if every one of these paths is covered.

        Raises: RefusedError (TOKEN-PREFIX).
        """
        for path in paths:
            if not self.covers(path):
                wanted = " or ".join(self.prefixes)
                raise RefusedError("TOKEN-PREFIX", f"{path[:200]}, for {self.name}", f"a path below {wanted}")

    def covers(self, path: str) -> bool:
        """True when this grant is about this path."""
        return not self.prefixes or path.startswith(self.prefixes)


def is_prefix(text: str) -> bool:
    """True for a folder of the repository, such as `demo/`: with the slash, so that `demolition/x` is not in it."""
    if not text.endswith("/"):
        return False
    return not PATH_RULES.refusals(text[:-1])


def is_name(text: str) -> bool:
    """True for what somebody can be called in records."""
    return re.fullmatch(NAME, text) is not None
