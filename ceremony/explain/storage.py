"""What a disk or stick would not do, in words."""

from collections.abc import Mapping
from types import MappingProxyType

from ceremony.errors import StorageError
from ceremony.explain.databases import DATABASE, DATABASE_REASONS, UNKNOWN_DATABASE
from ceremony.explain.online_keys import KEY_REASONS, KEY_SCHEMES, UNKNOWN_KEY

_UNKNOWN = (
    "The disk or stick did not do as it was asked",
    "Check that the stick is plugged in and mounted, or use another, then try again. Nothing was left half-written.",
)

REASONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ENOSPC": (
            "The disk or stick is full",
            "Use an empty stick, or make room on this one, then try again. Nothing was left half-written.",
        ),
        "EDQUOT": (
            "Your share of the disk is used up",
            "Delete what you no longer need or choose another disk, then try again. Nothing was left half-written.",
        ),
        "EROFS": (
            "The disk or stick can only be read",
            "Slide the stick's write protection off, or mount it for writing, or choose another place; then try again.",
        ),
        "EEXIST": (
            "There is something of this name already",
            (
                "Nothing is ever written over. Choose a name that is not taken, or move what lies there elsewhere, "
                "then try again."
            ),
        ),
        "ENOTEMPTY": (
            "The folder is not empty",
            "Nothing is ever written over. Choose a new or an empty folder, then try again.",
        ),
        "EACCES": (
            "You may not write or read there",
            "Choose a folder of your own, or ask its owner for permission, then try again.",
        ),
        "EPERM": (
            "You may not write or read there",
            "Choose a folder of your own, or ask its owner for permission, then try again.",
        ),
        "ENOENT": (
            "There is no such file or folder",
            "Check the spelling, and that the stick is plugged in and mounted, then try again.",
        ),
        "ENOTDIR": (
            "A file stands where a folder should be",
            "Check the spelling, or choose another place, then try again.",
        ),
        "EISDIR": (
            "A folder stands where a file should be",
            "Check the spelling: the name of a file is needed here. Then try again.",
        ),
        "ELOOP": (
            "A link stands where a file should be",
            "Links are not followed, because they may lead anywhere. Name the real file or folder, then try again.",
        ),
        "ENAMETOOLONG": (
            "The name is too long for this disk",
            "Choose a shorter name, then try again.",
        ),
        "EIO": (
            "The disk or stick gave other bytes than were written",
            (
                "Do not use this stick any more: it is failing. Take a new one and try again; what was saved on the "
                "laptop is untouched."
            ),
        ),
        "ENODEV": (
            "The stick is gone",
            "Plug it in again, wait until it is mounted, then try again.",
        ),
        "ENXIO": (
            "The stick is gone",
            "Plug it in again, wait until it is mounted, then try again.",
        ),
        "EBUSY": (
            "Another program is using it",
            (
                "Close whatever else shows this folder or stick, above all another sitting of this ceremony, or a "
                "`ceremony-online serve`; then try again."
            ),
        ),
        "EFBIG": (
            "The file is too large for this disk",
            "Use another disk or stick, then try again.",
        ),
        "EXDEV": (
            "The place spans two disks",
            "Choose a folder that lies on one disk as a whole, then try again.",
        ),
        "EMFILE": (
            "Too many files are open on this machine",
            "Close other programs, then try again.",
        ),
        "EADDRINUSE": (
            "Another program listens at this address",
            "Stop that program, or name another address with --listen or in api.toml, then start again.",
        ),
        "EADDRNOTAVAIL": (
            "This machine has no such address",
            "Name an address of this machine with --listen or in api.toml (`ip address` shows them), then start again.",
        ),
        "ESTALE": (
            "Another process publishes now",
            "It took over while this one did not answer. Start this one again: it stands by until the other has ended.",
        ),
        "EINPROGRESS": (
            "It was cut short, and nobody finishes it",
            (
                "Start `ceremony-online serve`, or say `ceremony-online check --repair`: either finishes it. Clients "
                "see what was published before, whole; nothing that was acknowledged is lost."
            ),
        ),
        "ECHILD": (
            "A process of the signer has ended before its time",
            (
                "Look at what it said last, above or in the log, then start the signer again. Nothing that was "
                "acknowledged is lost. If it happens again, see whether memory runs out (`journalctl -k`)."
            ),
        ),
        "ENOMEM": (
            "This machine is out of memory",
            "Close other programs, then try again.",
        ),
    }
)
"""The system's word -> a title, and what to do now."""


_UNKNOWN_STORE = (
    "The object store did not do as it was asked",
    "Look at the store's own status page and logs, then try again. Nothing that was acknowledged is lost.",
)

STORE_REASONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "EACCES": (
            "The object store does not let this machine in",
            (
                "Check the credentials that the store's own tools would find here, and that they may read and write "
                "this folder; then try again. Nothing that was acknowledged is lost."
            ),
        ),
        "ENOENT": (
            "There is no such bucket or container",
            "Check the spelling, or have it made; this program makes none. Then try again.",
        ),
        "ETIMEDOUT": (
            "The object store did not answer in time",
            (
                "Check the network and the store's address. Nothing that was acknowledged is lost: whoever serves "
                "tries again by itself, and a command can be repeated."
            ),
        ),
        "EREMOTEIO": (
            "The object store answered with an error, again and again",
            (
                "Look at the store's own status page. Nothing that was acknowledged is lost: whoever serves tries "
                "again by itself, and a command can be repeated."
            ),
        ),
        "EEXIST": (
            "Another file lies where this one is to be published",
            (
                "A published version is never written over. Find out who else writes into this folder of the store. If "
                "nobody does and no client can have seen that object, delete it there, then try again."
            ),
        ),
        "ESTALE": (
            "Somebody else has replaced the timestamp meanwhile",
            "Look whether another signer publishes to the same place, and stop one of the two; then try again.",
        ),
        "EOPNOTSUPP": (
            "The object store does not keep conditions",
            (
                "It wrote over an object that it was told only to create, so it could lose a published version. Use a "
                "store that honours If-None-Match, or a newer version of this one."
            ),
        ),
    }
)
"""The same for an object store, whose places are URLs."""


SIGNER_FILE = "signer.db"
"""How the name of a signer's database ends, where it is a file."""

SIGNER_FILE_REASONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ENOENT": (
            "There is no signer's database",
            (
                "Check the spelling of --home, and that its disk is mounted. Where there was one: put the same file "
                "back, with the one beside it whose name ends in -wal; a signer that serves goes on by itself then. "
                "If it is lost, stop the signer and `ceremony-online restore` the newest backup."
            ),
        ),
        "EBUSY": (
            "Another program holds the signer's database",
            (
                "End whatever has it open, such as the sqlite3 shell or a program that copies files; to copy it, there "
                "is `ceremony-online backup`. A signer that serves goes on by itself then; a command can be repeated."
            ),
        ),
    }
)
"""The same for the file of a signer's database, where a disk's own words would lead nobody to it."""


def explain_storage(error: StorageError) -> tuple[str, str, str]:
    """Title, detail and advice for what a disk or stick, a database, an online key or an object store would not do."""
    if error.path.startswith(DATABASE):
        title, advice = DATABASE_REASONS.get(error.reason, UNKNOWN_DATABASE)
    elif error.path.startswith(KEY_SCHEMES):
        title, advice = KEY_REASONS.get(error.reason, UNKNOWN_KEY)
    elif "://" in error.path:
        title, advice = STORE_REASONS.get(error.reason, _UNKNOWN_STORE)
    elif error.path.endswith(SIGNER_FILE) and error.reason in SIGNER_FILE_REASONS:
        title, advice = SIGNER_FILE_REASONS[error.reason]
    else:
        title, advice = REASONS.get(error.reason, _UNKNOWN)
    return (title, f"{error.path} ({error.reason}).", advice)
