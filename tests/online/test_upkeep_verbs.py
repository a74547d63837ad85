"""The verbs that look after a signer, as somebody types them, and the daemon under its supervisor."""

import json
import os
import shutil
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
from fakes.release import REPOSITORY, Wanted, release, words
from fakes.softhsm import softhsm

from ceremony.core.online_key import decode_online_key
from ceremony.engine.bundle import pack
from ceremony.errors import CeremonyError, RefusedError, StorageError
from ceremony.explain import explain
from ceremony.online.home import Home
from ceremony.online.log import stop_log
from ceremony.online.main import verbs
from ceremony.online.republishing import publish_all_again
from hsm.device import Pin, Scheme
from hsm.discovery import Sources, find_devices
from hsm.signer import public_key_of

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


def _run(signer: OnlineSigner, *arguments: str) -> Result:
    return _run_at(signer.home, *arguments)


def _run_at(home: Home, *arguments: str) -> Result:
    return CliRunner().invoke(verbs, ["--home", str(home.folder), *arguments])


def _start(home: Home, *arguments: str) -> str:
    """What the program says in a process of its own, which has to end well: with it ends its hold of a device."""
    command = [sys.executable, "-c", PROGRAM, "--home", str(home.folder), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


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


def test_a_device_is_opened_once_for_a_repair(tmp_path: Path, moment: datetime) -> None:
    """Its key signs differently each time: a lost snapshot cannot come again, so the next one takes its place."""
    home = Home(tmp_path / "home")
    home.prepare()
    with softhsm(tmp_path / "softhsm", {"online": "1111"}) as module:
        (device,) = find_devices(Sources((module,))).devices
        with device.unlock(Pin("1111")) as unlocked:
            key = public_key_of(unlocked.generate("online", Scheme.P256))
        (tmp_path / "key.pem").write_text(key.keyval["public"])
        (home.folder / "online-key-pin").touch(0o600)
        (home.folder / "online-key-pin").write_text("1111\n")
        uri = f"pkcs11:token=online;object=online?module-path={module}"
        wish = ("--repository", REPOSITORY, "--rehearsal", "--key-uri", uri, "--public-key", str(tmp_path / "key.pem"))
        _start(home, "init", *wish)
        file = decode_online_key(home.key_file.read_bytes(), "online-key.json")
        bundle = release(file.key, Wanted(now=moment))
        pack(bundle, tmp_path / "bundle")
        _start(home, "deliver", str(tmp_path / "bundle"), "--fingerprint", words(bundle))
        for name in ("1.snapshot.json", "1.bin-0.json"):
            (home.repository / "metadata" / name).unlink()

        repaired = _start(home, "check", "--repair")

        assert "Made again from the database: 2 of 2." in repaired
        assert (home.repository / "metadata" / "2.snapshot.json").exists()


def test_a_publication_that_was_cut_short_is_told_apart_from_damage(
    stocked: OnlineSigner, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look waits for it a while, then says who finishes it; --repair does."""
    monkeypatch.setattr("ceremony.online.shelf_check._PAUSE_SECONDS", 0.0)
    publish_all_again(stocked.store, moment, 0, (), {})

    error = _error(_run(stocked, "check"))

    assert isinstance(error, StorageError)
    assert error.reason == "EINPROGRESS"
    assert "check --repair" in explain(error).advice
    assert _run(stocked, "check", "--repair").exit_code == 0


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


def test_a_machine_that_was_lost_is_gone_on_from_elsewhere(stocked: OnlineSigner, tmp_path: Path) -> None:
    """A new folder, the backup, and what is published: the signer's home is made by `restore`."""
    copy = stocked.scratch / "copy.db"
    _run(stocked, "backup", str(copy))
    other = Home(tmp_path / "elsewhere" / "home")
    refused = _error(_run_at(other, "restore", str(copy)))
    assert isinstance(refused, RefusedError)
    assert not other.database.exists()
    shutil.copytree(stocked.home.repository, other.repository)
    shutil.copy(stocked.home.private_key, other.private_key)

    restored = _run_at(other, "restore", str(copy))

    assert restored.exit_code == 0, restored.exception
    assert _run_at(other, "check", "--repair").exit_code == 0


@pytest.mark.parametrize("arguments", [("backup", "copy.db"), ("restore", __file__)])
def test_rows_on_a_server_are_copied_by_its_own_tools(tmp_path: Path, arguments: tuple[str, str]) -> None:
    """A copy of signer.db would be of nothing; exit status 2, and no file."""
    home = Home(tmp_path / "home")
    home.prepare()
    home.database_file.write_text('url = "postgresql+psycopg://db.example.org/signer"\n')

    refused = _run_at(home, *arguments)

    assert (refused.exit_code, "pg_dump" in refused.output) == (2, True)
    assert not Path("copy.db").exists()


@pytest.mark.parametrize("verb", ["prune --removed-targets", "check --targets"])
def test_the_content_of_targets_is_looked_after_in_a_folder(stocked: OnlineSigner, verb: str) -> None:
    """An object store has that of any signer that publishes there; nothing is asked of it."""
    (stocked.home.folder / "shelf.toml").write_text('url = "s3://bucket/folder"\n')

    refused = _run(stocked, *verb.split())

    assert (refused.exit_code, "object store" in refused.output) == (2, True)


def test_no_folder_no_backup(stocked: OnlineSigner, tmp_path: Path) -> None:
    """The error names the folder, not a file that nobody asked for."""
    error = _error(_run(stocked, "backup", str(tmp_path / "nowhere" / "copy.db")))

    assert isinstance(error, StorageError)
    assert (error.path, error.reason) == (str(tmp_path / "nowhere"), "ENOENT")


def test_every_command_tells_what_the_key_was_used_for_if_that_is_asked_for(stocked: OnlineSigner) -> None:
    """For an audit: what is published without a daemon is in the log too, one line for each signature."""
    (stocked.home.folder / "settings.toml").write_text('[log]\nform = "json"\n')
    content = stocked.scratch / "more"
    content.write_bytes(b"more")
    try:
        added = _run(stocked, "add", str(content))
    finally:
        stop_log()

    assert added.exit_code == 0, added.exception
    signed = [json.loads(line) for line in added.stderr.splitlines() if '"signed"' in line]
    assert sorted(each["type"] for each in signed) == ["snapshot", "targets", "timestamp"]
    assert {each["keyid"] for each in signed} == {stocked.key.keyid}


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
