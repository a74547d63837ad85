"""A project of a rehearsal: its developer has a software device, claims paths, and signs a file that lies there."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from securesystemslib.signer import Signer

from ceremony.cli.practice_devices import make_software_device
from ceremony.core.project_metadata import project_metadata
from ceremony.core.projects import Project, encode_claims, project_role
from ceremony.engine.batch import check_claim, prove_claim
from ceremony.engine.disk import create_file, named
from ceremony.engine.practice import PINS_FILE, REPOSITORY, keep_codes
from hsm import Codes, DeviceSigner, Pin, Scheme
from hsm.discovery import Sources, find_devices
from hsm.errors import DeviceAbsentError

_LASTS = timedelta(days=90)
_DIGITS = 6


class PracticeProject:
    """One project: `folder` is its developer's, who has a device there, and signs there."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.claim_file = folder / f"{project_role(name)}.claim.json"
        self.metadata_file = folder / f"{project_role(name)}.json"
        self.files: Mapping[str, bytes] = {f"files/{name}/{name}-1.0.txt": f"{name} 1.0\n".encode()}
        self._pin = Pin(f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}")

    @property
    def places(self) -> tuple[Path, ...]:
        """Where the project's files lie, in the order of `files`."""
        return tuple(self.folder / path for path in self.files)

    def claim(self, now: datetime) -> str:
        """The developer has a device, and handed in its key for a folder of the project's own."""
        with named(self.folder):
            self.folder.mkdir(parents=True)
        serial = f"practice-{self.name}"
        make_software_device(self.folder, serial, self.name, self._pin)
        keep_codes(self.folder, {self.name: (serial, Codes(self._pin))})
        with self._signer() as signer:
            wanted = Project(self.name, (f"files/{self.name}/*",), 1, ())
            found = prove_claim(signer, REPOSITORY, wanted)
        check_claim(REPOSITORY, found, now)
        create_file(self.claim_file, encode_claims(REPOSITORY, (found,)), is_public=True)
        return f"{self.name} claims {', '.join(found.paths)} with key {found.keys[0].keyid[:16]}"

    def sign(self, now: datetime) -> str:
        """The developer signed the list of the project's files, which lie beside it."""
        for path, data in self.files.items():
            with named(self.folder):
                (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            create_file(self.folder / path, data, is_public=True)
        unsigned = project_metadata(self.name, 1, now + _LASTS, self.files)
        with self._signer() as signer:
            signed = unsigned.with_signature(signer.sign(unsigned.payload))
        create_file(self.metadata_file, signed.encode(), is_public=True)
        return f"{self.name} signed {', '.join(self.files)}; PIN in {PINS_FILE}"

    @contextmanager
    def _signer(self) -> Iterator[Signer]:
        """The developer's key, made the first time, on the device while it is unlocked."""
        device = next(iter(find_devices(Sources((), self.folder)).devices), None)
        if device is None:
            raise DeviceAbsentError(self.name)
        label = project_role(self.name)
        with device.unlock(self._pin) as unlocked:
            found = [key for key in unlocked.keys() if key.label == label]  # noqa: SIM118  # a device is no mapping
            yield DeviceSigner(unlocked, found[0] if found else unlocked.generate(label, Scheme.ED25519))
