"""This machine's settings: strict TOML in, Settings out; a file may tighten the policy and nothing else."""

from datetime import timedelta
from pathlib import Path

import pytest

from ceremony.core.policy import Policy
from ceremony.core.token_uri import TokenUri
from ceremony.errors import RefusedError, SettingsError, StorageError
from ceremony.settings import SIZE_LIMIT, Settings, default_path, load_settings, parse_settings

WHOLE = b"""\
software_folder = "/srv/devices"
crash_folder = "~/crashes"
attestation_folder = "~/certificates"
yubikeys = false

[[pkcs11]]
module = "/usr/lib/softhsm/libsofthsm2.so"

[[pkcs11]]
module = "~/lib/module.so"
token = "pkcs11:token=ann;serial=01"

[[pkcs11]]
module = "~/lib/module.so"
token = "pkcs11:manufacturer=Acme"

[policy]
threshold_floor = 3
offline_lifetime_days = 365
"""


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))


def problem_lines(text: bytes) -> list[tuple[str, int | None]]:
    """Field and line of each problem in this text."""
    with pytest.raises(SettingsError) as caught:
        parse_settings(text, "settings.toml")
    return [(each.field, each.line) for each in caught.value.problems]


def test_no_file_means_the_defaults() -> None:
    """A new machine needs no settings."""
    assert load_settings(None) == Settings()
    assert Settings().policy == Policy()
    assert Settings().yubikeys


def test_the_usual_place_is_in_the_home_folder(tmp_path: Path) -> None:
    """Settings stand in ~/.config/ceremony/settings.toml."""
    default_path().parent.mkdir(parents=True)
    default_path().write_bytes(b'software_folder = "/srv/devices"\n')
    assert default_path() == tmp_path / ".config/ceremony/settings.toml"
    assert load_settings(None).software_folder == Path("/srv/devices")


def test_every_field_is_read(tmp_path: Path) -> None:
    """Paths may begin with a tilde."""
    found = parse_settings(WHOLE, "settings.toml")
    assert found.pkcs11_modules == (Path("/usr/lib/softhsm/libsofthsm2.so"), tmp_path / "lib/module.so")
    assert found.software_folder == Path("/srv/devices")
    assert found.crash_folder == tmp_path / "crashes"
    assert found.attestation_folders == (tmp_path / "certificates",)
    assert found.tokens == {
        tmp_path / "lib/module.so": (TokenUri(token="ann", serial="01"), TokenUri(manufacturer="Acme"))
    }
    assert not found.yubikeys
    assert found.policy.threshold_floor == 3
    assert found.policy.offline_lifetime_ceiling == timedelta(days=365)


def test_an_empty_file_means_the_defaults() -> None:
    """A file that says nothing changes nothing."""
    assert parse_settings(b"", "settings.toml") == Settings()


def test_a_file_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    """A mistyped name does not pass for the defaults."""
    with pytest.raises(StorageError) as caught:
        load_settings(tmp_path / "absent.toml")
    assert caught.value.reason == "ENOENT"


def test_a_policy_cannot_be_loosened() -> None:
    """No settings file turns a rule off."""
    with pytest.raises(RefusedError) as caught:
        parse_settings(b"[policy]\nthreshold_floor = 1\n", "settings.toml")
    assert caught.value.rule == "POLICY-TIGHTENS"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (b"colour = 1\n", [("colour", 1)]),
        (b"\nsoftware_folder = 7\n", [("software_folder", 2)]),
        (b'crash_folder = "here"\n', [("crash_folder", 1)]),
        (b'[[pkcs11]]\nmodule = "x"\nslot = 1\n', [("pkcs11[0].module", 2), ("pkcs11[0].slot", 3)]),
        (b"pkcs11 = []\n", [("pkcs11", 1)]),
        (b'[[pkcs11]]\nmodule = "/m.so"\ntoken = "ann"\n', [("pkcs11[0].token", 3)]),
        (b'[[pkcs11]]\nmodule = "/m.so"\ntoken = "pkcs11:token=a;token=b"\n', [("pkcs11[0].token", 3)]),
        (b'[[pkcs11]]\nmodule = "/m.so"\ntoken = "pkcs11:token=a?pin-value=123456"\n', [("pkcs11[0].token", 3)]),
        (b'[[pkcs11]]\nmodule = "/m.so"\ntoken = "pkcs11:"\n', [("pkcs11[0].token", 3)]),
        (b'[[pkcs11]]\nmodule = "/m.so"\ntoken = "pkcs11:token=a;object=b"\n', [("pkcs11[0].token", 3)]),
        (b'[[pkcs11]]\nmodule = "/m.so"\ntoken = 1\n', [("pkcs11[0].token", 3)]),
        (b'yubikeys = "no"\n', [("yubikeys", 1)]),
        (b'attestation_folder = "here"\n', [("attestation_folder", 1)]),
        (b"policy = 1\n", [("policy", 1)]),
        (b"[policy]\nno_rules = true\n", [("policy.no_rules", 2)]),
        (b'[policy]\nthreshold_floor = "3"\n', [("policy.threshold_floor", 2)]),
        (b"a = \n", [("", 1)]),
        (b"\xff", [("", None)]),
        (b"#" * (SIZE_LIMIT + 1), [("", None)]),
        (b"a = " + b"1" * 5000, [("", None)]),
    ],
)
def test_every_problem_has_its_field_and_line(text: bytes, problems: list[tuple[str, int | None]]) -> None:
    """Whoever repairs the file finds the place at once."""
    assert problem_lines(text) == problems


def test_certificates_lie_in_the_home_folder_unless_a_file_says_otherwise(tmp_path: Path) -> None:
    """Where nothing is said, there need be no such folder."""
    assert parse_settings(b"", "settings.toml").attestation_folders == (tmp_path / ".config/ceremony/attestation",)


@pytest.mark.parametrize("token", ["pkcs11:?pin-value=271828", "PKCS11:?pin-value=271828", "pin 271828"])
def test_no_problem_repeats_a_pin(token: str) -> None:
    """Somebody may write one where none belongs."""
    with pytest.raises(SettingsError) as caught:
        parse_settings(f'[[pkcs11]]\nmodule = "/m.so"\ntoken = "{token}"\n'.encode(), "settings.toml")
    assert "271828" not in str(caught.value)


TOKEN = {"label": "ann", "serial": "01", "manufacturer": "Acme", "model": "Key"}


def module_named(path: Path | str, token: str = "") -> bytes:
    """One entry of a settings file."""
    return f'[[pkcs11]]\nmodule = "{path}"\n{token}\n'.encode()


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        (b"", True),
        (module_named("/m.so"), True),
        (module_named("/other.so", 'token = "pkcs11:token=bob"'), True),
        (module_named("/m.so", 'token = "pkcs11:token=ann"'), True),
        (module_named("/m.so", 'token = "pkcs11:token=ann;serial=02"'), False),
        (
            module_named("/m.so", 'token = "pkcs11:token=bob"') + module_named("/m.so", 'token = "pkcs11:serial=01"'),
            True,
        ),
        (module_named("/m.so", 'token = "pkcs11:token=bob"') + module_named("/m.so"), True),
        (module_named("/m.so") + module_named("/m.so", 'token = "pkcs11:token=bob"'), True),
    ],
)
def test_a_module_shows_the_tokens_that_settings_name(text: bytes, *, counts: bool) -> None:
    """One entry that names none means all of them."""
    assert parse_settings(text, "settings.toml").counts(Path("/m.so"), **TOKEN) is counts


def test_a_module_under_two_names_is_one_module(tmp_path: Path) -> None:
    """Its tokens are those of both."""
    link, module = tmp_path / "link.so", tmp_path / "module.so"
    module.touch()
    link.symlink_to(module)
    text = module_named(module, 'token = "pkcs11:token=bob"') + module_named(link, 'token = "pkcs11:token=ann"')
    settings = parse_settings(text, "settings.toml")
    assert settings.counts(module, **TOKEN)
    assert settings.counts(link, **TOKEN | {"label": "bob"})
    assert not settings.counts(module, **TOKEN | {"label": "cyd"})
