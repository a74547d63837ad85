"""A ceremony that is no rehearsal: keys that their maker attests, and a signer that takes nothing less."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from fakes.pinned_authority import pin_authority
from fakes.rooms import NAMES, NOW
from fakes.yubikey_room import YubikeyRoom, yubikey_room

from ceremony.core.online_key import OnlineKeyFile
from ceremony.core.plan import Keyholder, Plan, write_plan
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.core.review import fingerprint_of
from ceremony.engine.bundle import open_bundle
from ceremony.engine.opening import Agenda
from ceremony.engine.practice import practice_plan
from ceremony.engine.rehearsal import follow_folder
from ceremony.engine.sitting import sit
from ceremony.engine.verify import verify
from ceremony.errors import RefusedError
from ceremony.online.home import Home
from ceremony.online.initialise import Wish, initialise
from ceremony.online.main import verbs
from hsm import Scheme

REPOSITORY = "packages.example.org"
SCHEMES = {"ann": Scheme.P256, "bob": Scheme.ED25519, "cyd": Scheme.P256}


@dataclass(frozen=True)
class Story:
    """Three YubiKeys, a signer's home, and the folder in which everything happens."""

    folder: Path
    keys: YubikeyRoom

    @property
    def home(self) -> Home:
        """Where the online signer lives."""
        return Home(self.folder / "signer")

    def plan(self, online: OnlineKeyFile) -> Plan:
        """A real plan: each keyholder with the scheme they like, the YubiKey named by its serial."""
        holders = (Keyholder(name, OFFLINE_ROLES, SCHEMES[name].value, self.keys.serial_of(name)) for name in NAMES)
        plan = practice_plan(NAMES, 2, NOW, online.key)
        return replace(plan, id="first-root", repository=REPOSITORY, is_rehearsal=False, keyholders=tuple(holders))

    def signer(self, *arguments: str | Path) -> str:
        """What `ceremony-online` says to these arguments."""
        words = ["--home", str(self.home.folder), *map(str, arguments)]
        return CliRunner().invoke(verbs, words, catch_exceptions=False).output


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """Three YubiKeys as new; who vouches for them is known."""
    (tmp_path / "desk").mkdir()
    with yubikey_room(tmp_path / "desk") as keys, pytest.MonkeyPatch.context() as patch:
        pin_authority(patch, keys.table.authorities[0])
        yield Story(tmp_path, keys)


def words_of(release: Path) -> str:
    """The words that were read aloud."""
    return " ".join(fingerprint_of(open_bundle(release).files).words)


def held(story: Story) -> Path:
    """The release of a ceremony that everybody walked willingly."""
    online = initialise(story.home, Wish(REPOSITORY, "ecdsa-sha2-nistp256", is_rehearsal=False))
    text = write_plan(story.plan(online)).encode()
    authorities = story.keys.table.authorities
    agenda = Agenda(text, "plan.toml", story.folder / "bundle", Policy(), authorities=authorities)
    return sit(story.keys.room, agenda).release


def test_keys_made_inside_yubikeys_lead_to_a_download_that_a_client_verifies(story: Story) -> None:
    """From YubiKeys without keys to a file that the real client takes, with nothing but the first root to trust."""
    release = held(story)
    assert verify(release, Policy()).is_good
    bundle = open_bundle(release)
    attested = [each.attestation for each in bundle.roster.enrolments if each.attestation is not None]
    assert [each.maker for each in attested] == ["Yubico"] * len(NAMES)
    assert all(each.is_generated_inside and not each.is_extractable for each in attested)
    target = story.folder / "demo-1.0.txt"
    target.write_bytes(b"hello")

    assert "Delivered" in story.signer("deliver", release, "--fingerprint", words_of(release))
    assert "Published" in story.signer("add", target)

    found = follow_folder(story.home.repository, bundle.files[0].encode(), story.folder / "client", [target.name])
    assert found == {target.name: b"hello"}


def test_a_real_ceremony_takes_no_yubikey_that_nobody_known_vouches_for(story: Story) -> None:
    """ATTESTATION-MAKER: a chain of certificates that anybody could have made is no maker's word."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hsm.attestation_pins.PINS", ())
        with pytest.raises(RefusedError) as refused:
            held(story)

    assert refused.value.rule == "ATTESTATION-MAKER"


def test_a_rehearsing_signer_takes_no_real_release(story: Story) -> None:
    """REHEARSAL-APART: what is real and what is practice never meet."""
    release = held(story)
    other = replace(story, folder=story.folder / "elsewhere")
    initialise(other.home, Wish(REPOSITORY, "ecdsa-sha2-nistp256", is_rehearsal=True))

    with pytest.raises(RefusedError) as refused:
        other.signer("deliver", release, "--fingerprint", words_of(release))

    assert refused.value.rule == "REHEARSAL-APART"
