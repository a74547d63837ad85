"""What a plan says, as values: people, devices, numbers and dates, and how its moments are written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ceremony.core.keys import keyid_of
from ceremony.core.policy import OFFLINE_ROLES
from ceremony.core.strict_json import Json

FORMAT = 1
DEFAULT_SCHEME = "ecdsa-sha2-nistp256"


@dataclass(frozen=True, slots=True)
class Window:
    """When the ceremony may take place, in UTC; both ends belong to it."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class Keyholder:
    """A person with one device: the roles it signs, in the order of the plan's offline roles.

    `device` is the serial of the only device to be accepted, or a PKCS#11 URI that names it, "" for whichever the room
    enrols; `key` is the label under which the key stands on the device, or a PKCS#11 URI that names it. `slot` is where
    a device with numbered places makes the key, "" for the usual one. `firmware_exception` is why a device is accepted
    whose firmware has a known flaw, and `attestation_exception` why a key is taken in from elsewhere that nobody
    attests; both are "" where there is none. `keyid` is the key that this keyholder keeps from what is trusted already,
    "" for one that is enrolled anew.
    """

    name: str
    roles: tuple[str, ...]
    scheme: str = DEFAULT_SCHEME
    device: str = ""
    key: str = ""
    slot: str = ""
    firmware_exception: str = ""
    attestation_exception: str = ""
    keyid: str = ""


@dataclass(frozen=True, slots=True)
class Leaving:
    """Somebody who holds a key that is trusted for root today and leaves, so that it can sign a last time.

    A plan names them where no ceremony of ours has put them on record. `device` is the serial of the only device to be
    accepted, "" for whichever holds the key.
    """

    name: str
    keyid: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """Why a ceremony is an emergency: what has happened, in a sentence, and the keys that it struck, by keyid.

    `stolen` are those that somebody else may have, `lost` those that nobody has any more; no key is both.
    """

    reason: str
    stolen: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def keyids(self) -> tuple[str, ...]:
        """Every key that it struck."""
        return (*self.stolen, *self.lost)


@dataclass(frozen=True, slots=True)
class TrustedRoot:
    """The root that a ceremony starts from: its version, and the SHA-256 of its payload in hex."""

    version: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Bins:
    """How targets are spread: `count` bins, delegated by TAP 15 (`succinct`) or one by one (`explicit`)."""

    count: int
    style: str


@dataclass(frozen=True, slots=True)
class Delegation:
    """A role that clients ask before bins: for paths that match one of `paths`, or for every path where there are none.

    Keyholders sign it as they sign the other offline roles, or the online signer does. Where it `is_terminating`,
    clients ask nobody after it for such a path.
    """

    name: str
    paths: tuple[str, ...] = ()
    is_terminating: bool = False
    is_online: bool = False


@dataclass(frozen=True, slots=True)
class Claims:
    """What changes among the projects to which one delegation hands their own paths.

    `sha256` names the batch of those that enter it or get other keys there (`claims_digest`), "" for no batch;
    `leaving` are the names of those that leave.
    """

    role: str
    sha256: str = ""
    leaving: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OnlineKey:
    """The public half of the online signer's key, as its TUF fields, and its proof of possession in hex."""

    keytype: str
    scheme: str
    public: str
    proof: str

    def fields(self) -> dict[str, Json]:
        """The TUF fields of the key."""
        return {"keytype": self.keytype, "scheme": self.scheme, "keyval": {"public": self.public}}

    def keyid(self) -> str:
        """Its keyid: the hash of its canonical form."""
        return keyid_of(self.fields())


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to hold after one ceremony. Times are UTC at whole seconds; mappings go by role, in the policy's order.

    `expires` names the roles that get a new version; the others stay as they are trusted. `trusted` is None in an
    initial ceremony, which starts from nothing. `delegations` are asked before bins, in this order; `claims` is what
    changes in one of them, None for nothing. `leaving` are holders of keys that sign root a last time and are not on
    record; `leaves_out` names what others wrote into metadata and this ceremony does not carry on. `incident` is why a
    ceremony of kind emergency is one, None in all others.
    """

    id: str
    kind: str
    repository: str
    is_rehearsal: bool
    window: Window
    keyholders: tuple[Keyholder, ...]
    thresholds: Mapping[str, int]
    expires: Mapping[str, datetime]
    bins: Bins
    lifetimes: Mapping[str, timedelta]
    online_key: OnlineKey
    trusted: TrustedRoot | None = None
    delegations: tuple[Delegation, ...] = ()
    claims: Claims | None = None
    leaving: tuple[Leaving, ...] = ()
    leaves_out: tuple[str, ...] = ()
    incident: Incident | None = None

    @property
    def offline_roles(self) -> tuple[str, ...]:
        """The roles that keyholders sign, in the order in which they are signed."""
        return offline_roles(self.delegations)

    def holders_of(self, role: str) -> tuple[Keyholder, ...]:
        """Those who sign `role`, in the order of the plan."""
        return tuple(holder for holder in self.keyholders if role in holder.roles)


def offline_roles(delegations: tuple[Delegation, ...]) -> tuple[str, ...]:
    """The roles that keyholders sign where these delegations are, in the order in which they are signed."""
    named = (each.name for each in delegations if not each.is_online)
    return (*OFFLINE_ROLES[:-1], *named, OFFLINE_ROLES[-1])


def instant_text(instant: datetime) -> str:
    """The moment as metadata and plans write it, such as 2027-01-31T12:00:00Z; `instant` is UTC.

    Spec: 4.2, dates.
    """
    # Not strftime, which writes the years before 1000 without their zeros.
    return instant.replace(tzinfo=None, microsecond=0).isoformat() + "Z"
