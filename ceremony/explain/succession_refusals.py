"""What to do now when a ceremony that follows another was refused for what it follows."""

from collections.abc import Mapping

_AGAIN = (
    "`ceremony plan --new --after RELEASE` makes a plan anew; `ceremony plan --check PLAN --after RELEASE` judges one."
)
_NEW_PLAN = "A changed plan begins a new ceremony."

ON_SUCCESSIONS: Mapping[str, str] = {
    "TRUSTED-ROOT": "If a ceremony was held since this plan was made, make it anew after that one's release. If not, "
    f"find out which of the two roots is the right one before anybody signs. {_AGAIN}",
    "REPOSITORY-SAME": "Make the plan after a release of the repository that it is for. A rehearsal follows "
    f"rehearsals, and the real thing follows the real thing. {_AGAIN}",
    "KEY-KEPT": "If this keyholder has another key than before, take `keyid` out of their table in the plan, so that "
    "the device is enrolled anew; otherwise make the plan anew. To begin, --trusted names the release of the ceremony "
    f"before: it alone tells whose key is whose. {_AGAIN}",
    "DELEGATED-SHOWN": "Name with --trusted, or with --after, what holds the newest file of this role too: the folder "
    "of the last release, or all of the repository's metadata. Without it the role would begin anew, and lose every "
    f"project. {_AGAIN}",
    "TARGETS-KEPT": "Others wrote this into the metadata that the plan follows. State delegations that stay under "
    "[[delegations]] in the plan. Name everything else under leaves_out, where everybody reads it. Files that are to "
    "stay are given to the online signer: `ceremony-online add`, once the release is delivered and before clients are "
    f"pointed at its folder, so that nobody misses them. {_NEW_PLAN}",
    "KEY-SPELLED": "Take `keyid` out of this keyholder's table in the plan, so that a key is made anew; so that the "
    "old one can sign a last time, name it with its holder under [[leaving]]. "
    f"{_NEW_PLAN} {_AGAIN}",
    "KEY-LEAVES": "Take this key out of [[leaving]] in the plan, or correct its keyid: `ceremony plan --new "
    f"--after FOLDER` asks about each key by its own. {_NEW_PLAN}",
    "REFRESH-ONLY": 'If the change is meant, write kind = "rotation" in the plan; otherwise take it out again. '
    f"{_NEW_PLAN} {_AGAIN}",
    "CHANGE-SIGNED": "Name this role with its end under [expires] in the plan, so that it is signed anew, or take the "
    f"change out of the plan. {_NEW_PLAN} {_AGAIN}",
    "STANDS-SIGNED": "Name this role with its end under [expires] in the plan: too few of those who signed it last "
    f"will hold keys of it after this ceremony. {_NEW_PLAN} {_AGAIN}",
    "TRUSTED-OWN": "Name with --trusted what this machine has itself: to begin, the folder of the release of the "
    "ceremony before; to go on, a root file or the repository's metadata will do. It came by a way of its own, never "
    "with the bundle. If two roots of one version differ, sign nothing, keep both, and tell the keyholders.",
}
"""The name of a rule -> what to do now, for ceremonies that follow another."""
