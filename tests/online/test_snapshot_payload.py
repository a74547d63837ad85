"""The snapshot that is changed in place has the bytes that python-tuf would sign, whatever was changed before."""

from fakes.release import NOW
from hypothesis import given
from hypothesis import strategies as st
from tuf.api.metadata import MetaFile, Snapshot
from tuf.api.serialization.json import CanonicalJSONSerializer

from ceremony.core.bin_delegation import bin_names
from ceremony.core.plan import instant_text
from ceremony.online.bins import render_snapshot
from ceremony.online.snapshot_payload import SnapshotPayload

BINS = st.sampled_from(bin_names(256))
OTHERS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
VERSIONS = st.integers(1, 10**9) | st.sampled_from([9, 10, 99, 100, 999, 1000])
LISTED = st.dictionaries(BINS | OTHERS, VERSIONS, max_size=90)


@given(LISTED, st.lists(LISTED, max_size=4), VERSIONS)
def test_it_has_the_bytes_that_python_tuf_would_sign(
    listed: dict[str, int], changes: list[dict[str, int]], version: int
) -> None:
    """Bins and any other names; versions that gain and lose digits; names that come."""
    payload = SnapshotPayload(listed)
    for number, change in enumerate(changes):
        payload.at(number + 1, instant_text(NOW))
        payload.change(change)
        listed |= change

    meta = {f"{role}.json": MetaFile(each) for role, each in listed.items()}
    wanted = CanonicalJSONSerializer().serialize(Snapshot(version, expires=NOW, meta=meta))
    assert payload.at(version, instant_text(NOW)) == wanted


def test_of_many_bins_any_can_change() -> None:
    """Each version gains a digit, one after another."""
    listed = dict.fromkeys((*bin_names(128), "targets", "bins"), 9)
    payload = SnapshotPayload(listed)

    for name in (*bin_names(128), "targets"):
        listed[name] += 1
        payload.change({name: listed[name]})
        assert payload.at(7, instant_text(NOW)) == render_snapshot(7, instant_text(NOW), listed)
