"""The verbs that look after a signer, as somebody types them, and the daemon under its supervisor."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fakes.online_signer import OnlineSigner, online_signer
from fakes.release import Wanted

from ceremony.errors import CeremonyError, RefusedError, StorageError
from ceremony.online.main import verbs

PROGRAM = "from ceremony.online.main import main; main()"


@pytest.fixture
def stocked(tmp_path: Path, moment: datetime) -> Iterator[OnlineSigner]:
    """A signer with a database of its own in a file, and two publications."""
    made = online_signer(tmp_path, Wanted(now=moment))
    made.deliver(now=moment)
    made.ask("demo", b"content", moment)
    made.publisher.publish(moment)
    yield made
    made.store.close()


def _run(signer: OnlineSigner, *words: str) -> Result:
    return CliRunner().invoke(verbs, ["--home", str(signer.home.folder), *words])


def _error(result: Result) -> CeremonyError:
    assert isinstance(result.exception, CeremonyError)
    return result.exception


def test_check_finds_nothing_on_a_sound_shelf(stocked: OnlineSigner) -> None:
    """And the real client agrees; `status` shows when."""
    found = _run(stocked, "check", "--targets")

    assert found.exit_code == 0, found.output
    assert "9 metadata files looked at, 0 wrong." in found.output
    assert "The real client takes all of it." in found.output
    assert "1 targets with their content" in found.output
    assert json.loads(_run(stocked, "status", "--json").output)["self_check"]["good"] is True


def test_check_tells_what_is_wrong_and_repairs_it(stocked: OnlineSigner) -> None:
    """Exit status 1 before, 0 with --repair, and 0 from then on."""
    (stocked.home.repository / "metadata" / "1.bins.json").unlink()

    found = _run(stocked, "check")
    assert (found.exit_code, "1.bins.json" in found.output) == (1, True)

    repaired = _run(stocked, "check", "--repair")
    assert repaired.exit_code == 0, repaired.output
    assert "Made again from the database: 1 of 1." in repaired.output
    assert _run(stocked, "check").exit_code == 0


def test_nothing_is_repaired_while_a_signer_serves(stocked: OnlineSigner) -> None:
    """Two writers at once are one too many; looking is allowed."""
    with stocked.home.writing():
        assert _run(stocked, "check").exit_code == 0
        error = _error(_run(stocked, "check", "--repair"))

    assert isinstance(error, StorageError)
    assert error.reason == "EBUSY"


def test_wrong_content_of_a_target_is_told(stocked: OnlineSigner) -> None:
    """The database cannot make it again."""
    (content,) = (stocked.home.repository / "targets").iterdir()
    content.write_bytes(b"c0ntent")

    found = _run(stocked, "check", "--targets")

    assert (found.exit_code, "wrong content: demo" in found.output) == (1, True)


def test_prune_backup_and_restore_as_typed(stocked: OnlineSigner) -> None:
    """A copy, the loss of the database, and going on."""
    assert "0 superseded metadata files deleted" in _run(stocked, "prune", "--removed-targets").output
    copy = stocked.scratch / "copy.db"
    made = _run(stocked, "backup", str(copy))
    assert made.exit_code == 0, made.output
    assert "online-key.pem" in made.output
    stocked.store.close()
    assert isinstance(_error(_run(stocked, "restore", str(copy))), StorageError)
    for path in stocked.home.folder.glob("signer.db*"):
        path.unlink()

    restored = _run(stocked, "restore", str(copy))

    assert restored.exit_code == 0, restored.output
    assert "0 publications that the backup had missed" in restored.output
    assert _run(stocked, "check").exit_code == 0


def test_a_restore_that_would_go_back_is_refused_by_name(stocked: OnlineSigner) -> None:
    """With advice on what to do."""
    copy = stocked.scratch / "copy.db"
    _run(stocked, "backup", str(copy))
    stocked.store.close()
    for path in stocked.home.folder.glob("signer.db*"):
        path.unlink()
    (stocked.home.repository / "metadata" / "timestamp.json").unlink()

    error = _error(_run(stocked, "restore", str(copy)))

    assert isinstance(error, RefusedError)
    assert error.rule == "RESTORE-SEEN"


def test_settings_that_cannot_be_read_stop_the_verb(stocked: OnlineSigner) -> None:
    """Nothing is pruned by a misreading."""
    (stocked.home.folder / "settings.toml").write_text("retention_hour = 1\n")

    assert _run(stocked, "prune").exit_code == 1


def test_a_daemon_is_ready_beats_looks_and_logs(stocked: OnlineSigner, tmp_path: Path) -> None:
    """Under a supervisor: READY, WATCHDOG, STOPPING come, the log is JSON, the client has looked, SIGTERM ends it."""
    stocked.store.close()
    (stocked.home.folder / "api.toml").write_text('listen = ["127.0.0.1:0"]\n')
    environment = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "2000000"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(30)
        command = [sys.executable, "-c", PROGRAM, "--home", str(stocked.home.folder), "serve"]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
        ) as serving:
            heard = {supervisor.recv(4096).decode() for _ in range(3)}
            until = time.monotonic() + 30
            while not (stocked.home.folder / "self-check.json").exists() and time.monotonic() < until:
                heard.add(supervisor.recv(4096).decode())
            serving.send_signal(signal.SIGTERM)
            while "STOPPING=1" not in heard:
                heard.add(supervisor.recv(4096).decode())
            assert serving.stderr is not None
            said = serving.stderr.read()
            assert serving.wait(30) == 0

    assert {"READY=1", "WATCHDOG=1", "STOPPING=1"} <= heard
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    events = [each["event"] for each in lines]
    assert events[0] == "serving"
    assert events[-1] == "stopped"
    assert [each["good"] for each in lines if each["event"] == "self-check"] == [True]
