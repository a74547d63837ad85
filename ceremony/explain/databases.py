"""What a PostgreSQL database would not do, in words."""

from collections.abc import Mapping
from types import MappingProxyType

DATABASE = "postgresql://"
"""How the name of such a database begins."""

UNKNOWN_DATABASE = (
    "The database did not do as it was asked",
    "Look into the database's log, then try again. Nothing that was acknowledged is lost.",
)

DATABASE_REASONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ECONNREFUSED": (
            "The database does not answer",
            "Start it, or mend the way to it, then try again. Nothing that was acknowledged is lost.",
        ),
        "ECONNRESET": (
            "The database ended the connection",
            "Look into the database's log, then try again. Nothing that was acknowledged is lost.",
        ),
        "EUSERS": (
            "The database takes no more connections",
            "Raise max_connections in the database's settings, or run fewer processes, then try again.",
        ),
        "EACCES": (
            "The database does not let this signer in, or not everywhere",
            (
                "Check the user in database.toml and the file of passwords that it names, which its owner alone may "
                "read, and that the user owns the database; then try again."
            ),
        ),
        "ENOENT": (
            "There is no such database, or it was never initialised",
            "Check the spelling in database.toml, have it made, or run `ceremony-online init`; then try again.",
        ),
        "EEXIST": (
            "There is a signer in this database already",
            "Nothing is ever written over. Name another database, then try again.",
        ),
        "EINPROGRESS": (
            "A signer is on its way into this database, and has not arrived",
            (
                "Repeat `ceremony-online migrate --to URL` in the home that it moves from: the same again finishes it. "
                "Until then that signer works from its file, as before."
            ),
        ),
        "EROFS": (
            "The database can only be read",
            "It may be a copy that follows another server. Name the one that takes changes, then try again.",
        ),
        "ENOSPC": (
            "The database's disk is full",
            "Make room there, then try again. Nothing that was acknowledged is lost.",
        ),
        "ENOMEM": (
            "The database is out of memory",
            "Look into its log and its settings, then try again. Nothing that was acknowledged is lost.",
        ),
        "EIO": (
            "The database's disk is failing",
            "Stop the database, and go on from its last good copy on another disk.",
        ),
        "EBUSY": (
            "Somebody else has kept the database from this one for too long",
            "Look for a transaction that does not end (`pg_stat_activity`), then try again.",
        ),
        "ETIMEDOUT": (
            "The database gave up on what it was asked",
            "Look into the database's log, then try again. Nothing that was acknowledged is lost.",
        ),
        "ESTALE": (
            "Another process publishes now",
            "It took over while this one did not answer. Start this one again: it stands by until the other has ended.",
        ),
    }
)
"""The system's word -> a title, and what to do now."""
