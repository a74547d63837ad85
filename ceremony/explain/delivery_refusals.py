"""What to do now when the online signer has refused a bundle or the path of a target."""

from collections.abc import Mapping

_NEVER_SEALED = (
    "No ceremony of this program ends in such a bundle. Publish nothing of it, keep it as it is, and tell those who "
    "held the ceremony: either it was changed on its way, or this program has a mistake."
)
_BESIDE = (
    "Ask whether two ceremonies were held beside each other, and the other one's release is delivered already. Then "
    "hold this one again upon that release: two cannot follow the same one. If there was no other, publish nothing of "
    "this bundle, keep it as it is, and tell those who held the ceremony: it may have been changed on its way."
)
_AGAIN = "Publish nothing of this release. This signer keeps what it trusts, and clients notice nothing."
_WRONG_SIGNER = "If it is the right bundle, deliver it to the other signer; this one keeps what it trusts."

ON_DELIVERIES: Mapping[str, str] = {
    "DELIVERY-RELEASE": "Bring the release, the folder that the last step of the ceremony exported. If there is none "
    "yet, finish the ceremony first: `ceremony status` says what is missing.",
    "DELIVERY-ORDER": "Deliver the release of the first ceremony before any other: it is the one whose words a person "
    "types. Then deliver this one again; what lies between them comes along.",
    "DELIVERY-WHOLE": _BESIDE,
    "DELIVERY-REPOSITORY": f"Check which repository the bundle is for, and which this signer serves. {_WRONG_SIGNER}",
    "REHEARSAL-APART": "Practice and the real thing stay apart: deliver a rehearsal to a signer that was made with "
    "`ceremony-online init --rehearsal`, and a real release to one made without it.",
    "ROOT-FINGERPRINT": "Ask the keyholders, by telephone or from the printed minutes, for the words that they read "
    "aloud, and deliver the bundle again with those words. Never take them from the bundle itself.",
    "ROOT-CHAIN": "Check that this is the newest release and that none before it was left out: deliver releases in "
    "the order in which they were made. If they are in order, publish nothing and tell the keyholders.",
    "TARGETS-SIGNED": _BESIDE,
    "BINS-SIGNED": _BESIDE,
    "KEYHOLDERS-FIRST": "Hold the ceremony again with the delegations of keyholders before those that the online key "
    f"signs, or with paths that they do not share: whoever is asked first speaks for a path. {_AGAIN}",
    "DELIVERY-HAND": "Hold the ceremony again with another name for this delegation: what keyholders vouched for would "
    f"otherwise be the online key's, under the name that people know, or the other way. {_AGAIN}",
    "DELIVERY-KEYIDS": "Ask the developers of the projects, or the keyholder, whose key it is for the key as their "
    f"tool writes it, without anything added, and hold the ceremony again. {_AGAIN}",
    "DELIVERY-QUORUM": _NEVER_SEALED,
    "VERSION-FORWARD": "Check that this is the newest release: an older one is never published again. If it is the "
    "newest, publish nothing and tell the keyholders.",
    "DELIVERY-FRESH": "Compare this machine's clock with a watch, in UTC. If the clock is right, the release came too "
    "late: hold a new ceremony with later dates.",
    "DELIVERY-CONSISTENT": _NEVER_SEALED,
    "ONLINE-KEY-OWN": f"Check which signer's key file went into the plan. {_WRONG_SIGNER} To give this signer "
    "another key, run `ceremony-online rotate-key` first, and hold a ceremony with the file that it writes.",
    "KEYS-APART": "Make a new online key (`ceremony-online init` in a new home, or `ceremony-online rotate-key` once "
    "something was delivered) and hold a new ceremony with it: no key may sign both offline and online roles.",
    "BINS-COVER": _NEVER_SEALED,
    "DELIVERY-NAMES": _NEVER_SEALED,
    "DELIVERY-PROJECTS": "Hold the ceremony again. A project is in one delegation, with keys that nobody else signs "
    "with here, and with paths that its delegation has and no other project shares: let one of the two leave, or give "
    f"the delegation its paths back. {_AGAIN}",
    "DELIVERY-APART": "Find out to which of the two projects the path belongs. If to the one that keyholders have "
    "claimed, run `ceremony-online project remove NAME` for the other, and deliver again. If not, publish nothing of "
    "this release, and hold the ceremony again without that path.",
    "DELIVERY-RETURNS": "Hold the ceremony again upon the newest release of this signer, or with another name for this "
    f"delegation: clients remember what stood under the old one, and would refuse it. {_AGAIN}",
    "LIFETIMES-STATED": _NEVER_SEALED,
    "DELIVERY-SIZE": "Hold the ceremony again with fewer bins, with bins in the succinct style, or with fewer projects "
    "in one delegation. Names that were published once count for ever.",
}
"""The name of a rule -> what to do now, for bundles that are delivered."""

ON_SIGNERS: Mapping[str, str] = {
    "SIGNER-UNCHANGED": "Name another folder with --home for the new signer: a signer keeps its repository for life. "
    "To change its key alone, run `ceremony-online rotate-key`; a next key that was made already stays the next.",
    "KEY-FILE-PRIVATE": "Run `chmod 600` on this key file. If others could read it until now, make a new online key "
    "with `ceremony-online rotate-key` and hold a ceremony with it.",
    "DELIVERED-FIRST": "Deliver the release of the ceremony first: `ceremony-online deliver BUNDLE`. "
    "Then add the files again.",
    "TARGET-PRESENT": "Check the spelling of the path: `ceremony-online status` and the repository's `targets` folder "
    "show what there is. Nothing was removed.",
    "DATABASE-KNOWN": "Use the version of this program that has changed the database, or a newer one. Going back to an "
    "earlier version needs the copy that was kept before the change, and `ceremony-online restore`. It is whole.",
    "DATABASE-MIGRATED": "Copy the database with the server's own tools, stop every process of an earlier version on "
    "every machine, then run `ceremony-online migrate` once. Nothing was changed.",
    "PATH-ONCE": "Decide which file belongs under this path, and add that one alone. Nothing was published.",
}
"""The name of a rule -> what to do now, for the signer itself and what is asked of it."""

_RENAME = "Rename the file, or give it another path in the repository, then add it again. Nothing was published."

ON_PATHS: Mapping[str, str] = {
    "PATH-PRESENT": _RENAME,
    "PATH-PLAIN": _RENAME,
    "PATH-NORMAL": _RENAME,
    "PATH-RELATIVE": _RENAME,
    "PATH-URL": _RENAME,
    "PATH-LENGTH": _RENAME,
}
"""The name of a rule -> what to do now, for paths of targets."""
