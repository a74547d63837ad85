"""What the stories of a rehearsal share: their folder, their devices, their online signer, and every step they take."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ceremony.cli.desk import Desk
from ceremony.cli.loopback import served
from ceremony.cli.own_check import verify_from
from ceremony.cli.practice_devices import PracticeDevices, make_practice_devices, names_of, spare_of
from ceremony.cli.signer_program import SignerProgram
from ceremony.cli.unattended import UnattendedOperator
from ceremony.core.metadata_file import MetadataFile
from ceremony.core.online_key import ONLINE_KEY_SIZE_LIMIT, decode_online_key
from ceremony.core.plan import OnlineKey, Plan, write_plan
from ceremony.core.review import fingerprint_of
from ceremony.engine.batch import batch_beside
from ceremony.engine.bundle import Bundle
from ceremony.engine.disk import create_file, named, read_file
from ceremony.engine.opening import Agenda
from ceremony.engine.practice import REPOSITORY, keep_codes
from ceremony.engine.rehearsal import follow, workspace
from ceremony.engine.room import Room
from ceremony.engine.sitting import Outcome, sit
from ceremony.errors import RehearsalError
from ceremony.settings import Settings
from hsm import Device

FILES = {
    "demo/hello.txt": b"Hello from a rehearsal.\n",
    "demo/numbers.txt": b"".join(b"%d\n" % number for number in range(1000)),
    "demo/empty.txt": b"",
}
"""What the rehearsal publishes: target paths and their bytes."""

ROOTS = "roots"
"""The folder that holds every root, under the names by which they are published."""

CLIENT = "client"
"""The folder in which a client keeps what it has learned, when it comes more than once."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be rehearsed, and where: a folder that is empty or not there."""

    story: str
    folder: Path
    devices: str
    keyholders: int
    threshold: int
    signer: Path


@dataclass(frozen=True, slots=True)
class Held:
    """A ceremony that a story has held: the folder with its plan and its record, and what came out of it."""

    folder: Path
    release: Path
    bundle: Bundle

    @property
    def root(self) -> MetadataFile | None:
        """The root that it made; None if root stayed as it was."""
        return next((each for each in self.bundle.files if each.role == "root"), None)


class Stage:
    """Where a story takes place. Every step says what it did.

    `held` are the ceremonies held so far, `published` the target paths and their bytes.
    """

    def __init__(self, desk: Desk, wish: Wish, say: Callable[[str], None]) -> None:
        self._desk = desk
        self._say = say
        self.wish = wish
        self.folder = wish.folder.absolute()
        self.signer = SignerProgram(wish.signer, self.folder / "signer")
        self.devices = PracticeDevices(tuple)
        self.held: tuple[Held, ...] = ()
        self.published: Mapping[str, bytes] = {}

    @property
    def now(self) -> datetime:
        """The time on this desk's clock."""
        return self._desk.clock()

    @property
    def settings(self) -> Settings:
        """The settings of this desk."""
        return self._desk.settings

    @property
    def names(self) -> tuple[str, ...]:
        """The keyholders."""
        return names_of(self.wish.keyholders)

    def make_devices(self, *, has_spare: bool) -> str:
        """Every device is there, and one more for the last keyholder if there is a spare."""
        folder = self.folder / "devices"
        with named(folder):
            folder.mkdir(mode=0o700)
        self.devices = found = make_practice_devices(self.wish.devices, folder, self.names, has_spare=has_spare)
        if found.yubikeys:
            # Before any of these codes is set: a YubiKey under codes that nobody knows any more would be of no use.
            kept = {name: (each.info.serial, found.codes[each.info.serial]) for name, each in found.yubikeys.items()}
            keep_codes(self.folder, kept)
        owners = {serial: name for name, serial in found.serials.items()}
        infos = [device.info for device in found.look()]
        return "\n".join(f"{owners.get(each.serial, each.label)}: {each.model} {each.serial}" for each in infos)

    def make_signer(self) -> str:
        """The online signer has its key, and a shelf in the folder that is served."""
        # The signer's shelf is the tree that is served: a real folder, where somebody looks for it.
        repository, home = self.folder / "repository", self.folder / "signer"
        with named(home):
            repository.mkdir()
            home.mkdir()
            (home / "repository").symlink_to(Path("..") / repository.name)
        return self.signer.run("init", "--repository", REPOSITORY, "--rehearsal")

    def online_key(self) -> OnlineKey:
        """The online signer's public key, with its proof."""
        key_file = self.folder / "signer" / "online-key.json"
        return decode_online_key(read_file(key_file, ONLINE_KEY_SIZE_LIMIT), str(key_file)).key

    def spare(self) -> tuple[str, str]:
        """The last keyholder, and the serial of the device that is spare for them."""
        name = self.names[-1]
        return name, self.devices.serials[spare_of(name)]

    def write_plan(self, plan: Plan, folder: Path) -> str:
        """The plan stands in this folder, which exists or is made."""
        with named(folder):
            folder.mkdir(exist_ok=True)
        create_file(folder / "plan.toml", write_plan(plan).encode())
        signed = ", ".join(plan.expires)
        return f"{plan.id}: {plan.thresholds['root']} of {len(plan.holders_of('root'))} sign root; signed are {signed}"

    def hold(self, plan: Plan, folder: Path) -> str:
        """The ceremony of this plan was held by script."""
        return self.enter(folder, sit(self.room(plan), self.agenda(plan, folder)))

    def room(self, plan: Plan, present: tuple[str, ...] = ()) -> Room:
        """The room in which a script holds this plan's ceremony: with these people and their devices, () for all."""
        owners = present and (*present, *(spare_of(name) for name in present))
        serials = {serial for owner, serial in self.devices.serials.items() if not owners or owner in owners}

        def look() -> tuple[Device, ...]:
            return tuple(each for each in self.devices.look() if each.info.serial in serials)

        return Room(UnattendedOperator(plan, self.devices.codes, self._say, present), look, self._desk.clock)

    def agenda(self, plan: Plan, folder: Path) -> Agenda:
        """The agenda of this plan's ceremony in this folder; it follows the last one held, if there is one."""
        return Agenda(
            write_plan(plan).encode(),
            "plan.toml",
            folder / "ceremony",
            self.settings.policy,
            folder / "bundle",
            self.settings.attestation_folders,
            trusted=self.held[-1].release if self.held else None,
            claims=batch_beside(folder / "plan.toml"),
        )

    def enter(self, folder: Path, outcome: Outcome) -> str:
        """The ceremony in this folder is the last one held."""
        self.held = (*self.held, Held(folder, outcome.release, outcome.bundle))
        return f"the release stands in {outcome.release}"

    def check(self) -> str:
        """The last release passes every check of a stranger, who has root 1 where it is not the first."""
        trusted = self.folder / "root.json" if len(self.held) > 1 else None
        verdict = verify_from(self.held[-1].release, self.settings.policy, trusted)
        for check in verdict.checks:
            if check.error is not None:
                raise check.error
        return "\n".join(f"yes: {check.name}" for check in verdict.checks)

    def deliver(self) -> str:
        """The online signer has published the last release; the first one by the words of its fingerprint."""
        last = self.held[-1]
        words = " ".join(fingerprint_of(last.bundle.files).words)
        vouched = ("--fingerprint", words) if len(self.held) == 1 else ()
        return self.signer.run("deliver", str(last.release), *vouched)

    def add(self, files: Mapping[str, bytes]) -> str:
        """The online signer has published these files too."""
        folder = self.folder / "files"
        for name, data in files.items():
            with named(folder):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
            create_file(folder / name, data)
        self.published = {**self.published, **files}
        return self.signer.run("add", "--as", "demo/", *(str(folder / name) for name in files))

    def keep(self) -> str:
        """The last ceremony's transcript and minutes lie in `record/` beside its plan, its root among all roots."""
        last = self.held[-1]
        record, roots = last.folder / "record", self.folder / ROOTS
        with named(record):
            record.mkdir()
            roots.mkdir(exist_ok=True)
            transcript = (last.folder / "ceremony" / "transcript.jsonl").read_bytes()
        create_file(record / "transcript.jsonl", transcript, is_public=True)
        create_file(record / "minutes.html", last.bundle.minutes, is_public=True)
        if last.root is None:
            return str(record)
        places = [roots / last.root.name, *([self.folder / "root.json"] if len(self.held) == 1 else [])]
        for place in places:
            create_file(place, last.root.encode(), is_public=True)
        return ", ".join(str(place) for place in (record, *places))

    def download(self) -> str:
        """From each root alone a real client has downloaded everything over HTTP, and verified it."""
        roots = [each.root for each in self.held if each.root is not None]
        said = []
        for root in roots:
            with workspace() as cache:
                said.append(self._download((self.folder / ROOTS / root.name).read_bytes(), cache))
        return "\n".join(f"from {root.name}, verified: {found}" for root, found in zip(roots, said, strict=True))

    def come_back(self) -> str:
        """A real client that began with root 1, and kept what it learned since, has everything that is published."""
        return f"verified: {self._download((self.folder / 'root.json').read_bytes(), self.folder / CLIENT)}"

    def _download(self, root: bytes, cache: Path) -> str:
        with served(self.folder / "repository") as url:
            found = follow(url, root, cache, tuple(self.published))
        for name, data in self.published.items():
            if found[name] != data:
                raise RehearsalError(name, "other bytes than were published")
        return ", ".join(found)
