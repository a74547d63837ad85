"""Whatever stands in a bundle's files, opening it ends soon, and in a bundle or an error of ours."""

import json
import os
import time
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fakes.people import NOW, drafted, plan, roster, signed
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ceremony.core.plan import write_plan
from ceremony.core.policy import Policy
from ceremony.core.transcript import BEGINNING, Entry, Transcript
from ceremony.engine.bundle import Bundle, encode_bundle, open_bundle
from ceremony.engine.report import minutes
from ceremony.engine.status import status_of
from ceremony.engine.verify import verify
from ceremony.errors import CeremonyError, TamperedError

FUZZ = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)

ODD = st.sampled_from(
    [
        *(b"NaN", b"Infinity", b"-0.0", b"1e999", b"9" * 5000, b"1" + b"0" * 4400, b"-1", b"true", b"null", b'""'),
        *(b"[]", b"{}", b"{}{}", b'{"a":1,"a":2}', b"[" * 100_000, b'{"a":' * 100_000),
        *(b'"\\ud800"', b'"\\u0000"', b'"\xff"', b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x00", b"\r\n"),
        *("\u202e\u2066\ufeff".encode(), "\u0130\u0131\u017f".encode()),
    ]
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@cache
def usual() -> dict[str, bytes]:
    """The files of a release as it should be."""
    found = plan()
    record = Transcript()
    for number in range(3):
        record = record.add(Entry(NOW, "roll", "ann", "looked", f"Looked, time {number}.", outputs={"it": "00" * 32}))
    files = signed(drafted().files, "ann", "bob")
    bundle = Bundle("release", found, write_plan(found).encode(), roster(found), files, record)
    return encode_bundle(bundle) | {"minutes.html": minutes(bundle)}


NAMES = [
    "manifest.json",
    "plan.toml",
    "roster.json",
    "transcript.jsonl",
    "draft/1.root.json",
    "draft/1.targets.json",
    "draft/1.bins.json",
]
SIGNED_NAMES = [name for name in NAMES if name.endswith("json") and name != "manifest.json"]


def fitted(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files under a manifest that fits them, as a forger would make it."""
    manifest = json.loads(usual()["manifest.json"])
    manifest["files"] = [
        {"length": len(data), "name": name, "sha256": sha256(data).hexdigest()}
        for name, data in sorted(files.items())
        if name != "manifest.json"
    ]
    return files | {"manifest.json": json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()}


def judge(files: dict[str, bytes]) -> Bundle | CeremonyError:
    """What comes of opening these files, and of looking at what was opened: a bundle, or an error of ours."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bundle"
        (path / "draft").mkdir(parents=True)
        for name, data in files.items():
            (path / name).write_bytes(data)
        try:
            bundle = open_bundle(path)
            json.dumps(verify(path, Policy()).as_json())
            status_of(bundle)
            minutes(bundle)
        except CeremonyError as error:
            return error
        return bundle


def paths_in(value: object, above: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """Where every value inside a JSON value stands."""
    yield above
    places = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for place, inner in places:
        yield from paths_in(inner, (*above, place))


def changed(value: object, path: tuple[object, ...], new: object) -> object:
    """The JSON value with another value at that place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)  # type: ignore[call-overload]
    copy[path[0]] = changed(copy[path[0]], path[1:], new)
    return copy


def test_the_bundle_that_is_spoiled_below_is_good() -> None:
    """Otherwise nothing below would mean anything."""
    assert isinstance(judge(fitted(usual())), Bundle)


@FUZZ
@given(
    name=st.sampled_from(NAMES), start=st.integers(0, 5000), length=st.integers(0, 40), new=ODD | st.binary(max_size=40)
)
@example(name="manifest.json", start=0, length=10_000, new=b"")
@example(name="plan.toml", start=0, length=10_000, new=b"a = " + b"[" * 50_000)
@example(name="transcript.jsonl", start=0, length=10_000, new=b"\n")
def test_bytes_put_anywhere_end_in_an_error_of_ours(name: str, start: int, length: int, new: bytes) -> None:
    """In the manifest as it is, and in the other files under a manifest that was made to fit."""
    data = usual()[name]
    place = start % (len(data) + 1)
    files = usual() | {name: data[:place] + new + data[place + length :]}

    judge(files if name == "manifest.json" else fitted(files))


@FUZZ
@given(data=st.data(), name=st.sampled_from(["manifest.json", *SIGNED_NAMES]), new=JSON)
def test_values_put_anywhere_end_in_an_error_of_ours(data: st.DataObject, name: str, new: object) -> None:
    """Of any type, in any place of any of the JSON files, canonical or not."""
    value = json.loads(usual()[name])
    path = data.draw(st.sampled_from(list(paths_in(value))))
    text = json.dumps(changed(value, path, new), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    files = usual() | {name: text.encode(errors="surrogatepass")}

    judge(files if name == "manifest.json" else fitted(files))


@FUZZ
@given(data=st.data(), new=JSON)
def test_a_transcript_of_anything_ends_in_an_error_of_ours(data: st.DataObject, new: object) -> None:
    """Any value in any place of any line."""
    lines = usual()["transcript.jsonl"].splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    value = json.loads(lines[number])
    path = data.draw(st.sampled_from(list(paths_in(value))))
    lines[number] = json.dumps(changed(value, path, new), sort_keys=True, separators=(",", ":")).encode()

    judge(fitted(usual() | {"transcript.jsonl": b"\n".join([*lines, b""])}))


@FUZZ
@given(
    name=st.sampled_from(["bins.count", "thresholds.root", "lifetimes", "keyholders"]), new=st.integers(-(2**70), 2**70)
)
@example(name="bins.count", new=1)
@example(name="thresholds.root", new=0)
@example(name="bins.count", new=2**62)
def test_a_plan_with_any_number_ends_in_an_error_of_ours(name: str, new: int) -> None:
    """Also when nothing could be made out of such a plan."""
    old = {"bins.count": "count = 16", "thresholds.root": "root = 2", "lifetimes": "bin_n_hours = 336"}.get(
        name, "format = 1"
    )
    text = usual()["plan.toml"].decode()
    assert old in text

    judge(fitted(usual() | {"plan.toml": text.replace(old, f"{old.split(' = ')[0]} = {new}", 1).encode()}))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"length":', b'"length":true,"lenght":'),
        (b'"files":[', b'"files":[null,'),
        (b'"files":[', b'"files":[{"length":-1},'),
        (b'"format":1', b'"format":1,"format":1'),
        (b'"format":1', b'"format":2'),
        (b'"format":1', b'"format":1,"more":[]'),
        (b'"purpose":"release"', b'"purpose":["release"]'),
        (b'"rehearsal":true', b'"rehearsal":1'),
        (b'"rehearsal":true', b'"rehearsal":NaN'),
    ],
    ids=lambda value: value.decode(),
)
def test_a_manifest_is_read_strictly(old: bytes, new: bytes) -> None:
    """Values of another type, keys that come twice, fields that nobody knows, and numbers that are none."""
    manifest = fitted(usual())["manifest.json"]
    assert old in manifest

    assert isinstance(judge(fitted(usual()) | {"manifest.json": manifest.replace(old, new, 1)}), TamperedError)


@pytest.mark.parametrize(
    "data",
    [b"[" * 65_000, b'"' * 65_000, b'{"a":' * 13_000, b"\\" * 65_000, b'"\\' * 32_000, b"1" * 65_000],
    ids=["lists", "quotes", "tables", "backslashes", "escapes", "digits"],
)
def test_a_manifest_made_to_take_long_does_not(data: bytes) -> None:
    """Deep, long or unfinished: it is refused in the time of a breath."""
    begun = time.process_time()

    assert isinstance(judge(usual() | {"manifest.json": data}), TamperedError)
    assert time.process_time() - begun < 2


def test_a_transcript_as_long_as_any_may_be_is_read_in_seconds() -> None:
    """The time it takes grows with its length, not with the square of it."""
    lines: list[bytes] = []
    previous = BEGINNING
    single = Transcript().add(Entry(NOW, "", "", "", "")).lines[0]
    for number in range(1, 20_001):
        line = single.replace(b'"number":1', b'"number":%d' % number).replace(BEGINNING.encode(), previous.encode())
        previous = sha256(line).hexdigest()
        lines.append(line + b"\n")
    with TemporaryDirectory() as folder:
        files = fitted(usual() | {"transcript.jsonl": b"".join(lines)})
        (Path(folder) / "draft").mkdir()
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        begun = time.process_time()

        assert len(open_bundle(Path(folder)).transcript.entries) == len(lines)

        assert time.process_time() - begun < 8


def test_a_pipe_in_place_of_a_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    """Nobody writes into it, ever."""
    (tmp_path / "draft").mkdir()
    for name, data in usual().items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "manifest.json").unlink()
    os.mkfifo(tmp_path / "manifest.json")

    with pytest.raises(TamperedError):
        open_bundle(tmp_path)
