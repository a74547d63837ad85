"""What to do now when a rule about delegations, or about the projects below them, has refused."""

from collections.abc import Mapping

_CHECK = "`ceremony plan --check PLAN --after RELEASE` judges a plan."
_BATCH = (
    "`ceremony project batch` makes the batch anew, and `ceremony plan --new --after RELEASE --claims BATCH` the plan."
)
_OUT = "Take this project out of the batch, or let its developers claim anew with `ceremony project claim`."

ON_DELEGATIONS: Mapping[str, str] = {
    "DELEGATION-SHADOW": "Give this delegation paths of its own, or write terminating = false: otherwise clients never "
    "come to the bins. Then check the plan again.",
    "DELEGATION-ORDER": "Name the delegation that keyholders sign before the one that the online key signs, or give "
    "the two paths that they cannot share: whoever stole the online key could otherwise answer first for what people "
    "have vouched for. Then check the plan again.",
    "DELEGATION-HAND": "Add a delegation of another name, and take this one out if it is not needed any more. Projects "
    "enter the new one by a batch of their claims: what keyholders vouched for is never handed on in silence, and "
    f"clients refuse a name whose versions go back. {_CHECK}",
    "DELEGATION-ONLY": 'If root has to change, write kind = "rotation" in the plan; otherwise take root out of '
    f"[expires]. A changed plan begins a new ceremony. {_CHECK}",
    "BINS-KEPT": "Choose a number of bins that keeps every name. Any other number needs another online key in the same "
    "ceremony, and this sequence works: `ceremony-online rotate-key` writes online-key-next.json; `ceremony plan --new "
    "--after RELEASE` makes a rotation with that key, and then with any number of bins; it is delivered as usual.",
    "CLAIMS-PLANNED": "Put the batch that the plan was made with beside the plan, as claims.json, or name it with "
    f"--claims. With another batch another plan is needed. {_BATCH}",
    "PROJECT-PROOF": f"{_OUT} A proof is for one key, one project, its paths and its number of signatures, in one "
    f"repository: whoever changes any of them claims anew. {_BATCH}",
    "PROJECT-KEYS": f"{_OUT} Each developer hands in a key of their own, and as many do as have to sign. {_BATCH}",
    "PROJECT-OUTSIDE": f"{_OUT} A keyholder who is a developer too has another key for the project. {_BATCH}",
    "PROJECT-REACHED": f"{_OUT} A project claims a folder of its own, such as files/demo/*, below the paths of the "
    f"delegation that it enters. A delegation that is to get fewer paths keeps those of its projects, or they leave it "
    f"in a ceremony before. {_BATCH}",
    "PROJECT-APART": "Find out, before anybody signs, to which of the two projects the path belongs, and let the other "
    "one claim less. A project that is to move to another delegation leaves the first in one ceremony, and enters the "
    f"other in the next. {_BATCH}",
    "PROJECT-LEAVES": "Check the spelling of the name with --leaving. A project that gets other keys does not leave: "
    "it enters once more, and keeps its place.",
    "CLAIMS-TOGETHER": "Make one batch for each repository: a proof of possession holds for one alone.",
    "CLAIMS-AGREE": "Ask the developers of this project what is right. Each of them claims the same paths and the same "
    "threshold; whoever did not makes the claim anew with `ceremony project claim`.",
    "CLAIMS-SIZE": "Make several batches of fewer projects, and hold a ceremony for each.",
}
"""The name of a rule -> what to do now, for delegations and the projects below them."""
