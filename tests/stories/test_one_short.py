"""One signature short under any quorum, old or new, and nobody takes it: not our seal, and not the real client."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from fakes import dated_repository as lab
from fakes.people import ED25519, NOW, P256, P384, RSA, signature
from fakes.rotations import Holder, Rotation, response_by, reviewed_rotation, signed_by, trusted_root
from hypothesis import given, settings
from hypothesis import strategies as st
from tuf.api.metadata import SuccinctRoles, TargetFile, Targets

from ceremony.core import strict_json
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.response import Request, request_of
from ceremony.core.response_rules import take
from ceremony.core.seal import SEAL_RULES, SealCase, seal
from ceremony.core.tally import Quorum, tally
from ceremony.engine.rehearsal import follow_root

KINDS = (P256, ED25519, P384, RSA)
PEOPLE = ("ann", "bob", "cyd", "ann's aide", "bob's aide")
QUORUMS = ("root under root 1", "root under root 2", "targets under root 2", "bins under targets 2")
BITS = 4
"""The plan of the fakes has sixteen bins."""

Files = tuple[MetadataFile, ...]


@dataclass(frozen=True)
class Short:
    """The files of a rotation signed by everybody, but for one signature that one quorum lacks."""

    rotation: Rotation
    quorum: Quorum
    files: Files


@st.composite
def rotations(draw: st.DrawFn) -> Rotation:
    """Some people before, some after, each with a key of any kind; whoever has the same kind keeps the key."""

    def roster() -> tuple[Holder, ...]:
        names = draw(st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=5, unique=True))
        return tuple(Holder(name, draw(st.sampled_from(KINDS))) for name in names)

    old, new = roster(), roster()
    return Rotation(old, draw(st.integers(2, len(old))), new, draw(st.integers(2, len(new))))


@st.composite
def shorts(draw: st.DrawFn) -> Short:
    """Any rotation in which any quorum lacks one signature, whoever else has signed."""
    rotation = draw(rotations())
    request = request_of(reviewed_rotation(rotation))
    quorums = {f"{each.role} under {each.by}": each for each in request.quorums}
    assert {*quorums} == {*QUORUMS}
    quorum = quorums[draw(st.sampled_from(QUORUMS))]
    signing = {*draw(st.permutations([*quorum.keys]))[: quorum.threshold - 1]}
    whole = signed_by_all(rotation, request)
    files = tuple(_without(each, {*quorum.keys} - signing) if each.role == quorum.role else each for each in whole)
    return Short(rotation, quorum, files)


def _without(file: MetadataFile, keyids: set[str]) -> MetadataFile:
    kept: Mapping[str, str] = {keyid: sig for keyid, sig in file.signatures.items() if keyid not in keyids}
    return MetadataFile(file.role, file.version, file.payload, kept)


def signed_by_all(rotation: Rotation, request: Request) -> Files:
    """The files with every signature that counts somewhere."""
    assert all(signed_by(request, each) for each in rotation.everybody)
    return take(request.files, response_by(request, *rotation.everybody), request)


def published(offline: Files) -> Files:
    """These files with the one bin that lists the target, snapshot and timestamp, as the online signer makes them."""
    name = SuccinctRoles([], 1, BITS, "bin").get_role_for_target(lab.TARGET)
    found = TargetFile.from_data(lab.TARGET, lab.CONTENT, ["sha256"])
    payload = strict_json.encode(Targets(expires=lab.FAR, targets={lab.TARGET: found}).to_dict())
    listed = MetadataFile(name, 1, payload).with_signature(signature("online", payload))
    return (*offline, listed, *lab.top((*offline, listed)))


def is_taken(rotation: Rotation, files: Files) -> bool:
    """Whether a client that has the old root finds the target behind the new one."""
    return lab.is_taken(trusted_root(reviewed_rotation(rotation)), published(files), NOW)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(shorts())
def test_one_signature_short_is_refused_by_our_tally_by_our_seal_and_by_the_real_client(short: Short) -> None:
    """Under the old root, under the new one, of targets, of bins; every other quorum may have more than it needs."""
    (standing,) = tally(short.files, (short.quorum,))
    assert (len(standing.signed), standing.is_complete) == (short.quorum.threshold - 1, False)
    case = SealCase(reviewed_rotation(short.rotation), short.files)
    assert [each.rule for each in SEAL_RULES.refusals(case)] == ["ROLE-COMPLETE"]
    assert not is_taken(short.rotation, short.files)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(shorts(), st.data())
def test_with_that_signature_all_three_take_it(short: Short, data: st.DataObject) -> None:
    """Exactly as many as the quorum needs, whichever they are; the rehearsal before the export says so too."""
    reviewed = reviewed_rotation(short.rotation)
    whole = signed_by_all(short.rotation, request_of(reviewed))
    (standing,) = tally(short.files, (short.quorum,))
    last = data.draw(st.sampled_from(standing.missing))
    missing = {*standing.missing} - {last}
    files = tuple(_without(each, missing) if each.role == short.quorum.role else each for each in whole)
    if not all(each.is_complete for each in tally(files, reviewed.quorums)):
        # The two quorums of a root share keys: those who were left out of the one are needed by the other.
        files = whole
    (standing,) = tally(files, (short.quorum,))
    assert standing.is_complete
    sealed = seal(reviewed, files)
    with TemporaryDirectory() as cache:
        follow_root(sealed, Path(cache))
    assert is_taken(short.rotation, sealed.files)
