"""What to do when a rule refuses what a machine is to trust, or what a repository shows."""

from collections.abc import Mapping

_OTHER_PIN = (
    "Nobody can mend this from here. Find out with the survey of the repository from which root on everything is as it "
    "should be, fetch that root by a way of its own, and pin it instead."
)
_WHOLE_COPY = "Fetch the whole metadata folder again. If a fresh copy shows the same, sign nothing upon it and tell "

ON_TRUST: Mapping[str, str] = {
    "TRUSTED-RELEASE": "Name the folder of the release, which the last step of a ceremony exported, or the metadata "
    "folder of the repository as it is published.",
    "TRUSTED-READABLE": _OTHER_PIN,
    "TRUSTED-FORK": "Check first that the pinned root and the folder belong to the same repository. If they do, two "
    "roots of one version exist, which never happens by accident: sign nothing, keep both, and tell the keyholders.",
    "TRUSTED-NEXT": "Fetch the missing versions of root too: each one from the pinned root on has to be there, also "
    "those that have expired.",
    "TRUSTED-KEYID": "Strict clients refuse this repository as it stands. Whoever made it has to publish a version "
    "with true keyids first, with the tools that it was made with; then start again with that one.",
    "TRUSTED-DISTINCT": "One signer would count twice here, so the threshold is not what it says. Sign nothing that "
    "builds on it, and tell the keyholders of the repository.",
    "TRUSTED-PINNED": "This file cannot be where trust begins. Fetch the root anew from whoever vouches for it, and "
    "compare its fingerprint with the one in the minutes before you pin it.",
    "TRUSTED-CHAIN": f"{_WHOLE_COPY}the keyholders: no client will follow this root, and somebody may have made it "
    "without them. If it is one that was never published, take it out of the folder.",
    "TRUSTED-TARGETS": f"{_WHOLE_COPY}the keyholders of targets. If this version was never published, take it out of "
    "the folder.",
    "TRUSTED-DELEGATED": f"{_WHOLE_COPY}the keyholders of that role. If this version was never published, take it out "
    "of the folder.",
}
