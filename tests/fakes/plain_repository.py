"""A repository as plain python-tuf writes one, with delegations of any kind; one key signs all of it.

made = plain_repository(folder, NOW)        # root, targets, snapshot, timestamp
made.delegate(DelegatedRole("a", [made.keyid], 1, terminating=False, paths=["a/*"]))
made.add("a", "a/demo")
made.write()
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Role,
    Root,
    Snapshot,
    SuccinctRoles,
    TargetFile,
    Targets,
    Timestamp,
)

LENGTH = 7


@dataclass
class PlainRepository:
    """What is to be written into `folder`; whoever wants something wrong changes it before or after `write`."""

    folder: Path
    expires: datetime
    signer: CryptoSigner = field(default_factory=CryptoSigner.generate_ed25519)
    targets: dict[str, Targets] = field(default_factory=dict)

    @property
    def keyid(self) -> str:
        """That of the one key."""
        return self.signer.public_key.keyid

    @property
    def root(self) -> Path:
        """The root that somebody pins."""
        return self.folder / "1.root.json"

    def delegate(self, *roles: DelegatedRole, by: str = "targets") -> None:
        """These roles come after those that are there."""
        signed = self.targets[by]
        keys = {self.keyid: self.signer.public_key}
        there = signed.delegations.roles if signed.delegations else None
        signed.delegations = Delegations(keys, (there or {}) | {role.name: role for role in roles})
        for role in roles:
            self.targets.setdefault(role.name, Targets(1, expires=self.expires))

    def delegate_bins(self, bits: int) -> SuccinctRoles:
        """Bins in the place of other delegations."""
        roles = SuccinctRoles([self.keyid], 1, bits, "bin")
        self.targets["targets"].delegations = Delegations({self.keyid: self.signer.public_key}, succinct_roles=roles)
        self.targets |= {name: Targets(1, expires=self.expires) for name in roles.get_roles()}
        return roles

    def add(self, role: str, path: str, content: str = "") -> None:
        """A target in this role."""
        digest = sha256(content.encode()).hexdigest()
        self.targets[role].targets[path] = TargetFile(LENGTH, {"sha256": digest}, path)

    def write(self) -> None:
        """All of it is in the folder, root too."""
        keys = {self.keyid: self.signer.public_key}
        roles = {name: Role([self.keyid], 1) for name in ("root", "targets", "snapshot", "timestamp")}
        self.write_file("1.root.json", Root(1, expires=self.expires, keys=keys, roles=roles))
        for name, signed in self.targets.items():
            self.write_file(f"{signed.version}.{name}.json", signed)
        meta = {f"{name}.json": MetaFile(signed.version) for name, signed in self.targets.items()}
        self.write_top(Snapshot(1, expires=self.expires, meta=meta))

    def write_top(self, snapshot: Snapshot, timestamp: Timestamp | None = None) -> None:
        """This snapshot, and a timestamp over it."""
        data = self.write_file(f"{snapshot.version}.snapshot.json", snapshot)
        meta = MetaFile(snapshot.version, len(data), {"sha256": sha256(data).hexdigest()})
        self.write_file("timestamp.json", timestamp or Timestamp(1, expires=self.expires, snapshot_meta=meta))

    def write_file(self, name: str, signed: Root | Targets | Snapshot | Timestamp) -> bytes:
        """The bytes of the file, signed, which are in the folder now."""
        metadata = Metadata(signed)
        metadata.sign(self.signer)
        data = metadata.to_bytes()
        (self.folder / name).write_bytes(data)
        return data


def plain_repository(folder: Path, now: datetime) -> PlainRepository:
    """A repository without delegations, all of which ends a month after `now`; nothing is written yet."""
    folder.mkdir(parents=True)
    expires = now.replace(microsecond=0) + timedelta(days=30)
    made = PlainRepository(folder, expires)
    made.targets["targets"] = Targets(1, expires=expires)
    return made
