"""Keyholders, devices and dates change for years, and every client of every root comes along; real clients judge."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fakes.online_signer import OnlineSigner, online_signer
from fakes.release import PEOPLE, Then, Wanted, following, plan_after
from fakes.rooms import NAMES, NOW, Desk, desk, make_device
from securesystemslib.signer import CryptoSigner

from ceremony.core.metadata_file import MetadataFile
from ceremony.core.online_key import decode_online_key
from ceremony.core.plan import Keyholder, Plan, parse_plan, write_plan
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.core.review import fingerprint_of
from ceremony.engine import questions as q
from ceremony.engine.bundle import Bundle, open_bundle, pack
from ceremony.engine.opening import Agenda
from ceremony.engine.practice import REPOSITORY
from ceremony.engine.rehearsal import follow_folder
from ceremony.engine.sitting import sit
from ceremony.engine.verify import verify
from ceremony.online.home import Home
from ceremony.online.initialise import Wish, initialise
from ceremony.online.main import verbs
from hsm import Pin

TARGET = "demo-1.0.txt"
ROTATIONS = 50


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for the disk: sittings and publications sync thousands of times, and nobody cuts the power."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


@dataclass
class Story:
    """A desk for sittings, an online signer, and clients that keep what they have seen."""

    desk: Desk
    roots: list[MetadataFile] = field(default_factory=list)
    release: Path = Path()

    @property
    def home(self) -> Home:
        """Where the online signer lives."""
        return Home(self.desk.folder / "signer")

    def hold(self, plan: Plan) -> Path:
        """The release of a ceremony over this plan, which follows the last release and is the next to follow."""
        number = len(list(self.desk.folder.glob("release-*"))) + 1
        folder, release = self.desk.folder / f"bundle-{number}", self.desk.folder / f"release-{number}"
        text = write_plan(plan).encode()
        trusted = self.release if plan.kind != "initial" else None
        sit(self.desk.room, Agenda(text, "plan.toml", folder, Policy(), release, trusted=trusted))
        assert verify(release, Policy()).is_good
        self.release = release
        self.roots += [each for each in open_bundle(release).files if each.role == "root"]
        return release

    def after(self, kind: str, **changes: Any) -> Plan:  # noqa: ANN401  # any field of a plan
        """A plan that keeps everything of the last release but what `changes` says."""
        return plan_after(open_bundle(self.release), kind, **changes)

    def signer(self, *arguments: str | Path) -> str:
        """What `ceremony-online` says to these arguments."""
        words = ["--home", str(self.home.folder), *map(str, arguments)]
        return CliRunner().invoke(verbs, words, catch_exceptions=False).output

    def follow(self, name: str, root: MetadataFile) -> bytes:
        """What the client of this name downloads; it started from `root`, and remembers what it has seen since."""
        cache = self.desk.folder / "clients" / name
        return follow_folder(self.home.repository, root.encode(), cache, [TARGET])[TARGET]

    def everybody_follows(self) -> bool:
        """True when each client gets the target: one of each root that comes back, and one of each that is fresh."""
        fresh = len(list((self.desk.folder / "clients").glob("*")))
        found = [self.follow(f"of {each.name}", each) for each in self.roots]
        found += [self.follow(f"fresh {fresh} with {each.name}", each) for each in self.roots]
        return {*found} == {b"hello"}


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """Everybody with a device, a signer that trusts nothing, and the plan of the first ceremony at the desk."""
    found = Story(desk(tmp_path, NAMES))
    online = initialise(found.home, Wish(REPOSITORY, "ecdsa-sha2-nistp256", is_rehearsal=True))
    text = found.desk.practice.plan.read_bytes()
    plan = replace(parse_plan(text, "plan.toml"), online_key=online.key)
    found.desk.practice.plan.write_bytes(write_plan(plan).encode())
    return found


def begin(story: Story) -> None:
    """The first ceremony is held, delivered, and there is a target to download."""
    release = story.hold(parse_plan(story.desk.practice.plan.read_bytes(), "plan.toml"))
    words = " ".join(fingerprint_of(open_bundle(release).files).words)
    assert "Delivered" in story.signer("deliver", release, "--fingerprint", words)
    (story.desk.folder / TARGET).write_bytes(b"hello")
    assert "Published" in story.signer("add", story.desk.folder / TARGET)


def end_of(*roles: str, days: int = 400) -> dict[str, datetime]:
    """When these roles are to end."""
    return {role: NOW + timedelta(days=days) for role in OFFLINE_ROLES if role in roles}


def with_new_device(story: Story, name: str) -> tuple[Keyholder, ...]:
    """Everybody keeps their key but this one, who has another device on the desk."""
    make_device(story.desk.practice.devices, "practice-9", f"{name}'s new one", Pin("135790"))
    story.desk.operator.pins = {**story.desk.operator.pins, "practice-9": Pin("135790")}
    story.desk.operator.answers[q.PlugIn] = lambda each: each.wanted
    kept = story.after("rotation").keyholders
    return tuple(replace(each, keyid="", device="practice-9") if each.name == name else each for each in kept)


def test_clients_of_every_root_follow_three_ceremonies(story: Story) -> None:
    """A refresh of root, cyd's new device, and a refresh of bins; nobody ever sees a version go back."""
    begin(story)
    assert story.everybody_follows()

    refresh = story.hold(story.after("refresh", expires=end_of("root")))
    assert "2.root.json." in story.signer("deliver", refresh)
    assert story.everybody_follows()

    holders = with_new_device(story, "cyd")
    rotation = story.hold(story.after("rotation", keyholders=holders, expires=end_of("root", "targets")))
    assert "3.root.json, 2.targets.json." in story.signer("deliver", rotation)
    assert story.everybody_follows()

    bins = story.hold(story.after("refresh", expires=end_of("bins", days=500)))
    assert "2.bins.json." in story.signer("deliver", bins)
    assert story.everybody_follows()
    assert [each.version for each in story.roots] == [1, 2, 3]


def test_a_signer_that_got_the_last_release_alone_has_everything(story: Story) -> None:
    """The stick with the rotation was never brought; the refresh after it carries the chain."""
    begin(story)
    holders = with_new_device(story, "cyd")
    story.hold(story.after("rotation", keyholders=holders, expires=end_of("root", "targets")))

    last = story.hold(story.after("refresh", expires=end_of("root")))

    assert "2.root.json, 3.root.json, 2.targets.json." in story.signer("deliver", last)
    assert story.everybody_follows()


def test_the_online_signer_gets_another_key(story: Story) -> None:
    """Made on the signer, carried to a sitting, and at work when its release is delivered."""
    begin(story)
    assert "next online key" in story.signer("rotate-key")
    key = decode_online_key(story.home.next_key_file.read_bytes(), "online-key-next.json").key

    change = story.hold(story.after("rotation", online_key=key, expires=end_of("root", "bins")))

    assert "2.root.json, 2.bins.json." in story.signer("deliver", change)
    assert story.everybody_follows()
    assert key.keyid() in story.signer("status")


@pytest.fixture
def moment() -> datetime:
    """This machine's clock, which the real client reads."""
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # the real client asks the real clock


@pytest.fixture
def living(tmp_path: Path, moment: datetime) -> Iterator[OnlineSigner]:
    """A signer with a target to download."""
    made = online_signer(tmp_path, Wanted(now=moment))
    made.deliver(now=moment)
    made.ask(TARGET, b"hello", moment)
    made.publisher.publish(moment)
    yield made
    made.store.close()


def rotations(first: Bundle, moment: datetime) -> list[Bundle]:
    """Fifty releases, each after the other: one keyholder after another gets a new device, round and round."""
    found = [first]
    for number in range(ROTATIONS):
        keys = {PEOPLE[number % len(PEOPLE)]: CryptoSigner.generate_ecdsa()}
        found.append(following(found[-1], Then(keys=keys, now=moment)))
    return found[1:]


@pytest.mark.parametrize("step", [ROTATIONS, 1], ids=["one delivery", "fifty deliveries"])
def test_a_client_that_pinned_root_1_follows_fifty_rotations(
    living: OnlineSigner, moment: datetime, tmp_path: Path, step: int
) -> None:
    """And so does every client of a root in between, and the one that has looked in now and then."""
    first = living.bundle.files[0].encode()
    regular = tmp_path / "regular"
    follow_folder(living.home.repository, first, regular, [TARGET])
    releases = rotations(living.bundle, moment)

    for release in releases[step - 1 :: step]:
        pack(release, tmp_path / release.plan.id)
        living.deliver(open_bundle(tmp_path / release.plan.id), moment)
        if release.files[0].version % 10 == 1:
            assert follow_folder(living.home.repository, first, regular, [TARGET]) == {TARGET: b"hello"}

    assert living.follow(TARGET) == {TARGET: b"hello"}
    roots = [each.encode() for each in living.store.trusted_roots()]
    assert len(roots) == ROTATIONS + 1
    assert roots == [living.shelved()[f"{version}.root.json"] for version in range(1, ROTATIONS + 2)]
    for place in (1, 24, ROTATIONS):
        cache = tmp_path / f"client of root {place + 1}"
        assert follow_folder(living.home.repository, roots[place], cache, [TARGET]) == {TARGET: b"hello"}
    assert newest(regular) == ROTATIONS + 1


def newest(cache: Path) -> int:
    """The version of the newest root that a client has kept."""
    return max(int(each.name.split(".")[0]) for each in (cache / "metadata" / "root_history").glob("*.root.json"))


@pytest.mark.parametrize("roles", [OFFLINE_ROLES, ("root",)], ids=["everything", "root alone"])
def test_a_repository_whose_metadata_has_expired_comes_back(
    tmp_path: Path, moment: datetime, roles: Sequence[str]
) -> None:
    """Nobody looked for a year; then the keyholders met again."""
    then = moment - timedelta(days=366)
    made = online_signer(tmp_path, Wanted(now=then))
    made.deliver(now=then)
    made.ask(TARGET, b"hello", then)
    made.publisher.publish(then)

    refreshed = following(made.bundle, Then(roles=roles, now=moment))
    made.deliver(refreshed, moment)
    if roles != OFFLINE_ROLES:
        made.deliver(following(refreshed, Then(roles=("targets", "bins"), now=moment)), moment)

    assert made.follow(TARGET) == {TARGET: b"hello"}
    made.store.close()
