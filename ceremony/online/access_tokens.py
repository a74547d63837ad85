"""Bearer tokens: 256 bits of chance, shown once, of which the signer keeps the SHA-256 and what they allow."""

import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Row, insert, select, update

from ceremony.core import strict_json
from ceremony.core.plan import instant_text
from ceremony.errors import RefusedError
from ceremony.online.access import Grant, Scope
from ceremony.online.store import Store, instant_of
from ceremony.online.tables import ACCESS_TOKENS

_FORM = re.compile(r"cot_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Token:
    """A token as the signer knows it; times are UTC, `expires` None if it does not end by itself."""

    grant: Grant
    created_at: datetime
    expires: datetime | None
    revoked_at: datetime | None

    def is_good(self, now: datetime) -> bool:
        """True when it opens the API."""
        return self.revoked_at is None and (self.expires is None or now < self.expires)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Every token, as of one moment: id -> digest and token."""

    known: Mapping[str, tuple[bytes, Token]] = field(repr=False)

    def may_be_new(self, text: str) -> bool:
        """True for what looks like a token and is none of these: it may have been made since."""
        match = _FORM.fullmatch(text)
        return match is not None and match[1] not in self.known

    def find(self, text: str, now: datetime) -> Grant:
        """What this token allows.

        Raises: RefusedError (TOKEN-KNOWN) for any text that is no good token; it never says why.
        """
        match = _FORM.fullmatch(text)
        digest, token = self.known.get(match[1], (b"", None)) if match else (b"", None)
        # Compared in any case, in constant time: how long a refusal takes tells nothing of what is known.
        is_same = hmac.compare_digest(digest or bytes(32), _digest(text))
        if token is None or not is_same or not token.is_good(now):
            raise RefusedError("TOKEN-KNOWN", "a token that opens nothing", "a token of this signer, in force")
        return token.grant


def add_token(store: Store, grant: Grant, expires: datetime | None, now: datetime) -> str:
    """A new token with this grant, durable; its text is nowhere else.

    Raises: RefusedError (TOKEN-NAME, TOKEN-LIFE); StorageError.
    """
    if expires is not None and expires <= now:
        raise RefusedError("TOKEN-LIFE", f"an end at {instant_text(expires)}", f"one after {instant_text(now)}")
    key = secrets.token_hex(6)
    text = f"cot_{key}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    row = {
        "id": key,
        "digest": _digest(text),
        "name": grant.name,
        "scopes": " ".join(sorted(grant.scopes)),
        "prefixes": strict_json.encode(list(grant.prefixes)).decode(),
        "created_at": instant_text(now),
        "expires": None if expires is None else instant_text(expires),
    }
    same = select(ACCESS_TOKENS.c.id).where(ACCESS_TOKENS.c.name == grant.name)
    with store.writing() as connection:
        if connection.execute(same).first() is not None:
            raise RefusedError("TOKEN-NAME", f"a second token named {grant.name}", "a name that no token ever had")
        connection.execute(insert(ACCESS_TOKENS).values(row))
    return text


def revoke_token(store: Store, name: str, now: datetime) -> None:
    """The token of this name opens nothing any more; revoking it again is harmless.

    Raises: RefusedError (TOKEN-LISTED) if there is none; StorageError.
    """
    named = ACCESS_TOKENS.c.name == name
    with store.writing() as connection:
        if connection.execute(select(ACCESS_TOKENS.c.id).where(named)).first() is None:
            raise RefusedError("TOKEN-LISTED", f"no token named {name}", "the name of a token")
        unrevoked = update(ACCESS_TOKENS).where(named, ACCESS_TOKENS.c.revoked_at.is_(None))
        connection.execute(unrevoked.values(revoked_at=instant_text(now)))


def every_token(store: Store) -> Tokens:
    """Every token there ever was.

    Raises: StorageError.
    """
    with store.reading() as connection:
        rows = connection.execute(select(ACCESS_TOKENS).order_by(ACCESS_TOKENS.c.name)).all()
    return Tokens({row.id: (row.digest, _token(row)) for row in rows})


def list_tokens(store: Store) -> tuple[Token, ...]:
    """Every token by name, revoked ones too.

    Raises: StorageError.
    """
    return tuple(token for _, token in every_token(store).known.values())


def _token(row: Row[str]) -> Token:
    prefixes = strict_json.decode(row.prefixes.encode(), "access_tokens")
    known = tuple(str(each) for each in prefixes) if isinstance(prefixes, Sequence) else ()
    scopes = frozenset(Scope(each) for each in row.scopes.split())
    return Token(
        Grant(row.name, scopes, known),
        instant_of(row.created_at),
        None if row.expires is None else instant_of(row.expires),
        None if row.revoked_at is None else instant_of(row.revoked_at),
    )


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
