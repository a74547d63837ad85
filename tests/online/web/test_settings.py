"""HOME/api.toml: closed where it says nothing, and every problem told with its line."""

import pytest

from ceremony.errors import SettingsError
from ceremony.online.access import Grant, Scope
from ceremony.online.web.settings import ApiSettings, parse_api_settings

WHOLE = b"""
listen = ["127.0.0.1:8080", "[::1]:8080", "unix:/run/ceremony/api.sock"]
open_writes = "unix"

[tls]
certificate = "/etc/signer.crt"
key = "/etc/signer.key"
client_ca = "/etc/clients.pem"

[[clients]]
subject = "O=Example,CN=uploader"
name = "uploader"
scopes = ["add", "remove"]
prefixes = ["demo/"]

[[users]]
uid = 1000
name = "ann"
scopes = ["read"]

[limits]
body_bytes = 1000
wait_seconds = 5
"""


def test_everything_that_can_be_said() -> None:
    """And nothing else changes."""
    found = parse_api_settings(WHOLE, "api.toml")

    assert found.listen[2] == "unix:/run/ceremony/api.sock"
    assert found.clients["O=Example,CN=uploader"] == Grant("uploader", frozenset({Scope.ADD, Scope.REMOVE}), ("demo/",))
    assert found.users[1000].scopes == frozenset({Scope.READ})
    assert found.tls is not None
    assert str(found.tls.client_ca) == "/etc/clients.pem"
    assert (found.limits.body_bytes, found.limits.wait_seconds) == (1000, 5)
    assert found.limits.rate == ApiSettings().limits.rate
    assert "Unix socket" in found.warning


def test_an_empty_file_opens_nothing() -> None:
    """No address, no grant, no warning."""
    found = parse_api_settings(b"", "api.toml")

    assert found == ApiSettings()
    assert (found.listen, found.open_writes, found.warning) == ((), "", "")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('listen = ["0.0.0.0:80"]', "listen"),
        ('listen = ["[::]:80"]', "listen"),
        ('listen = ["example.org:80"]', "listen"),
        ('listen = "127.0.0.1:80"', "listen"),
        ('open_writes = "all"', "open_writes"),
        ("open_writes = true", "open_writes"),
        ('open_writes = "unix"', "open_writes"),
        ('plain_text = true\nopen_writes = "loopback"\nlisten = ["10.0.0.1:80"]', "open_writes"),
        ('[tls]\ncertificate = "/a"', "tls.key"),
        ('[[users]]\nuid = -1\nname = "ann"\nscopes = ["add"]', "users[0].uid"),
        ('[[users]]\nuid = 1\nname = "ann"\nscopes = ["all"]', "users[0].scopes"),
        ('[[users]]\nuid = 1\nname = "ann"\nscopes = ["add"]\nprefixes = ["../"]', "users[0].prefixes"),
        ('[[clients]]\nsubject = "CN=a"\nname = "a b"\nscopes = ["add"]', "clients[0].name"),
        ("[limits]\nrate = 0", "limits.rate"),
        ("[limits]\nspeed = 1", "limits.speed"),
        ("opened = true", "opened"),
    ],
)
def test_what_cannot_be_meant_is_a_problem(text: str, field: str) -> None:
    """At its field."""
    with pytest.raises(SettingsError) as found:
        parse_api_settings(text.encode(), "api.toml")

    assert field in {each.field for each in found.value.problems}
    assert all(each.line for each in found.value.problems if each.field != "tls.key")


def test_a_proxy_may_add_tls() -> None:
    """If that is said."""
    found = parse_api_settings(b'plain_text = true\nlisten = ["10.0.0.1:80"]', "api.toml")

    assert found.listen == ("10.0.0.1:80",)
