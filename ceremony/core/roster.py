"""The roster: who holds which key on which device, with the proof; kept beside metadata, never inside keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ceremony.core import strict_json
from ceremony.core.attestation import Attestation, attestation_fields, read_attestation
from ceremony.core.device_kinds import DRIVERS
from ceremony.core.fields import VISIBLE, Table
from ceremony.core.keys import key_of, keyid_of
from ceremony.core.policy import DELEGATED_ROLE
from ceremony.core.projects import Project, claims_fields, read_projects
from ceremony.core.strict_json import Json
from ceremony.errors import Problem, TamperedError

FORMAT = 1
_TEXT = rf"{VISIBLE}{{0,200}}"
_ROLES_LIMIT = 32


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One key of one keyholder: the TUF fields of the key, the device it stands on, and the proof of possession (hex).

    `is_generated_inside` and `is_extractable` are what the device said of the private key, None where it did not say.
    `attestation` is what its maker says, None where the device hands out no certificates.
    """

    keyholder: str
    roles: tuple[str, ...]
    key: Mapping[str, Json]
    key_label: str
    driver: str
    maker: str
    model: str
    serial: str
    label: str
    firmware: str
    is_generated_inside: bool | None
    is_extractable: bool | None
    nonce: str
    proof: str
    attestation: Attestation | None = None

    @property
    def keyid(self) -> str:
        """The keyid: the hash of the canonical key."""
        return keyid_of(self.key)


@dataclass(frozen=True, slots=True)
class Roster:
    """All enrolments of a ceremony, in the order in which they were made, and the projects that come with keys."""

    enrolments: tuple[Enrolment, ...] = ()
    projects: tuple[Project, ...] = ()

    def of(self, keyholder: str) -> Enrolment | None:
        """The enrolment of this keyholder, if there is one."""
        return next((each for each in self.enrolments if each.keyholder == keyholder), None)

    def holder_of(self, keyid: str) -> str:
        """The keyholder of this key, "" if nobody holds it."""
        return next((each.keyholder for each in self.enrolments if each.keyid == keyid), "")

    def replace(self, enrolment: Enrolment) -> "Roster":
        """The roster with this enrolment in place of whatever its keyholder had."""
        return replace(self, enrolments=(*self.without(enrolment.keyholder).enrolments, enrolment))

    def without(self, keyholder: str) -> "Roster":
        """The roster without whatever this keyholder had."""
        return replace(self, enrolments=tuple(each for each in self.enrolments if each.keyholder != keyholder))


def encode_roster(roster: Roster) -> bytes:
    """The roster as JSON: canonical but for the line ends of PEM keys."""
    projects = {"projects": claims_fields(roster.projects)} if roster.projects else {}
    return strict_json.encode_file(
        {"format": FORMAT, "enrolments": [_encode(each) for each in roster.enrolments], **projects}
    )


def decode_roster(data: bytes, where: str) -> Roster:
    """The roster that `data` holds.

    Raises: TamperedError, naming `where`, if it is anything but what `encode_roster` writes.
    """
    value = strict_json.decode(data, where)
    problems: list[Problem] = []
    roster = _read(value if isinstance(value, Mapping) else {}, problems)
    if problems or encode_roster(roster) != data:
        what = "; ".join(f"{it.field}: {it.found}, not {it.wanted}" for it in problems[:3]) or "not as it was written"
        raise TamperedError(what, where)
    return roster


def _encode(each: Enrolment) -> dict[str, Json]:
    return {
        "keyholder": each.keyholder,
        "roles": list(each.roles),
        "key": each.key,
        "key_label": each.key_label,
        "driver": each.driver,
        "maker": each.maker,
        "model": each.model,
        "serial": each.serial,
        "label": each.label,
        "firmware": each.firmware,
        "is_generated_inside": each.is_generated_inside,
        "is_extractable": each.is_extractable,
        "nonce": each.nonce,
        "proof": each.proof,
        "attestation": None if each.attestation is None else attestation_fields(each.attestation),
    }


def _read(fields: Mapping[str, object], problems: list[Problem]) -> Roster:
    table = Table(fields, problems)
    table.number("format", FORMAT, FORMAT)
    enrolments: Sequence[Table] = table.tables("enrolments") if fields.get("enrolments") else ()
    projects = read_projects(table, "projects") if table.has("projects") else ()
    return Roster(tuple(_read_enrolment(each) for each in enrolments), projects)


def _read_enrolment(table: Table) -> Enrolment:
    key = table.mapping("key")
    try:
        key_of(key)
    except (ValueError, KeyError, TypeError):
        table.refuse("key", "no public key", "a public key")
        key = {}
    attested = table.optional_table("attestation")
    return Enrolment(
        keyholder=table.text("keyholder", _TEXT, "text"),
        roles=table.lines("roles", DELEGATED_ROLE, _ROLES_LIMIT, "names of roles"),
        key=key,
        key_label=table.text("key_label", _TEXT, "text"),
        driver=table.text("driver", "|".join(DRIVERS), " or ".join(DRIVERS)),
        maker=table.text("maker", _TEXT, "text"),
        model=table.text("model", _TEXT, "text"),
        serial=table.text("serial", _TEXT, "text"),
        label=table.text("label", _TEXT, "text"),
        firmware=table.text("firmware", _TEXT, "text"),
        is_generated_inside=table.optional_flag("is_generated_inside"),
        is_extractable=table.optional_flag("is_extractable"),
        nonce=table.text("nonce", r"[0-9a-f]{32}", "32 hex digits"),
        proof=table.text("proof", r"[0-9a-f]{2,8000}", "hex digits"),
        attestation=None if attested is None else read_attestation(attested),
    )
