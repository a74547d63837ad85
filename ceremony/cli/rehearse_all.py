"""The whole story with nobody at the keyboard: devices, online key, plan, sitting, delivery, files, a real client."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ceremony.cli.desk import Desk
from ceremony.cli.drawing import plain
from ceremony.cli.loopback import served
from ceremony.cli.practice_devices import PracticeDevices, make_practice_devices, names_of
from ceremony.cli.practice_yubikeys import used_up
from ceremony.cli.signer_program import SignerProgram
from ceremony.cli.unattended import UnattendedOperator
from ceremony.core.online_key import ONLINE_KEY_SIZE_LIMIT, decode_online_key
from ceremony.core.plan import Plan, write_plan
from ceremony.core.review import fingerprint_of
from ceremony.engine.disk import create_file, named, read_file
from ceremony.engine.opening import Agenda
from ceremony.engine.practice import PINS_FILE, REPOSITORY, keep_codes, practice_plan
from ceremony.engine.rehearsal import follow, workspace
from ceremony.engine.room import Room
from ceremony.engine.sitting import Outcome, sit
from ceremony.engine.verify import verify
from ceremony.errors import RehearsalError, StorageError

FILES = {
    "demo/hello.txt": b"Hello from a rehearsal.\n",
    "demo/numbers.txt": b"".join(b"%d\n" % number for number in range(1000)),
    "demo/empty.txt": b"",
}
"""What the rehearsal publishes: target paths and their bytes."""

_DEVICES = {
    "software": "Make {count} software devices",
    "softhsm": "Make {count} SoftHSM tokens",
    "yubikey": "Find {count} blank YubiKeys",
    "mixed": "Find blank YubiKeys and make SoftHSM tokens for {count} keyholders",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be rehearsed, and where: a folder that is empty or not there."""

    folder: Path
    devices: str
    keyholders: int
    threshold: int
    signer: Path


class Rehearsal:
    """One rehearsal under way."""

    def __init__(self, desk: Desk, wish: Wish) -> None:
        self._desk = desk
        self._wish = wish
        self._folder = wish.folder.absolute()
        self._signer = SignerProgram(wish.signer, self._folder / "signer")
        self._devices = PracticeDevices(tuple, {})
        self._plan: Plan
        self._outcome: Outcome

    def run(self) -> None:
        """Every step was taken, and the real client holds files that it verified from root 1 alone.

        Raises: the error of the step at which it ended.
        """
        prepare_folder(self._folder)
        steps: tuple[tuple[str, Callable[[], str]], ...] = (
            (_DEVICES[self._wish.devices].format(count=self._wish.keyholders), self._make_devices),
            ("The online signer makes its key", self._init),
            ("Write the plan", self._write_plan),
            ("Hold the ceremony", self._sit),
            ("Check the release as a stranger would", self._verify),
            ("The online signer takes the release", self._deliver),
            ("The online signer publishes a few files", self._add),
            ("Keep the record", self._keep),
            ("A real client downloads over HTTP, from root 1 alone", self._download),
        )
        with _bar(self._desk.out) as bar:
            task = bar.add_task("", total=len(steps))
            for number, (title, step) in enumerate(steps, start=1):
                bar.update(task, description=title)
                self._desk.out.print(plain(f"{number}. {title}", "bold green"))
                self._say(step())
                bar.advance(task)

    def leftovers(self) -> tuple[str, ...]:
        """What somebody has to know of the YubiKeys that were used, in sentences; () where none was."""
        serials = used_up(tuple(self._devices.yubikeys.values()))
        if not serials:
            return ()
        codes = self._folder / PINS_FILE
        return (
            f"These YubiKeys hold practice keys now: {', '.join(serials)}. Their codes stand in {codes}.",
            "Nothing real may rest on them. This makes one as its maker made it, and takes all its keys for ever:",
            *(f"   ykman --device {serial} piv reset" for serial in serials),
        )

    def _make_devices(self) -> str:
        names = names_of(self._wish.keyholders)
        folder = self._folder / "devices"
        with named(folder):
            folder.mkdir(mode=0o700)
        self._devices = found = make_practice_devices(self._wish.devices, folder, names)
        if found.yubikeys:
            # Before any of these codes is set: a YubiKey under codes that nobody knows any more would be of no use.
            kept = {name: (each.info.serial, found.codes[name]) for name, each in found.yubikeys.items()}
            keep_codes(self._folder, kept)
        holders = {each.info.serial: name for name, each in found.yubikeys.items()}
        infos = [device.info for device in found.look()]
        return "\n".join(f"{holders.get(each.serial, each.label)}: {each.model} {each.serial}" for each in infos)

    def _init(self) -> str:
        # The signer's shelf is the tree that is served: a real folder, where somebody looks for it.
        repository, home = self._folder / "repository", self._folder / "signer"
        with named(home):
            repository.mkdir()
            home.mkdir()
            (home / "repository").symlink_to(Path("..") / repository.name)
        return self._signer.run("init", "--repository", REPOSITORY, "--rehearsal")

    def _write_plan(self) -> str:
        key_file = self._folder / "signer" / "online-key.json"
        key = decode_online_key(read_file(key_file, ONLINE_KEY_SIZE_LIMIT), str(key_file)).key
        names = names_of(self._wish.keyholders)
        serials = {name: device.info.serial for name, device in self._devices.yubikeys.items()}
        self._plan = practice_plan(names, self._wish.threshold, self._desk.clock(), key, serials)
        create_file(self._folder / "plan.toml", write_plan(self._plan).encode())
        return f"{self._plan.id}: {self._wish.threshold} of {self._wish.keyholders} sign root, targets and bins"

    def _sit(self) -> str:
        operator = UnattendedOperator(self._plan, self._devices.codes, self._say)
        agenda = Agenda(
            write_plan(self._plan).encode(),
            "plan.toml",
            self._folder / "ceremony",
            self._desk.settings.policy,
            self._folder / "bundle",
            self._desk.settings.attestation_folders,
        )
        self._outcome = sit(Room(operator, self._devices.look, self._desk.clock), agenda)
        return f"the release stands in {self._outcome.release}"

    def _verify(self) -> str:
        verdict = verify(self._outcome.release, self._desk.settings.policy)
        for check in verdict.checks:
            if check.error is not None:
                raise check.error
        return "\n".join(f"yes: {check.name}" for check in verdict.checks)

    def _deliver(self) -> str:
        words = " ".join(fingerprint_of(self._outcome.bundle.files).words)
        return self._signer.run("deliver", str(self._outcome.release), "--fingerprint", words)

    def _add(self) -> str:
        folder = self._folder / "files"
        for name, data in FILES.items():
            with named(folder):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
            create_file(folder / name, data)
        return self._signer.run("add", "--as", "demo/", *(str(folder / name) for name in FILES))

    def _keep(self) -> str:
        record = self._folder / "record"
        with named(record):
            record.mkdir()
            transcript = (self._outcome.folder / "transcript.jsonl").read_bytes()
        create_file(record / "transcript.jsonl", transcript, is_public=True)
        create_file(record / "minutes.html", self._outcome.bundle.minutes, is_public=True)
        root = next(each for each in self._outcome.bundle.files if each.role == "root")
        create_file(self._folder / "root.json", root.encode(), is_public=True)
        return f"{record}, {self._folder / 'root.json'}"

    def _download(self) -> str:
        root = (self._folder / "root.json").read_bytes()
        with workspace() as cache, served(self._folder / "repository") as url:
            found = follow(url, root, cache, tuple(FILES))
        for name, data in FILES.items():
            if found[name] != data:
                raise RehearsalError(name, "other bytes than were published")
        return f"verified: {', '.join(found)}"

    def _say(self, text: str) -> None:
        self._desk.out.print(Padding(plain(text), (0, 0, 0, 3), expand=False))


def prepare_folder(folder: Path) -> None:
    """An empty folder, made if it was not there.

    Raises: StorageError (ENOTEMPTY where something lies in it, ENOTDIR where it is a file, ...).
    """
    with named(folder):
        folder.mkdir(parents=True, exist_ok=True)
        is_empty = not any(folder.iterdir())
    if not is_empty:
        raise StorageError(str(folder), "ENOTEMPTY")


def _bar(out: Console) -> Progress:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=out, transient=True, disable=not out.is_terminal)
