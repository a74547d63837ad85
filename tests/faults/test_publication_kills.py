"""`kill -9` at every durable step: clients go on, and what was acknowledged is published after a restart."""

import faulthandler
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed, metadata, project
from fakes.online_signer import OnlineSigner, online_signer, reopened
from fakes.release import REPOSITORY, Then, Wanted, following, successor
from securesystemslib.signer import CryptoSigner

from ceremony.core.online_key import decode_online_key
from ceremony.core.plan import Bins
from ceremony.engine.bundle import open_bundle, pack
from ceremony.errors import RehearsalError
from ceremony.online.home import Home
from ceremony.online.initialise import Wish
from ceremony.online.key_change import make_next_key
from ceremony.online.service import publish_all

HERE = Path(__file__).parent
TRIES_SECONDS = 1200.0
MOMENT = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # the real client asks the real clock
BEFORE = {"changed": b"one", "removed": b"one", "kept": b"one"}
DEMO = "files/demo/one"
AFTER = {"changed": b"two", "new/demo": b"new", "kept": b"one"}


MANY = {f"many/{number}": b"many" for number in range(40)}
OTHER = "files/other/one"
SQL = {"commit"}
SHELF = {"open", "fsync", "rename"}
KEEPING = {"mkdir", "unlink"}
TOGETHER = {"pwritev", "update"} | {f"{each} (publishing)" for each in ("open", "pwritev", "commit")}
QUICK = TOGETHER | {"fdatasync"}

BY_HELPER = TOGETHER | {"syncfs", "unlink"}


@dataclass(frozen=True)
class Story:
    """What a process does until it is killed; what clients get `before` and `after`; the kinds of steps it takes."""

    name: str
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    kinds: frozenset[str]


STORIES = {
    "first delivery": Story("first", {}, {}, frozenset(SQL | SHELF | {"mkdir"})),
    "second delivery": Story("second", BEFORE, BEFORE, frozenset(SQL | SHELF)),
    "rotations that were missed": Story("missed", BEFORE, BEFORE, frozenset(SQL | SHELF)),
    "another online key": Story("key", BEFORE, BEFORE, frozenset(SQL | SHELF)),
    "another number of bins": Story("bins", BEFORE, BEFORE, frozenset(SQL | SHELF)),
    "a project that is claimed": Story(
        "claims",
        {**BEFORE, DEMO: b"one"},
        {**BEFORE, DEMO: b"two"},
        frozenset(SQL | SHELF | {"fsync (a pool)", "unlink"}),
    ),
    "changes": Story("change", BEFORE, AFTER, frozenset(SQL | SHELF | QUICK | KEEPING)),
    "many changes, then some": Story(
        "many", BEFORE, {**AFTER, **MANY}, frozenset(SQL | SHELF | QUICK | KEEPING | {"syncfs"})
    ),
    "many changes, with a helper": Story(
        "helped",
        BEFORE,
        {"changed": b"two", "kept": b"one", **MANY},
        frozenset(SQL | SHELF | BY_HELPER),
    ),
    "an import": Story("import", BEFORE, {**BEFORE, "changed": b"two", "new/demo": b"new"}, frozenset(SQL | SHELF)),
    "a project that registers": Story(
        "project",
        {**BEFORE, DEMO: b"one"},
        {**BEFORE, DEMO: b"one", OTHER: b"two"},
        frozenset(SQL | SHELF | KEEPING),
    ),
    "what falls due": Story("renewal", BEFORE, BEFORE, frozenset(SQL | SHELF)),
}


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_kill_at_any_durable_step_loses_nothing(tmp_path: Path, story: Story) -> None:
    """Before each step, whichever thread takes it, and after the last; no kind of step has gone out of sight.

    Threads take turns as they please: of two steps that go on at once, a run may meet one twice and the other not.
    """
    _prepare(tmp_path, story.name)

    tries = _try_everywhere(tmp_path, story.name, "kill")

    killed = Counter((folder / "step").read_text() for folder in tries[:-1])
    assert {*killed} <= story.kinds, killed
    assert _kinds(tries[-1]) == story.kinds
    clients = _Clients()
    acknowledged = [_judge(folder, story, clients) for folder in tries]
    assert acknowledged == sorted(acknowledged)
    assert acknowledged[-1]


@pytest.mark.parametrize("name", ["changes", "many changes, then some"])
def test_a_disk_that_refuses_any_step_costs_time_and_nothing_else(tmp_path: Path, name: str) -> None:
    """The same process goes on with what it remembers, once there is room; nothing lies about afterwards."""
    story = STORIES[name]
    _prepare(tmp_path, story.name)

    tries = _try_everywhere(tmp_path, story.name, "refuse")

    refused = Counter((folder / "step").read_text() for folder in tries[:-1])
    assert {*refused} <= story.kinds, refused
    assert _kinds(tries[-1]) == story.kinds
    clients = _Clients()
    for folder in tries:
        signer = _restart(folder)
        assert clients.get(signer, story.after)
        assert not signer.leftovers()
        assert signer.publisher.publish(MOMENT) is None
        signer.store.close()


def test_a_helper_that_is_killed_at_any_step_is_not_missed(tmp_path: Path) -> None:
    """What it had in its hands is written by whoever gave it, in the same publication."""
    story = STORIES["many changes, with a helper"]
    _prepare(tmp_path, story.name)

    tries = _try_everywhere(tmp_path, story.name, "helper")

    killed = Counter((folder / "step").read_text() for folder in tries[:-1])
    assert killed == {"open": 4, "pwritev": 4}
    clients = _Clients()
    for folder in tries:
        signer = _restart(folder)
        assert signer.publisher.publish(MOMENT) is None
        assert clients.get(signer, story.after)
        assert not signer.leftovers()
        signer.store.close()


def _prepare(tmp_path: Path, name: str) -> None:
    base = tmp_path / "base"
    base.mkdir()
    signer = online_signer(base, Wanted(now=MOMENT, bins=Bins(16 if name == "many" else 4, "succinct")))
    pack(signer.bundle, base / "first")
    pack(successor(successor(signer.bundle, "root"), "bins"), base / "second")
    second = following(signer.bundle, Then(keys={"cyd": CryptoSigner.generate_ecdsa()}, now=MOMENT))
    third = following(second, Then(roles=("root",), now=MOMENT))
    pack(following(third, Then(roles=("targets", "bins"), now=MOMENT)), base / "fourth")
    key = make_next_key(signer.home, signer.store, Wish(REPOSITORY, "ecdsa-sha2-nistp256", is_rehearsal=True)).key
    pack(following(signer.bundle, Then(roles=("root", "bins"), online=key, now=MOMENT)), base / "other key")
    if name != "first":
        signer.deliver(now=MOMENT)
        for path, content in BEFORE.items():
            signer.ask(path, content, MOMENT)
        signer.publisher.publish(MOMENT)
    pack(changed(signer.bundle, Changing(roles=("bins",), bins=Bins(8, "explicit"), now=MOMENT)), base / "bins")
    if name in ("claims", "project"):
        _prepare_projects(signer, base)
    if name in ("many", "helped"):
        for path, content in MANY.items():
            signer.request(path, content)
    if name == "import":
        _prepare_lines(signer, base)
    signer.store.close()


def _prepare_projects(signer: OnlineSigner, base: Path) -> None:
    """Demo is in recently-claimed, and what it uploads next lies beside a release that claims it."""
    roles = ("targets", "claimed")
    delegating = changed(signer.bundle, Changing(roles=roles, delegations=(CLAIMED, RECENT), now=MOMENT))
    signer.deliver(delegating, MOMENT)
    signer.register(project("demo"), now=MOMENT)
    signer.upload("demo", metadata("demo", 1, {DEMO: b"one"}, now=MOMENT), b"one", now=MOMENT)
    signer.publisher.publish(MOMENT)
    (base / "demo").write_bytes(b"two")
    (base / "demo.json").write_bytes(metadata("demo", 2, {DEMO: b"two"}, now=MOMENT))
    change = Changing(roles=("claimed", "bins"), bins=Bins(32, "succinct"), entering=(project("demo"),), now=MOMENT)
    pack(changed(delegating, change), base / "claims")


def _prepare_lines(signer: OnlineSigner, base: Path) -> None:
    """What is to be imported; the files themselves are on the shelf."""
    contents = {"changed": b"two", "new/demo": b"new"}
    for path, content in contents.items():
        signer.request(path, content)
    lines = [f"{path};{len(each)};sha256;{sha256(each).hexdigest()}\n" for path, each in contents.items()]
    (base / "lines").write_text("".join(lines))


def _try_everywhere(tmp_path: Path, scenario: str, meeting: str) -> list[Path]:
    # A hundred tries take longer than a test may where the machine is busy; they have an end of their own.
    faulthandler.cancel_dump_traceback_later()
    out = tmp_path / "out"
    out.mkdir()
    program = [sys.executable, str(HERE / "publication_child.py")]
    paths = os.pathsep.join([str(HERE), str(HERE.parent), str(HERE.parent.parent)])
    done = subprocess.run(
        [*program, str(tmp_path / "base"), str(out), scenario, MOMENT.isoformat(), meeting],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        timeout=TRIES_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return sorted(out.iterdir())


def _kinds(unharmed: Path) -> set[str]:
    """All kinds of steps that a process takes which nobody harms."""
    return {*(unharmed / "kinds").read_text().splitlines()}


@dataclass
class _Clients:
    """Real clients that start afresh from root 1; of a hundred shelves that are the same to the last byte, one goes."""

    _found: dict[bytes, bool] = field(default_factory=dict)

    def get(self, signer: OnlineSigner, state: Mapping[str, bytes]) -> bool:
        """True when they get this state, False when all is well but for a target that is not listed.

        Raises: RehearsalError.
        """
        shelf = sha256(repr(sorted(state.items())).encode())
        for path in sorted(signer.home.repository.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                data = path.read_bytes()
                shelf.update(f"{path.relative_to(signer.home.repository)} {len(data)} ".encode() + data)
        if shelf.digest() not in self._found:
            self._found[shelf.digest()] = _serves(signer, state)
        return self._found[shelf.digest()]


def _judge(folder: Path, story: Story, clients: _Clients) -> bool:
    is_acknowledged = (folder / "acknowledged").read_bytes() == b"yes"
    signer = _restart(folder)
    killed = _versioned(signer)
    if "timestamp.json" in signer.names():
        # Whatever the moment, clients see the old state or the new one, whole.
        assert clients.get(signer, story.before) or clients.get(signer, story.after)

    publish_all(signer.publisher, MOMENT)

    if is_acknowledged:
        assert clients.get(signer, story.after)
        assert signer.store.target_count() == sum(not path.startswith("files/") for path in story.after)
    assert killed.items() <= _versioned(signer).items()
    assert not signer.leftovers()
    signer.store.close()
    return is_acknowledged


def _restart(folder: Path) -> OnlineSigner:
    home = Home(folder / "home")
    key_file = decode_online_key(home.key_file.read_bytes(), "online-key.json")
    return reopened(home, folder, open_bundle(folder / "first"), key_file)


def _serves(signer: OnlineSigner, state: Mapping[str, bytes]) -> bool:
    try:
        return signer.follow(*state) == state
    except RehearsalError as error:
        # The client is content with the metadata, and finds that it does not list one of the targets.
        if error.role not in state:
            raise
        return False


def _versioned(signer: OnlineSigner) -> dict[str, bytes]:
    return {name: data for name, data in signer.shelved().items() if name[0].isdigit()}
