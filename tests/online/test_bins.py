"""The bytes rendered from stored parts are the bytes that python-tuf would sign."""

from datetime import UTC, datetime

from fakes.release import NOW
from hypothesis import given
from hypothesis import strategies as st
from tuf.api.metadata import DelegatedRole, MetaFile, Snapshot, SuccinctRoles, TargetFile, Targets, Timestamp
from tuf.api.serialization.json import CanonicalJSONSerializer

from ceremony.core.bin_delegation import bin_names
from ceremony.core.draft import bin_prefixes
from ceremony.core.plan import instant_text
from ceremony.core.policy import DELEGATED_ROLE
from ceremony.online.bins import bin_of, render_bin, render_fragment, render_snapshot, render_timestamp

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
DIGEST = st.text("0123456789abcdef", min_size=64, max_size=64)
CUSTOM = st.none() | st.recursive(
    st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
TARGETS = st.dictionaries(TEXT, st.tuples(st.integers(0, 2**60), DIGEST, CUSTOM), max_size=6)
VERSIONS = st.integers(1, 10**9)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2999, 1, 1)).map(  # noqa: DTZ001  # Hypothesis wants naive bounds
    lambda found: found.replace(microsecond=0, tzinfo=UTC)
)
ROLE = st.from_regex(DELEGATED_ROLE, fullmatch=True) | st.sampled_from(["claimed", "claimed-x", "a", "z", "project-a"])
COUNTS = st.integers(1, 14).map(lambda bits: 2**bits)


@given(TARGETS, VERSIONS, MOMENTS)
def test_a_bin_has_the_bytes_that_python_tuf_would_sign(
    targets: dict[str, tuple[int, str, object]], version: int, expires: datetime
) -> None:
    """Fragments joined in order of path are the canonical form of the whole."""
    entries = {}
    for path, (length, digest, custom) in targets.items():
        extra = {} if custom is None else {"custom": custom}
        entries[path] = TargetFile(length, {"sha256": digest}, path, unrecognized_fields=extra)
    fragments = [
        render_fragment(path, length, {"sha256": digest}, custom)  # type: ignore[arg-type]  # any JSON
        for path, (length, digest, custom) in sorted(targets.items())
    ]

    rendered = render_bin(version, instant_text(expires), fragments)

    assert rendered == CanonicalJSONSerializer().serialize(Targets(version, expires=expires, targets=entries))


@given(st.integers(1, 6).map(lambda bits: 2**bits), st.sets(ROLE, max_size=6), st.data(), VERSIONS, MOMENTS)
def test_a_snapshot_has_the_bytes_that_python_tuf_would_sign(
    count: int, roles: set[str], data: st.DataObject, version: int, expires: datetime
) -> None:
    """Bins, and roles whose names come before theirs and after, some of them the beginning of others."""
    names = [*bin_names(count), "targets", "bins", *roles]
    versions = {name: data.draw(VERSIONS) for name in names}
    meta = {f"{name}.json": MetaFile(number) for name, number in versions.items()}

    rendered = render_snapshot(version, instant_text(expires), versions)

    assert rendered == CanonicalJSONSerializer().serialize(Snapshot(version, expires=expires, meta=meta))


@given(VERSIONS, VERSIONS, MOMENTS, st.integers(1, 2**40), DIGEST)
def test_a_timestamp_has_the_bytes_that_python_tuf_would_sign(
    version: int, snapshot_version: int, expires: datetime, length: int, digest: str
) -> None:
    """It names the snapshot with its length and hash."""
    meta = MetaFile(snapshot_version, length, {"sha256": digest})

    rendered = render_timestamp(version, instant_text(expires), snapshot_version, length, digest)

    assert rendered == CanonicalJSONSerializer().serialize(Timestamp(version, expires=expires, snapshot_meta=meta))


@given(TEXT, COUNTS)
def test_a_path_falls_into_the_bin_that_clients_ask(path: str, count: int) -> None:
    """TAP 15: the leading bits of the hash of the path."""
    roles = SuccinctRoles([], 1, count.bit_length() - 1, "bin")

    assert bin_names(count)[bin_of(path, count)] == roles.get_role_for_target(path)


@given(TEXT)
def test_explicit_bins_hold_the_same_paths(path: str) -> None:
    """The hash prefixes of a bin are those of the paths that fall into it."""
    number = bin_of(path, 32)
    found = [
        DelegatedRole(name, [], 1, terminating=True, path_hash_prefixes=[*prefixes]).is_delegated_path(path)
        for name, prefixes in bin_prefixes(32)
    ]

    assert found == [place == number for place in range(32)]


def test_a_target_without_custom_has_none() -> None:
    """No custom is no field."""
    assert render_fragment("demo", 1, {"sha256": "aa"}) == b'"demo":{"hashes":{"sha256":"aa"},"length":1}'


def test_expiry_is_written_as_metadata_writes_it() -> None:
    """UTC, whole seconds."""
    assert b'"expires":"2026-03-01T12:00:00Z"' in render_bin(1, instant_text(NOW), [])
