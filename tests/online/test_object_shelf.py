"""The shelf as an object store: created once, the timestamp last, and nothing lost where the store errs or is slow."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from fakes.online_signer import OnlineSigner, online_signer
from fakes.release import Wanted
from fakes.s3_server import BUCKET, Faults, S3Server, before, s3_server, use_s3

from ceremony.engine.rehearsal import follow
from ceremony.errors import SettingsError, StorageError, TamperedError
from ceremony.explain import explain
from ceremony.online.creating_shelf import CreatingShelf, NewFile
from ceremony.online.main import verbs
from ceremony.online.object_shelf import ObjectShelf
from ceremony.online.object_store import Patience, open_object_store
from ceremony.online.shelf_place import open_shelf, shelf_url

QUICK = Patience(
    connect=timedelta(seconds=1),
    answer=timedelta(seconds=1),
    retries=1,
    tries=2,
    first_pause=timedelta(milliseconds=10),
    longest_pause=timedelta(milliseconds=50),
)


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    """One server for all of these tests: each has a folder of its own in its bucket."""
    with s3_server() as made:
        yield made


@pytest.fixture
def url(server: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A place of this test's own."""
    use_s3(monkeypatch, server.port)
    return f"s3://{BUCKET}/{sha256(str(tmp_path).encode()).hexdigest()[:12]}/repository"


@pytest.fixture
def shelf(url: str) -> ObjectShelf:
    """A shelf there."""
    made = ObjectShelf(url, patience=QUICK)
    made.prepare()
    return made


@pytest.fixture
def faulty(server: S3Server, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ObjectShelf, Faults]]:
    """A shelf behind a proxy that misbehaves as it is told."""
    with before(server) as (port, faults):
        use_s3(monkeypatch, port)
        made = ObjectShelf(url, patience=QUICK)
        made.prepare()
        yield made, faults


def _ignore(_more: int) -> None:
    """Nobody counts."""


def _page(server: S3Server, url: str, name: str) -> httpx.Response:
    return httpx.get(f"{server.url}/{url.split('/', 3)[3]}/{name}")


def test_many_files_are_put_and_counted(shelf: ObjectShelf) -> None:
    """Each is in its place, and the counts add up."""
    counted: list[int] = []

    shelf.put(((f"1.bin-{number}.json", b"x" * number) for number in range(150)), counted.append)

    assert sum(counted) == 150
    assert shelf.read("1.bin-7.json") == b"x" * 7
    assert shelf.read("2.bin-7.json") is None


def test_files_say_what_they_are_and_how_long_they_hold(shelf: ObjectShelf, server: S3Server, url: str) -> None:
    """As any web server or CDN passes it on."""
    shelf.put([("1.bin-0.json", b"{}"), ("timestamp.json", b"{}")], _ignore)

    named, moving = (_page(server, url, f"metadata/{name}") for name in ("1.bin-0.json", "timestamp.json"))

    assert named.headers["content-type"] == moving.headers["content-type"] == "application/json"
    assert "immutable" in named.headers["cache-control"]
    assert moving.headers["cache-control"] == "no-cache"


def test_a_versioned_file_is_never_written_over(shelf: ObjectShelf) -> None:
    """The same bytes again are harmless; others are refused, and what is there stays."""
    shelf.put([("1.bin-0.json", b"one")], _ignore)
    shelf.put([("1.bin-0.json", b"one")], _ignore)

    with pytest.raises(StorageError) as refusal:
        shelf.put([("1.bin-0.json", b"two")], _ignore)

    assert refusal.value.reason == "EEXIST"
    assert shelf.read("1.bin-0.json") == b"one"
    assert "never written over" in explain(refusal.value).advice


def test_other_bytes_that_are_right_may_stay(shelf: ObjectShelf) -> None:
    """A key that signs differently each time signed them before a crash."""
    shelf.put([("1.bin-0.json", b"one")], _ignore)

    shelf.create([NewFile("1.bin-0.json", b"two", lambda found: found == b"one")], _ignore)

    assert isinstance(shelf, CreatingShelf)
    assert shelf.read("1.bin-0.json") == b"one"


def test_the_timestamp_is_replaced_only_where_it_is_the_one_that_was_read(shelf: ObjectShelf, url: str) -> None:
    """A writer who was taken for dead comes too late."""
    late = ObjectShelf(url, patience=QUICK)
    shelf.put([("timestamp.json", b"one")], _ignore)
    assert late.read("timestamp.json") == b"one"
    shelf.put([("timestamp.json", b"two")], _ignore)

    with pytest.raises(StorageError) as refusal:
        late.put([("timestamp.json", b"late")], _ignore)

    assert refusal.value.reason == "ESTALE"
    assert shelf.read("timestamp.json") == b"two"


def test_whoever_has_a_lower_number_replaces_no_timestamp(shelf: ObjectShelf, url: str) -> None:
    """The lease went to somebody else."""
    first, second = ObjectShelf(url, 3, QUICK), ObjectShelf(url, 4, QUICK)
    first.raise_fence(3)
    first.put([("timestamp.json", b"one")], _ignore)
    second.raise_fence(4)

    with pytest.raises(StorageError) as refusal:
        first.put([("timestamp.json", b"late")], _ignore)
    with pytest.raises(StorageError):
        first.raise_fence(3)
    second.put([("timestamp.json", b"two")], _ignore)

    assert refusal.value.reason == "ESTALE"
    assert (shelf.fence(), shelf.read("timestamp.json")) == (4, b"two")


@pytest.mark.parametrize("fault", ["errors", "silences", "lost_answers"])
@pytest.mark.parametrize("name", ["1.bin-0.json", "timestamp.json"])
def test_a_store_that_fails_once_is_asked_again(faulty: tuple[ObjectShelf, Faults], fault: str, name: str) -> None:
    """Also where it did what it was asked, and only its answer was lost."""
    shelf, faults = faulty
    shelf.read(name)
    getattr(faults, fault)[name] = 1

    shelf.put([(name, b"one")], _ignore)

    assert getattr(faults, fault)[name] == 0
    assert shelf.read(name) == b"one"


def test_a_slow_body_is_read_again(faulty: tuple[ObjectShelf, Faults]) -> None:
    """Half of it came, and then nothing."""
    shelf, faults = faulty
    shelf.put([("1.bin-0.json", b"one")], _ignore)
    faults.slow_bodies["1.bin-0.json"] = 1

    assert shelf.read("1.bin-0.json") == b"one"


@pytest.mark.parametrize(("fault", "reason"), [("errors", "EREMOTEIO"), ("silences", "ETIMEDOUT")])
def test_a_store_that_goes_on_failing_is_told_of(faulty: tuple[ObjectShelf, Faults], fault: str, reason: str) -> None:
    """In words, with what to do now."""
    shelf, faults = faulty
    getattr(faults, fault)["1.bin-0.json"] = 99

    with pytest.raises(StorageError) as refusal:
        shelf.put([("1.bin-0.json", b"one")], _ignore)

    assert refusal.value.reason == reason
    assert refusal.value.path.endswith("/metadata/1.bin-0.json")
    assert "acknowledged is lost" in explain(refusal.value).advice


def test_the_timestamp_never_comes_before_what_it_needs(faulty: tuple[ObjectShelf, Faults]) -> None:
    """A file that could not be put holds it back."""
    shelf, faults = faulty
    faults.errors["1.bin-3.json"] = 99

    with pytest.raises(StorageError):
        shelf.put([*((f"1.bin-{number}.json", b"x") for number in range(8)), ("timestamp.json", b"x")], _ignore)

    assert shelf.read("timestamp.json") is None
    assert not [call for call in faults.calls if call == "PUT /metadata/timestamp.json"]


def test_roots_come_in_order(faulty: tuple[ObjectShelf, Faults]) -> None:
    """The one that clients ask for first comes last."""
    shelf, faults = faulty

    shelf.put([("4.root.json", b"4"), ("3.root.json", b"3"), ("2.root.json", b"2")], _ignore)

    puts = [call.split("/")[-1] for call in faults.calls if call.startswith("PUT") and "root" in call]
    assert puts == ["4.root.json", "3.root.json", "2.root.json"]


def test_a_store_that_ignores_conditions_is_no_shelf(
    server: S3Server, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would write over a published version."""
    with before(server) as (port, faults):
        use_s3(monkeypatch, port)
        faults.forgets_conditions = True

        with pytest.raises(StorageError) as refusal:
            ObjectShelf(url, patience=QUICK).prepare()

    assert refusal.value.reason == "EOPNOTSUPP"
    assert "If-None-Match" in explain(refusal.value).advice


@pytest.mark.usefixtures("url")
def test_an_absent_bucket_is_told_of() -> None:
    """This program makes none."""
    with pytest.raises(StorageError) as refusal:
        ObjectShelf("s3://no-such-bucket/a", patience=QUICK).prepare()

    assert refusal.value.reason == "ENOENT"


@pytest.mark.parametrize("name", ["demo-1.0.tar.gz", "a b~c+(d).whl", "日本.txt", "a'b*[c]{d}|e`f^.txt"])
def test_an_artifact_stands_under_its_hash(
    shelf: ObjectShelf, server: S3Server, url: str, tmp_path: Path, name: str
) -> None:
    """Whatever letters its path has; keeping it twice is harmless."""
    (tmp_path / "source").write_bytes(b"content")

    first = shelf.keep(tmp_path / "source", f"a/{name}")
    again = shelf.keep(tmp_path / "source", f"a/{name}")

    assert first == again
    assert shelf.holds(f"a/{name}", first)
    assert not shelf.holds(f"b/{name}", first)
    assert _page(server, url, f"targets/a/{first.sha256}.{name}").content == b"content"


def test_a_large_artifact_goes_in_pieces(shelf: ObjectShelf, tmp_path: Path) -> None:
    """It is never in memory as a whole."""
    (tmp_path / "source").write_bytes(bytes(range(256)) * 80_000)

    found = shelf.keep(tmp_path / "source", "large")

    assert found.length == 20_480_000
    assert shelf.holds("large", found)


def test_a_large_artifact_that_changes_meanwhile_is_not_kept(
    shelf: ObjectShelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it gets a name."""
    (tmp_path / "source").write_bytes(b"1" * 20_000_000)
    found = replace(_artifact(tmp_path / "source"), sha256=sha256(b"other").hexdigest())
    monkeypatch.setattr("ceremony.online.object_shelf.artifact_of", lambda _source: found)

    with pytest.raises(TamperedError):
        shelf.keep(tmp_path / "source", "large")

    assert not shelf.holds("large", found)


def _artifact(source: Path) -> Any:  # noqa: ANN401  # what the shelf says of it
    from ceremony.online.shelf import artifact_of  # noqa: PLC0415  # its name in the other module is replaced above

    return artifact_of(source)


@pytest.mark.parametrize(
    "url",
    ["s3://", "ftp://bucket", "s3://key:secret@bucket/a", "s3://bucket/a?x=1", "s3://bucket/../a", "s3://bucket//a"],
)
def test_what_is_no_place_is_refused(url: str) -> None:
    """Above all a URL with keys in it."""
    with pytest.raises(SettingsError):
        open_object_store(url, QUICK)


def test_init_remembers_the_shelf(url: str, tmp_path: Path) -> None:
    """The store was tried first; another shelf is refused afterwards."""
    home = ["--home", str(tmp_path / "home")]
    init = [*home, "init", "--repository", "packages.example.org", "--rehearsal"]

    made = CliRunner().invoke(verbs, [*init, "--shelf", url], catch_exceptions=False)
    again = CliRunner().invoke(verbs, init, catch_exceptions=False)
    other = CliRunner().invoke(verbs, [*init, "--shelf", f"{url}/elsewhere"])

    assert (made.exit_code, again.exit_code, getattr(other.exception, "rule", "")) == (0, 0, "SIGNER-UNCHANGED")
    assert url in (tmp_path / "home" / "shelf.toml").read_text()


@pytest.mark.usefixtures("url")
def test_a_shelf_that_does_not_answer_makes_no_signer(tmp_path: Path) -> None:
    """Nothing is left that would publish elsewhere later."""
    init = ["--home", str(tmp_path / "home"), "init", "--repository", "packages.example.org", "--rehearsal"]

    refused = CliRunner().invoke(verbs, [*init, "--shelf", "s3://no-such-bucket/a"])

    assert isinstance(refused.exception, StorageError)
    assert not (tmp_path / "home" / "signer.db").exists()


@pytest.fixture
def published(url: str, tmp_path: Path, moment: datetime) -> Iterator[OnlineSigner]:
    """A signer that publishes into the store, and has published its first delivery."""
    made = online_signer(tmp_path, Wanted(now=moment))
    (made.home.folder / "shelf.toml").write_text(f'url = "{url}"\n')
    assert shelf_url(made.home) == url
    shelf = open_shelf(made.home)
    made.shelf = shelf  # type: ignore[assignment]  # the same for whoever keeps artifacts there
    made.publisher = replace(made.publisher, shelf=shelf)
    made.deliver(now=moment)
    yield made
    made.store.close()


def _follow(published: OnlineSigner, server: S3Server, url: str, *targets: str) -> dict[str, bytes]:
    cache = published.scratch / f"client-{len(list(published.scratch.glob('client-*')))}"
    base = f"{server.url}/{url.split('/', 3)[3]}"
    return follow(base, published.bundle.files[0].encode(), cache, targets)


def test_the_real_client_follows_it_over_http(
    published: OnlineSigner, server: S3Server, url: str, moment: datetime
) -> None:
    """Metadata and targets, straight out of the store."""
    published.ask("a/demo", b"one", moment)
    published.publisher.publish(moment)

    assert _follow(published, server, url, "a/demo") == {"a/demo": b"one"}


def test_a_signer_moves_its_shelf_into_the_store(tmp_path: Path, server: S3Server, url: str, moment: datetime) -> None:
    """Targets are copied by whatever copies; metadata is made there again, roots and all, from the database."""
    made = online_signer(tmp_path, Wanted(now=moment))
    made.deliver(now=moment)
    made.ask("a/demo", b"one", moment)
    made.publisher.publish(moment)
    targets = made.home.repository / "targets"
    for file in (each for each in targets.rglob("*") if each.is_file()):
        place = f"{server.url}/{url.split('/', 3)[3]}/targets/{file.relative_to(targets)}"
        assert httpx.put(place, content=file.read_bytes()).status_code == 200
    (made.home.folder / "shelf.toml").write_text(f'url = "{url}"\n')

    done = CliRunner().invoke(verbs, ["--home", str(made.home.folder), "check", "--repair"])

    assert done.exit_code == 0, done.output
    assert _follow(made, server, url, "a/demo") == {"a/demo": b"one"}
    made.ask("a/more", b"two", moment)
    with closing(made.store):
        replace(made.publisher, shelf=open_shelf(made.home)).publish(moment)
    assert made.follow("a/demo") == {"a/demo": b"one"}


def test_what_was_cut_short_by_the_store_is_finished_later(
    published: OnlineSigner, server: S3Server, url: str, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients see the old state meanwhile, and the new one afterwards; nothing acknowledged is lost."""
    published.ask("a/demo", b"one", moment)
    published.publisher.publish(moment)
    published.ask("a/demo", b"two", moment)
    with before(server) as (port, faults):
        use_s3(monkeypatch, port)
        faulty = replace(published.publisher, shelf=ObjectShelf(url, patience=QUICK))
        for name in ("snapshot.json", "timestamp.json"):
            faults.errors = {f".{name}": 0, name: 99}
            with pytest.raises(StorageError):
                faulty.publish(moment)
            assert _follow(published, server, url, "a/demo") == {"a/demo": b"one"}
        faults.errors = {}
        faults.lost_answers = {"timestamp.json": 1}
        faulty.publish(moment)

    assert _follow(published, server, url, "a/demo") == {"a/demo": b"two"}
    assert published.publisher.publish(moment) is None


def test_a_restored_database_is_noticed(published: OnlineSigner, url: str, moment: datetime) -> None:
    """The store has a timestamp that the database does not know."""
    shelf = ObjectShelf(url, patience=QUICK)
    found = shelf.read("timestamp.json") or b""
    shelf.put([("timestamp.json", found.replace(b'"version":1}}', b'"version":9}}'))], _ignore)
    published.ask("a/demo", b"one", moment)

    with pytest.raises((TamperedError, StorageError)):
        published.publisher.publish(moment)
