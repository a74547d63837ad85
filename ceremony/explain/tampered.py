"""What to do now when bytes are not what they claim to be: those of a bundle, of a database, or of a shelf."""

_OF_A_BUNDLE = (
    "Do not use this copy and do not repair it by hand. Keep it as it is, note where it came from, and fetch the "
    "bundle again from whoever made it. If a fresh copy shows the same, stop and tell the others: somebody may have "
    "changed it."
)

_BY_WORDS = (
    (
        "signer's database",
        (
            "Publish nothing before you know why. If an older database was put back: move it out of HOME, and "
            "`ceremony-online restore` the newest backup, which goes on from what clients have seen. If not, somebody "
            "else publishes there: find out who has the online key. Clients get what was published before."
        ),
    ),
    (
        "this process has open",
        (
            "If you put it there, start the signer again: it goes on from this one, and notices if it is too old. Take "
            "care that no -wal or -shm of the other lies beside it. To put a backup back, `ceremony-online restore` it "
            "into a home without a database."
        ),
    ),
    (
        "PostgreSQL",
        (
            "Stop every signer that uses it, and have it looked after by whoever runs the server. Should an older "
            "state of it be put back, the signer notices and stops: it has to hold everything that clients have seen."
        ),
    ),
    (
        "damaged",
        (
            "Use this database no more, and keep it as it is: move it out of HOME together with its -wal and -shm, "
            "then `ceremony-online restore` the newest backup. What was published since is taken back out of the "
            "shelf."
        ),
    ),
    (
        "database of",
        (
            "Check that it is the file you mean: signer.db of a home, or what `ceremony-online backup` has made of it. "
            "Nothing was changed."
        ),
    ),
)
"""Words of what was found -> what to do now; the first that fit count."""


def advice_on_tampered(what: str) -> str:
    """What to do now, for whoever found this."""
    return next((advice for words, advice in _BY_WORDS if words in what), _OF_A_BUNDLE)
