"""The front door: what an operator types, and what comes of it."""

import functools
import http.server
import io
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
from fakes.release import REPOSITORY, Then, Wanted, following, release, successor, words

from ceremony.core.online_key import decode_online_key
from ceremony.engine.bundle import Bundle, pack
from ceremony.engine.rehearsal import follow
from ceremony.errors import StorageError
from ceremony.online import main as front
from ceremony.online import setup_verbs
from ceremony.online.home import Home
from ceremony.online.opening import opened
from ceremony.online.serving import Teller


@dataclass
class Result:
    """What one command did."""

    status: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The program, in this process."""
    monkeypatch.setenv("CEREMONY_ONLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path))

    def start(*words_typed: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["ceremony-online", *map(str, words_typed)])
        with pytest.raises(SystemExit) as end:
            front.main()
        captured = capsys.readouterr()
        return Result(int(end.value.code or 0), captured.out, captured.err)

    return start


@pytest.fixture
def bundle(run: Run, tmp_path: Path, moment: datetime) -> Bundle:
    """A sealed release for the signer in the home, packed at tmp_path/bundle."""
    assert run("init", "--repository", REPOSITORY, "--rehearsal").status == 0
    file = decode_online_key((tmp_path / "home" / "online-key.json").read_bytes(), "online-key.json")
    made = release(file.key, Wanted(now=moment))
    pack(made, tmp_path / "bundle")
    (tmp_path / "words").write_text(words(made).upper())
    (tmp_path / "demo.txt").write_bytes(b"content")
    return made


@pytest.fixture
def delivered(run: Run, bundle: Bundle, tmp_path: Path) -> Bundle:
    """The same, delivered."""
    assert run("deliver", tmp_path / "bundle", "--fingerprint-file", tmp_path / "words").status == 0
    return bundle


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A web server for the shelf."""
    handler = functools.partial(_Quiet, directory=str(tmp_path / "home" / "repository"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the library's name
        """Says nothing."""


def test_from_init_to_a_download_over_http(run: Run, delivered: Bundle, url: str, tmp_path: Path) -> None:
    """Unmodified python-tuf, from root 1 alone."""
    added = run("add", tmp_path / "demo.txt", "--as", "docs/")

    assert (added.status, added.out) == (0, "Acknowledged: docs/demo.txt.\nPublished.\n")
    found = follow(url, delivered.files[0].encode(), tmp_path / "client", ["docs/demo.txt"])
    assert found == {"docs/demo.txt": b"content"}


def test_a_newcomer_is_told_the_way(run: Run) -> None:
    """From nothing to a served repository."""
    helped = run("--help")

    assert helped.status == 0
    assert "\n    ceremony-online deliver BUNDLE\n" in helped.out
    assert (
        helped.out.index("init --repository")
        < helped.out.index("deliver BUNDLE")
        < helped.out.index("ceremony-online serve")
    )


def test_the_words_are_asked_for_when_nobody_gives_them(
    run: Run, bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typed as the minutes show them, in any case."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(words(bundle).lower() + "\n"))

    done = run("deliver", tmp_path / "bundle")

    assert done.status == 0
    assert "Nothing is trusted yet" in done.out


def test_who_types_nothing_has_stopped(
    run: Run, bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing is trusted."""
    del bundle
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))

    assert run("deliver", tmp_path / "bundle").status == 5


def test_wrong_words_are_refused(run: Run, bundle: Bundle, tmp_path: Path) -> None:
    """With the rule's name, and nothing changed."""
    del bundle
    done = run("deliver", tmp_path / "bundle", "--fingerprint", "aardvark adroitness")

    assert done.status == 3
    assert "ROOT-FINGERPRINT" in done.err
    assert not (tmp_path / "home" / "repository").exists()


def test_a_second_delivery_is_harmless_and_says_so(run: Run, delivered: Bundle, tmp_path: Path) -> None:
    """No words are asked for."""
    del delivered
    done = run("deliver", tmp_path / "bundle")

    assert done.status == 0
    assert "delivered before" in done.out


def test_a_later_release_says_what_came_with_it(run: Run, delivered: Bundle, tmp_path: Path, moment: datetime) -> None:
    """Nobody types words, and what was missed is named."""
    second = following(delivered, Then(roles=("root",), now=moment))
    pack(following(second, Then(roles=("bins",), now=moment)), tmp_path / "third")

    done = run("deliver", tmp_path / "third")

    assert (done.status, done.out) == (0, "Delivered and published: 2.root.json, 2.bins.json.\n")
    roles = json.loads(run("status", "--json").out)["roles"]
    assert [roles[role]["version"] for role in ("root", "targets", "bins", "snapshot")] == [2, 1, 2, 2]
    assert "delivered before" in run("deliver", tmp_path / "third").out


def test_a_later_release_first_of_all_is_refused_before_anybody_types(
    run: Run, bundle: Bundle, tmp_path: Path, moment: datetime
) -> None:
    """It says what has to come before it."""
    pack(following(bundle, Then(now=moment)), tmp_path / "second")

    done = run("deliver", tmp_path / "second")

    assert (done.status, "DELIVERY-ORDER" in done.err, "Type the 32 words" in done.err) == (3, True, False)


def test_the_online_key_changes_by_three_commands(
    run: Run, delivered: Bundle, tmp_path: Path, url: str, moment: datetime
) -> None:
    """Made, named by a ceremony, delivered; the same client goes on."""
    run("add", tmp_path / "demo.txt")
    follow(url, delivered.files[0].encode(), tmp_path / "client", ["demo.txt"])
    home = Home(tmp_path / "home")
    old = json.loads(run("status", "--json").out)["online_keyid"]

    first, second = run("rotate-key"), run("rotate-key")

    assert (first.status, second.out) == (0, first.out)
    key = decode_online_key(home.next_key_file.read_bytes(), "online-key-next.json").key
    assert f"next online key {key.keyid()}" in run("status").out
    assert json.loads(run("status", "--json").out)["next_online_keyid"] == key.keyid()
    pack(following(delivered, Then(roles=("root", "bins"), online=key, now=moment)), tmp_path / "second")
    assert run("deliver", tmp_path / "second").out == "Delivered and published: 2.root.json, 2.bins.json.\n"
    found = json.loads(run("status", "--json").out)
    assert (found["online_keyid"], found["next_online_keyid"]) == (key.keyid(), "")
    assert decode_online_key(home.key_file.read_bytes(), "online-key.json").key == key
    assert key.keyid() != old
    again = follow(url, delivered.files[0].encode(), tmp_path / "client", ["demo.txt"])
    assert again == {"demo.txt": b"content"}


def test_a_lost_online_key_is_followed_by_three_commands(
    run: Run, delivered: Bundle, tmp_path: Path, url: str, moment: datetime
) -> None:
    """Each says what is to be done next, and the same client goes on."""
    run("add", tmp_path / "demo.txt")
    follow(url, delivered.files[0].encode(), tmp_path / "client", ["demo.txt"])
    home = Home(tmp_path / "home")
    home.private_key.unlink()
    (tmp_path / "more.txt").write_bytes(b"more")
    assert "rotate-key --lost" in run("add", tmp_path / "more.txt").err

    assert run("rotate-key", "--lost").status == 0

    assert "given up as lost" in run("status").out
    assert "given up as lost" in run("serve").err
    key = decode_online_key(home.next_key_file.read_bytes(), "online-key-next.json").key
    pack(following(delivered, Then(roles=("root", "bins"), online=key, now=moment)), tmp_path / "second")
    assert run("deliver", tmp_path / "second").out == "Delivered and published: 2.root.json, 2.bins.json.\n"
    again = follow(url, delivered.files[0].encode(), tmp_path / "client", ["demo.txt", "more.txt"])
    assert again == {"demo.txt": b"content", "more.txt": b"more"}
    assert "lost" not in run("status").out


def test_a_next_key_is_made_again_when_somebody_says_so(run: Run, delivered: Bundle, tmp_path: Path) -> None:
    """The key file is that of the other one."""
    del delivered
    home = Home(tmp_path / "home")
    run("rotate-key")
    first = home.next_key_file.read_bytes()

    assert run("rotate-key", "--again", "--scheme", "ed25519").status == 0

    found = decode_online_key(home.next_key_file.read_bytes(), "online-key-next.json")
    assert (found.key.scheme, home.next_key_file.read_bytes() != first) == ("ed25519", True)


def test_a_next_key_that_is_half_pointed_to_is_a_mistake_of_the_command_line(run: Run, delivered: Bundle) -> None:
    """The URI says where it is, the file what it is."""
    del delivered

    assert run("rotate-key", "--key-uri", "awskms:1").status == 2


def test_a_request_is_no_release(run: Run, bundle: Bundle, tmp_path: Path) -> None:
    """It was not sealed."""
    pack(replace(bundle, purpose="request"), tmp_path / "request")

    done = run("deliver", tmp_path / "request", "--fingerprint-file", tmp_path / "words")

    assert (done.status, "DELIVERY-RELEASE" in done.err) == (3, True)


def test_a_damaged_bundle_is_noticed(run: Run, bundle: Bundle, tmp_path: Path) -> None:
    """One byte more."""
    del bundle
    root = tmp_path / "bundle" / "draft" / "1.root.json"
    root.chmod(0o600)
    root.write_bytes(root.read_bytes() + b" ")

    assert run("deliver", tmp_path / "bundle", "--fingerprint-file", tmp_path / "words").status == 4


def test_no_wait_is_content_with_the_acknowledgement(run: Run, delivered: Bundle, tmp_path: Path) -> None:
    """The next command that waits publishes both."""
    del delivered
    waiting = run("add", tmp_path / "demo.txt", "--no-wait")
    assert waiting.out == "Acknowledged: demo.txt.\n"
    assert json.loads(run("status", "--json").out)["waiting"] == 1

    again = run("add", tmp_path / "demo.txt")

    assert again.out == "Asked for before: demo.txt.\nPublished.\n"
    found = json.loads(run("status", "--json").out)
    assert (found["waiting"], found["targets"], found["publication"]) == (0, 1, 2)


def test_what_was_added_can_be_removed(run: Run, delivered: Bundle, tmp_path: Path) -> None:
    """Twice is harmless, too."""
    del delivered
    run("add", tmp_path / "demo.txt")

    assert run("remove", "demo.txt").out == "Acknowledged: demo.txt.\nPublished.\n"
    assert run("remove", "demo.txt").out == "Asked for before: demo.txt.\nPublished.\n"
    assert run("remove", "other.txt").status == 3


def test_a_path_that_clients_could_misread_is_refused_before_anything_is_copied(
    run: Run, delivered: Bundle, tmp_path: Path
) -> None:
    """With the rule's name."""
    del delivered
    done = run("add", tmp_path / "demo.txt", "--as", "../demo.txt")

    assert (done.status, "PATH-RELATIVE" in done.err) == (3, True)
    assert not [*(tmp_path / "home" / "repository" / "targets").iterdir()]


@pytest.mark.parametrize(
    "typed",
    [
        ("init", "--repository", "no such name/"),
        ("init", "--repository", REPOSITORY, "--key-uri", "awskms:1"),
        ("add", "a", "b", "--as", "c"),
        ("nonsense",),
    ],
)
def test_a_command_line_that_makes_no_sense_is_refused(run: Run, typed: tuple[str, ...]) -> None:
    """With exit status 2, and nothing done."""
    assert run(*typed).status == 2


def test_without_a_signer_there_is_nothing_to_do(run: Run) -> None:
    """The home was never initialised."""
    assert run("status").status == 7


def test_the_status_is_a_page_and_tells_of_expiry(run: Run, bundle: Bundle, tmp_path: Path, moment: datetime) -> None:
    """Exit status 1 when clients refuse something."""
    del bundle
    assert run("status").status == 0
    run("deliver", tmp_path / "bundle", "--fingerprint-file", tmp_path / "words")
    assert run("status").status == 0
    home = Home(tmp_path / "home")
    with opened(home) as store, store.writing() as connection:
        connection.exec_driver_sql("UPDATE bins SET expires = '2020-01-01T00:00:00Z' WHERE number = 1")

    page = run("status")

    assert (page.status, "EXPIRED" in page.out) == (1, True)
    assert moment.year >= 2020


def test_a_mistake_in_the_program_goes_to_a_file(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never to the screen."""
    monkeypatch.setattr(setup_verbs, "initialise", _fail)

    done = run("init", "--repository", REPOSITORY)

    assert (done.status, "Traceback" in done.err) == (70, False)
    notes = [*tmp_path.rglob("online-*.txt")]
    assert "ZeroDivisionError" in notes[0].read_text()


def test_a_mistake_that_cannot_be_written_down_is_still_explained(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder for it cannot be made."""
    (tmp_path / ".local").write_bytes(b"")
    monkeypatch.setattr(setup_verbs, "initialise", _fail)

    assert run("init", "--repository", REPOSITORY).status == 70


def test_a_serving_signer_tells_of_a_full_disk(capsys: pytest.CaptureFixture[str]) -> None:
    """And goes on."""
    Teller().troubled(StorageError("metadata", "ENOSPC"))

    assert "full" in capsys.readouterr().err


def _fail(*_ignored: object) -> None:
    raise ZeroDivisionError


def test_a_serving_signer_publishes_for_others_and_drains(run: Run, delivered: Bundle, tmp_path: Path) -> None:
    """A second process holds the lock; SIGTERM ends it with status 0."""
    pack(successor(delivered, "bins"), tmp_path / "second")
    program = [sys.executable, "-c", "from ceremony.online.main import main; main()", "--home", str(tmp_path / "home")]
    with subprocess.Popen([*program, "serve"], stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        assert "Serving" in serving.stdout.readline()

        added = run("add", tmp_path / "demo.txt")
        second = run("deliver", tmp_path / "second")
        refused = run("serve")
        serving.send_signal(signal.SIGTERM)
        rest = serving.stdout.read()

    assert (added.status, second.status, refused.status, serving.returncode) == (0, 0, 7, 0)
    assert rest.count("published: timestamp") == 2
    assert rest.endswith("Stopped.\n")
