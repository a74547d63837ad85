"""Somebody with copies of private keys and of a published repository, who forges whatever these keys can sign.

thief = Thief(home.repository, tmp_path / "mirror", [stolen(home.private_key)])
thief.copy()                                        # the mirror is what is published now, and nothing is forged
thief.forge("demo", b"malware", 10**9)              # another bin under another snapshot and timestamp
thief.forge("demo", b"malware", 10**9, "targets")   # another targets, where enough of its keys were copied
thief.forge_root()                                  # the next root, where enough of its keys were copied
thief.replay(seen)                                  # clients of the mirror are shown a timestamp of the past
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Role, Root, Snapshot, T, TargetFile, Targets, Timestamp

FAR = datetime(2999, 1, 1, tzinfo=UTC)
"""When everything ends that is forged: a thief has no reason to come back."""


def stolen(private_key: Path) -> CryptoSigner:
    """The key that lies in this PEM file, without a passphrase."""
    private: Any = load_pem_private_key(private_key.read_bytes(), None)
    return CryptoSigner(private)


@dataclass
class Thief:
    """Signs with each of `keys` whatever it forges; `mirror` is a folder that clients can be served from."""

    repository: Path
    mirror: Path
    keys: Sequence[CryptoSigner]
    own: CryptoSigner = field(default_factory=CryptoSigner.generate_ecdsa)

    def copy(self) -> None:
        """The mirror is what is published now; whatever was forged before is gone from it."""
        rmtree(self.mirror, ignore_errors=True)
        copytree(self.repository, self.mirror)

    def replay(self, timestamp: bytes) -> None:
        """The mirror shows this timestamp, which was published once; what it leads to is still there."""
        (self._metadata / "timestamp.json").write_bytes(timestamp)

    def forge(self, path: str, content: bytes, version: int, role: str = "bin-n") -> None:
        """This version of `role` lists the target with this content, and snapshot and timestamp list that version.

        If `role` is root, it is the targets of a forged root.
        """
        if role == "root":
            self.forge_root()
            role = "targets"
        role = self._bin_of(path) if role == "bin-n" else role
        self.forge_targets(path, content, version, role)
        self.forge_snapshot(version, {role: version})
        self.forge_timestamp(version)

    def forge_targets(self, path: str, content: bytes, version: int | None = None, role: str = "bin-n") -> None:
        """This version of `role`, or the one that is listed, has the target with this content beside what it has."""
        role = self._bin_of(path) if role == "bin-n" else role
        forged = self._targets(role)
        forged.targets[path] = entry = TargetFile.from_data(path, content, ["sha256"])
        self._write(role, forged, version)
        place = self.mirror / "targets" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.with_name(f"{entry.hashes['sha256']}.{place.name}").write_bytes(content)

    def forge_snapshot(self, version: int | None = None, listed: dict[str, int] | None = None) -> None:
        """This version of the snapshot, or the one that is shown, lists these roles at these versions."""
        forged = self._snapshot()
        forged.meta |= {f"{role}.json": MetaFile(each) for role, each in (listed or {}).items()}
        self._write("snapshot", forged, version)

    def forge_timestamp(self, version: int) -> None:
        """This version of the timestamp lists the snapshot of the same version."""
        self._write("timestamp", Timestamp(snapshot_meta=MetaFile(version)), version)

    def forge_root(self) -> None:
        """The next root, in which a key of the thief's own signs every role, as it does from now on."""
        own = self.own.public_key
        if self.own not in self.keys:
            self.keys = (*self.keys, self.own)
        roles = {role: Role([own.keyid], 1) for role in ("root", "targets", "snapshot", "timestamp")}
        self._write("root", Root(keys={own.keyid: own}, roles=roles), self.roots[-1] + 1)

    @property
    def roots(self) -> list[int]:
        """The versions of the roots that the mirror shows."""
        return sorted(int(each.name.split(".")[0]) for each in self._metadata.glob("*.root.json"))

    @property
    def shown(self) -> int:
        """The version of the timestamp that the mirror shows."""
        return Metadata[Timestamp].from_file(str(self._metadata / "timestamp.json")).signed.version

    @property
    def _metadata(self) -> Path:
        return self.mirror / "metadata"

    def _snapshot(self) -> Snapshot:
        timestamp = Metadata[Timestamp].from_file(str(self._metadata / "timestamp.json")).signed
        name = f"{timestamp.snapshot_meta.version}.snapshot.json"
        return Metadata[Snapshot].from_file(str(self._metadata / name)).signed

    def _targets(self, role: str) -> Targets:
        version = self._snapshot().meta[f"{role}.json"].version
        return Metadata[Targets].from_file(str(self._metadata / f"{version}.{role}.json")).signed

    def _bin_of(self, path: str) -> str:
        delegations = self._targets("bins").delegations
        assert delegations is not None
        ((role, _),) = delegations.get_roles_for_target(path)
        return role

    def _write(self, role: str, forged: T, version: int | None) -> None:
        forged.version, forged.expires = version or forged.version, FAR
        file = Metadata(forged)
        for key in self.keys:
            file.sign(key, append=True)
        name = "timestamp.json" if role == "timestamp" else f"{forged.version}.{role}.json"
        (self._metadata / name).write_bytes(file.to_bytes())
