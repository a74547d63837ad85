"""A repository that others have made with plain python-tuf, with names inside keys as tuf-on-ci writes them.

Its keys lie on software devices of ours, one for each of ann, bob and cyd, so that they can go on with it.

    made = foreign_repository(folder, NOW)      # two roots, targets with a file of its own, snapshot, timestamp
    made.key("ann").keyid                       # the keyid in metadata, which no device would compute
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from fakes.rooms import make_device
from securesystemslib.formats import encode_canonical
from securesystemslib.signer import CryptoSigner, Key, SSlibKey
from tuf.api.metadata import Metadata, MetaFile, Role, Root, Snapshot, TargetFile, Targets, Timestamp

from hsm import DeviceKey, Pin, Scheme, Unlocked
from hsm.signer import DeviceSigner, public_key_of
from hsm.software_device import list_devices

PEOPLE = ("ann", "bob", "cyd")
SCHEMES = {"ann": Scheme.P256, "bob": Scheme.ED25519, "cyd": Scheme.P384}
PINS = {f"practice-{place}": Pin(f"24681{place}") for place in range(1, 6)}
SIGNED_FIELD = "x-tuf-on-ci-expiry-period"
OLD, OLD_CONTENT = "old.txt", b"Listed in targets itself.\n"
ONLINE_VERSION = 57
"""How far their online roles have come: ours begin anew, under another key."""


@dataclass(frozen=True)
class ForeignRepository:
    """What lies in `folder` as a web server has it; `devices` holds the keyholders' devices."""

    folder: Path
    devices: Path
    keys: Mapping[str, SSlibKey]
    first_root: Path

    def key(self, name: str) -> SSlibKey:
        """The key of this person as metadata has it."""
        return self.keys[name]


def foreign_repository(
    folder: Path, now: datetime, *, threshold: int = 3, old_keytypes: tuple[str, ...] = ()
) -> ForeignRepository:
    """Two roots and what they vouch for, all of which ends a month after `now`.

    The ECDSA keys of those in `old_keytypes` stand under a keytype that was named like its scheme.
    """
    devices = folder / "devices"
    devices.mkdir(parents=True)
    held: dict[str, DeviceKey] = {}
    for place, name in enumerate(PEOPLE, start=1):
        serial = f"practice-{place}"
        make_device(devices, serial, name, PINS[serial])
        with _unlocked(devices, name) as unlocked:
            held[name] = unlocked.generate("their key", SCHEMES[name])
    keys = {name: named(key, name, is_old=name in old_keytypes) for name, key in held.items()}
    metadata = folder / "metadata"
    metadata.mkdir()
    for file, content in _files(devices, held, keys, now, threshold).items():
        (metadata / file).write_bytes(content)
    return ForeignRepository(metadata, devices, keys, metadata / "1.root.json")


def named(key: DeviceKey, name: str, *, is_old: bool = False) -> SSlibKey:
    """The public key with its holder's name inside, under the keyid that this gives it."""
    public = public_key_of(key)
    keytype = public.scheme if is_old else public.keytype
    fields = {**public.to_dict(), "keytype": keytype, "x-tuf-on-ci-keyowner": f"@{name}"}
    found = Key.from_dict(sha256(encode_canonical(fields).encode()).hexdigest(), dict(fields))  # type: ignore[union-attr]  # text, without a writer
    assert isinstance(found, SSlibKey)
    return found


@contextmanager
def _unlocked(devices: Path, name: str) -> Iterator[Unlocked]:
    (device,) = (each for each in list_devices(devices) if each.info.label == name)
    unlocked = device.unlock(PINS[device.info.serial])
    try:
        yield unlocked
    finally:
        unlocked.close()


def _files(
    devices: Path, held: Mapping[str, DeviceKey], keys: Mapping[str, SSlibKey], now: datetime, threshold: int
) -> dict[str, bytes]:
    ends = now.replace(microsecond=0) + timedelta(days=30)
    online = CryptoSigner.generate_ecdsa()
    fields = {SIGNED_FIELD: 30}
    offline = Role([key.keyid for key in keys.values()], threshold)
    roles = {"root": offline, "targets": offline}
    roles |= {role: Role([online.public_key.keyid], 1) for role in ("snapshot", "timestamp")}
    listed = {key.keyid: key for key in (*keys.values(), online.public_key)}
    old = {OLD: TargetFile.from_data(OLD, OLD_CONTENT, ["sha256"])}
    signed: list[tuple[str, Root | Targets]] = [
        (f"{version}.root.json", Root(version, expires=ends, keys=listed, roles=roles, unrecognized_fields=fields))
        for version in (1, 2)
    ]
    signed.append(("4.targets.json", Targets(4, expires=ends, targets=old, unrecognized_fields=fields)))
    found: dict[str, bytes] = {}
    for file, content in signed:
        metadata = Metadata(content)
        for name, key in held.items():
            with _unlocked(devices, name) as unlocked:
                metadata.sign(DeviceSigner(unlocked, key, keys[name]), append=True)
        found[file] = metadata.to_bytes()
    snapshot = Metadata(Snapshot(ONLINE_VERSION, expires=ends, meta={"targets.json": MetaFile(4)}))
    timestamp = Metadata(Timestamp(ONLINE_VERSION, expires=ends, snapshot_meta=MetaFile(ONLINE_VERSION)))
    for file, each in ((f"{ONLINE_VERSION}.snapshot.json", snapshot), ("timestamp.json", timestamp)):
        each.sign(online)
        found[file] = each.to_bytes()
    return found
