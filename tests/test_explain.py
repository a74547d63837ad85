"""Every error in words: what happened, in detail, what to do now, and an exit status."""

import pytest

from ceremony import errors
from ceremony.errors import CeremonyError, Problem
from ceremony.explain import BUG_STATUS, explain, explain_absent_screens, explain_bug, status_of
from ceremony.explain.online_keys import KEY_REASONS
from ceremony.explain.refusals import advice_for
from ceremony.explain.storage import REASONS
from hsm import errors as devices
from hsm.errors import DeviceError

TWO_PROBLEMS = (Problem("bins.count", "'many'", "a whole number", 12), Problem("", "no table", "a table"))

LEAVES: list[tuple[CeremonyError | DeviceError, int, str]] = [
    (
        errors.SettingsError("plan.toml", TWO_PROBLEMS),
        2,
        "plan.toml:12: bins.count: found 'many'; wanted a whole number",
    ),
    (errors.RefusedError("THRESHOLD-FLOOR", "root: 1", "2 or more"), 3, "root: 1"),
    (errors.TamperedError("not the hash that the manifest says", "roster.json"), 4, "roster.json"),
    (errors.StoppedError("ann", "PIN"), 5, "ann"),
    (errors.StorageError("/media/stick", "ENOSPC"), 7, "/media/stick"),
    (errors.RehearsalError("root", "threshold not reached"), 8, "threshold not reached"),
    (errors.TerminalError(60, 20), 9, "60 columns"),
    (errors.PausedError(("root under root 1: 1 of 2",), ("bob with Key 5: root",), "2030"), 10, "bob with Key 5: root"),
    (devices.DeviceAbsentError("A1"), 60, "A1"),
    (devices.DeviceBusyError("A1"), 61, "A1"),
    (devices.WrongPinError("A1", 2), 62, "2 tries are left"),
    (devices.PinBlockedError("A1"), 63, "A1"),
    (devices.TouchMissingError("A1", 15), 64, "15 seconds"),
    (devices.KeyAbsentError("A1", "packages"), 65, "packages"),
    (devices.KeyExistsError("A1", "packages"), 66, "packages"),
    (devices.UnsupportedError("A1", "ed25519"), 67, "ed25519"),
    (devices.DeviceFaultError("A1", "CKR_GENERAL_ERROR"), 68, "CKR_GENERAL_ERROR"),
    (devices.WrongPukError("A1", 2), 69, "2 tries are left"),
    (devices.PukBlockedError("A1"), 71, "A1"),
    (devices.CodeRefusedError("A1", "PUK"), 72, "the new PUK"),
    (devices.ManagementKeyUnknownError("A1"), 73, "A1"),
    (devices.DeviceSwappedError("A1", "B2"), 74, "B2"),
    (devices.AttestationRefusedError("A1", "the key vouches for itself"), 75, "Device A1: the key vouches for itself."),
    (devices.DriverLostError("A1", "it died"), 76, "it died"),
    (devices.SerialSharedError("A1"), 77, "Serial A1 is on two devices"),
]


@pytest.mark.parametrize(("error", "status", "fact"), LEAVES, ids=lambda value: type(value).__name__)
def test_every_leaf_is_explained(error: CeremonyError | DeviceError, status: int, fact: str) -> None:
    """An explanation names the facts, ends with what to do now, and has the status of its kind."""
    found = explain(error)
    assert fact in found.detail
    assert found.title
    assert "\n" not in found.title
    assert found.advice.endswith(".")
    assert found.status == status


def test_every_leaf_is_in_the_table() -> None:
    """The table of this test leaves no leaf out."""
    modules = (vars(errors).values(), vars(devices).values())
    families = (CeremonyError, DeviceError)
    found = {each for module in modules for each in module if isinstance(each, type) and issubclass(each, families)}
    leaves = found - set(families)
    assert {type(error) for error, _status, _fact in LEAVES} == leaves


def test_whoever_stopped_starts_the_same_command_again() -> None:
    """Be it a ceremony or something that was done to a device alone."""
    advice = explain(errors.StoppedError("ann", "PIN")).advice
    assert "start the same command again" in advice
    assert "what was done to a device stays done" in advice


def test_what_a_stranger_wrote_steers_no_terminal() -> None:
    """A root on a stick may name its repository as it likes; nothing of it moves a cursor or turns the writing."""
    found = explain(errors.TamperedError("odd", "a\x1b[2Jb"))
    other = explain(errors.RefusedError("DELIVERY-REPOSITORY", "1.root.json of \x9b2J\u202eevil", "of ours"))
    assert "a?[2Jb" in found.title
    assert "1.root.json of ?2J?evil.\n" in other.detail


def test_every_problem_of_a_file_is_listed() -> None:
    """Whoever repairs a file repairs it once."""
    found = explain(errors.SettingsError("plan.toml", TWO_PROBLEMS))
    assert found.title == "plan.toml has 2 problems"
    assert found.detail.splitlines()[1] == "plan.toml: found no table; wanted a table"


def test_one_problem_is_one_problem() -> None:
    """The count is told in good English."""
    assert explain(errors.SettingsError("plan.toml", TWO_PROBLEMS[:1])).title == "plan.toml has 1 problem"


@pytest.mark.parametrize(
    ("left", "sentence"),
    [(None, "does not say"), (0, "blocked now"), (1, "ONE try is left"), (2, "2 tries are left")],
)
@pytest.mark.parametrize("error", [devices.WrongPinError, devices.WrongPukError])
def test_the_tries_left_are_told_as_the_device_tells_them(
    error: type[devices.WrongPinError | devices.WrongPukError], left: int | None, sentence: str
) -> None:
    """A person knows how much a wrong guess costs."""
    assert sentence in explain(error("A1", left)).detail


def test_every_leaf_of_a_device_has_its_own_way_on() -> None:
    """Different trouble, different advice."""
    advice = [explain(error).advice for error, _status, _fact in LEAVES if isinstance(error, DeviceError)]
    assert len(set(advice)) == len(advice)


def test_a_blocked_pin_has_a_way_on_for_each_kind_of_device() -> None:
    """A PUK, with tries of its own, or the maker's own tool."""
    advice = explain(devices.PinBlockedError("A1")).advice
    assert "PUK has tries of its own" in advice
    assert "PKCS#11 is unblocked with its SO PIN" in advice


def test_a_refused_code_is_called_by_its_name() -> None:
    """A PIN is no PUK."""
    assert explain(devices.CodeRefusedError("A1", "PUK")).advice.startswith("Choose another PUK")
    assert explain(devices.CodeRefusedError("A1", "PIN")).advice.startswith("Choose another PIN")


def test_a_folder_of_certificates_has_no_serial() -> None:
    """Where no device is at fault, none is named."""
    found = explain(devices.AttestationRefusedError("", "the file 'a.pem' of attestation certificates: it is a link"))
    assert "serial" not in found.detail
    assert "it is a link" in found.detail


@pytest.mark.parametrize(
    ("wanted", "way_on"),
    [
        ("ecdsa-sha2-nistp384", "a signature scheme in the plan that this device has"),
        ("ed25519", "about 3000 bytes"),
        ("ed25519 of 4000 bytes", "about 3000 bytes"),
        ("slot 83", "a slot in the plan that this device has"),
        ("slots", "a slot in the plan that this device has"),
        ("unblock", "maker's own tool"),
        ("unlock without a PIN", "maker's own tool"),
    ],
)
def test_what_a_device_cannot_do_has_a_way_on_of_its_kind(wanted: str, way_on: str) -> None:
    """Another scheme, another slot, or another tool; a signature that is too long needs another kind of key."""
    found = explain(devices.UnsupportedError("A1", wanted))
    assert wanted in found.detail
    assert way_on in found.advice


@pytest.mark.parametrize("reason", [*REASONS, "ESTRANGE"])
def test_every_reason_of_a_disk_has_advice(reason: str) -> None:
    """The system's own word stands beside the path, and the advice says what to do now."""
    found = explain(errors.StorageError("/media/stick", reason))
    assert reason in found.detail
    assert found.advice.endswith(".")


def test_a_full_stick_and_a_locked_stick_get_different_advice() -> None:
    """ENOSPC is not EROFS."""
    full, locked = (explain(errors.StorageError("/media/stick", reason)) for reason in ("ENOSPC", "EROFS"))
    assert full.advice != locked.advice


def test_a_device_without_a_serial_is_named_as_such() -> None:
    """Nobody reads a sentence with a hole in it."""
    assert "without a serial" in explain(devices.DeviceFaultError("", "CKR_SLOT_ID_INVALID")).detail


def test_no_terminal_is_not_a_small_terminal() -> None:
    """Without any terminal the advice is another."""
    assert explain(errors.TerminalError(0, 0)).advice != explain(errors.TerminalError(70, 20)).advice


def test_an_unknown_rule_still_gets_advice() -> None:
    """A rule that this table does not know stops people all the same."""
    assert "Do not go on" in advice_for("RULE-OF-TOMORROW")


def base_of(family: type[CeremonyError | DeviceError]) -> CeremonyError | DeviceError:
    """What no code can raise: the base itself, made behind its back, in place of a leaf that nobody has explained."""
    made: CeremonyError | DeviceError = Exception.__new__(family)
    vars(made)["serial"] = "A1"
    return made


@pytest.mark.parametrize("family", [CeremonyError, DeviceError])
def test_a_leaf_that_nobody_explained_stops_people_too(family: type[CeremonyError | DeviceError]) -> None:
    """Even then there is advice, and the status of a mistake in the program."""
    found = explain(base_of(family))
    assert found.advice
    assert found.status == status_of(base_of(family)) == BUG_STATUS


@pytest.mark.parametrize(("kept", "words"), [("/home/ann/crash.txt", "/home/ann/crash.txt"), ("", "Nothing could")])
def test_a_mistake_in_the_program_is_explained(kept: str, words: str) -> None:
    """The traceback's file is named where there is one."""
    found = explain_bug(kept)
    assert words in found.detail
    assert found.status == BUG_STATUS


def test_absent_screens_are_explained() -> None:
    """Whoever installed half of the program is told how to get the other half."""
    assert "scripts/start" in explain_absent_screens().advice


def test_a_smart_card_service_that_is_not_there_is_no_device_that_failed() -> None:
    """Nobody is told to pull anything out; how to start the service stands there instead."""
    found = explain(devices.DeviceFaultError("PC/SC", "SCARD_E_NO_SERVICE"))
    assert "SCARD_E_NO_SERVICE" in found.detail
    assert "pcscd" in found.advice
    assert "Pull" not in found.advice


def test_a_pause_is_no_fault_and_everything_else_is() -> None:
    """Who reads it is told that nothing is wrong."""
    assert [type(error).__name__ for error, _status, _fact in LEAVES if not explain(error).is_fault] == ["PausedError"]
    found = explain(errors.PausedError(("root under root 1: 1 of 2",), ("bob", "cyd"), "2030-03-01T17:00:00Z"))
    assert "- bob\n- cyd" in found.detail
    assert "until 2030-03-01T17:00:00Z" in found.detail
    assert found.advice.startswith("Nothing is wrong")


@pytest.mark.parametrize(
    ("what", "word"),
    [
        ("published with other bytes than the signer's database gives: was an old one restored?", "restore"),
        ("a newer one than the signer's database knows: was an old one restored?", "online key"),
        ("a damaged database", "newest backup"),
        ("no database, or a damaged one", "newest backup"),
        ("a database that PostgreSQL finds damaged", "server"),
        ("not the database of a signer", "signer.db"),
        ("not the hash that the manifest says", "fetch the bundle again"),
    ],
)
def test_what_is_damaged_is_put_right_in_its_own_way(what: str, word: str) -> None:
    """A bundle is fetched again; a database is gone on from its backup; a shelf that is ahead stops everything."""
    assert word in explain(errors.TamperedError(what, "somewhere")).advice


@pytest.mark.parametrize("reason", [*KEY_REASONS, "ClientError"])
@pytest.mark.parametrize("uri", ["pkcs11:token=online", "awskms:alias/online"])
def test_an_online_key_that_does_not_answer_is_no_stick(uri: str, reason: str) -> None:
    """Nobody is sent to plug in a stick where a service is away."""
    found = explain(errors.StorageError(uri, reason))

    assert "stick" not in f"{found.title} {found.advice}"
    assert uri in found.detail


@pytest.mark.parametrize("place", ["--shelf", "awskms:alias/online", "pkcs11:"])
def test_what_is_in_no_file_is_not_opened_in_an_editor(place: str) -> None:
    """It was typed; it is typed again."""
    assert "editor" not in explain(errors.SettingsError(place, TWO_PROBLEMS)).advice
    assert "editor" in explain(errors.SettingsError("plan.toml", TWO_PROBLEMS)).advice
