"""A repository that others made goes on with us: its keys, its clients, and none of its files lost in silence."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fakes.foreign_repository import (
    OLD,
    OLD_CONTENT,
    PINS,
    SCHEMES,
    SIGNED_FIELD,
    ForeignRepository,
    foreign_repository,
)
from fakes.online_signer import OnlineSigner, reopened
from fakes.release import REPOSITORY
from fakes.rooms import NOW, Desk, ScriptedOperator, make_device
from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface, Updater  # noqa: TID251  # clients of the repository before are the judges

from ceremony.core.online_key import OnlineKeyFile
from ceremony.core.plan import Bins, Keyholder, Leaving, Plan, TrustedRoot, Window, parse_plan, write_plan
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.engine import questions as q
from ceremony.engine.bundle import Bundle
from ceremony.engine.elsewhere import agenda_for, sign_elsewhere
from ceremony.engine.enrol_alone import enrol_alone
from ceremony.engine.opening import Agenda
from ceremony.engine.own import read_own
from ceremony.engine.practice import Practice
from ceremony.engine.sitting import sit
from ceremony.engine.verify import verify
from ceremony.errors import PausedError, RefusedError
from ceremony.online.home import Home
from ceremony.online.initialise import Wish, initialise
from hsm.errors import KeyAbsentError

NEW = "demo/new.txt"
NEW_CONTENT = b"Published by the online signer.\n"


@dataclass
class Import:
    """The repository of others, a desk at which people sit over it, and the online signer that is to take over."""

    foreign: ForeignRepository
    desk: Desk
    home: Home
    key_file: OnlineKeyFile

    def plan(self) -> Plan:
        """Ann and bob keep their keys, day comes, and cyd leaves, whose key has to sign a last time: 3 of 3 did."""
        root = read_own(self.foreign.folder, self.foreign.first_root).trusted.root
        window = Window(NOW - timedelta(hours=1), NOW + timedelta(days=1))
        kept = tuple(
            Keyholder(name, OFFLINE_ROLES, SCHEMES[name], keyid=self.foreign.key(name).keyid) for name in ("ann", "bob")
        )
        return Plan(
            id="taken-over",
            kind="rotation",
            repository=REPOSITORY,
            is_rehearsal=True,
            window=window,
            keyholders=(*kept, Keyholder("day", OFFLINE_ROLES, device="practice-4")),
            thresholds=dict.fromkeys(OFFLINE_ROLES, 2),
            expires=dict.fromkeys(OFFLINE_ROLES, window.closes.replace(microsecond=0) + timedelta(days=300)),
            bins=Bins(4, "succinct"),
            lifetimes={"bin-n": timedelta(days=7), "snapshot": timedelta(days=1), "timestamp": timedelta(days=1)},
            online_key=self.key_file.key,
            trusted=TrustedRoot(root.version, sha256(root.payload).hexdigest()),
            leaving=(Leaving("cyd", self.foreign.key("cyd").keyid),),
            leaves_out=(SIGNED_FIELD, OLD),
        )

    def agenda(self, plan: Plan) -> Agenda:
        """The agenda of a sitting over this plan, from the root that clients have pinned."""
        text = write_plan(plan).encode()
        assert parse_plan(text, "plan.toml") == plan
        folder, trusted = self.desk.bundle, self.foreign.folder
        return Agenda(text, "plan.toml", folder, Policy(), trusted=trusted, pinned=self.foreign.first_root)

    def signer(self, bundle: Bundle) -> OnlineSigner:
        """The online signer, to which this is going to be delivered."""
        return reopened(self.home, self.desk.folder, bundle, self.key_file)


@pytest.fixture(name="taken")
def _taken(tmp_path: Path) -> Import:
    return import_of(tmp_path)


def import_of(tmp_path: Path, old_keytypes: tuple[str, ...] = ()) -> Import:
    """All of it in this folder; the keys of some stand under a keytype of years ago."""
    foreign = foreign_repository(tmp_path / "foreign", NOW, old_keytypes=old_keytypes)
    make_device(foreign.devices, "practice-4", "day", PINS["practice-4"])
    operator = ScriptedOperator(PINS, tmp_path / "release")
    home = Home(tmp_path / "home")
    key_file = initialise(home, Wish(REPOSITORY, "ecdsa-sha2-nistp256", is_rehearsal=True))
    practice = Practice(tmp_path / "plan.toml", foreign.devices, PINS)
    return Import(foreign, Desk(tmp_path, practice, operator), home, key_file)


class Server(FetcherInterface):
    """A web server over two folders."""

    def __init__(self, metadata: Path, targets: Path) -> None:
        self._folders = {"metadata": metadata, "targets": targets}

    def _fetch(self, url: str) -> Iterator[bytes]:
        _, top, name = urlsplit(url).path.split("/", 2)
        file = self._folders[top] / name
        if not file.is_file():
            raise DownloadHTTPError(f"no {url}", 404)
        return iter([file.read_bytes()])


def client(cache: Path, metadata: Path, targets: Path, pinned: bytes) -> Updater:
    """The real client, which keeps what it has seen in `cache`."""
    (cache / "targets").mkdir(parents=True, exist_ok=True)
    base = "https://others.invalid"
    return Updater(
        str(cache),
        f"{base}/metadata/",
        str(cache / "targets"),
        f"{base}/targets/",
        Server(metadata, targets),
        bootstrap=pinned,
    )


def test_a_client_of_the_others_follows_to_our_root_and_downloads_through_our_signer(taken: Import) -> None:
    """From root 1, and with all that it had cached of theirs; their file comes along, as it was given to the signer."""
    pinned = taken.foreign.first_root.read_bytes()
    cache = taken.desk.folder / "client"
    before = client(cache, taken.foreign.folder, taken.foreign.folder, pinned)
    before.refresh()
    assert before.get_targetinfo(OLD) is not None

    outcome = sit(taken.desk.room, taken.agenda(taken.plan()))

    assert [each.name for each in outcome.bundle.files] == ["3.root.json", "5.targets.json", "1.bins.json"]
    assert verify(outcome.release, Policy()).is_good
    signer = taken.signer(outcome.bundle)
    signer.deliver(now=NOW)
    signer.ask(NEW, NEW_CONTENT, NOW)
    signer.ask(OLD, OLD_CONTENT, NOW)
    signer.publisher.publish(NOW)

    shelf = taken.home.repository
    for place in (cache, taken.desk.folder / "fresh client"):
        after = client(place, shelf / "metadata", shelf / "targets", pinned)
        for path, content in ((NEW, NEW_CONTENT), (OLD, OLD_CONTENT)):
            found = after.get_targetinfo(path)
            assert found is not None
            assert Path(after.download_target(found, str(place / "download"))).read_bytes() == content


def test_their_keys_stay_as_they_are_in_metadata(taken: Import) -> None:
    """With the names inside, under the keyids that clients know; the roster knows their devices from now on."""
    outcome = sit(taken.desk.room, taken.agenda(taken.plan()))

    root = read_own(outcome.release).trusted.root
    theirs = {taken.foreign.key(name).keyid for name in ("ann", "bob", "cyd")}
    assert theirs <= {*root.signatures}
    known = {each.keyholder: (each.keyid, each.serial) for each in outcome.bundle.roster.enrolments}
    assert known["ann"] == (taken.foreign.key("ann").keyid, "practice-1")
    assert sorted(known) == ["ann", "bob", "day"]
    made = [each.person for each in outcome.bundle.transcript.entries if each.action == "made key"]
    assert made == ["day"], "nothing is generated for those who keep their keys"
    last = [each.title for each in taken.desk.operator.asked if isinstance(each, q.PlugIn) and each.may_skip][-1]
    assert last == f"cyd's key {taken.foreign.key('cyd').keyid[:16]} signs a last time"


def test_what_others_wrote_is_not_lost_in_silence(taken: Import) -> None:
    """Before anybody plugs in a device."""
    with pytest.raises(RefusedError) as refused:
        sit(taken.desk.room, taken.agenda(replace(taken.plan(), leaves_out=(SIGNED_FIELD,))))

    assert (refused.value.rule, refused.value.found) == ("TARGETS-KEPT", f"a draft without {OLD}")
    assert not taken.desk.bundle.exists()


def test_a_device_without_the_key_that_is_kept_gets_no_pin(taken: Import) -> None:
    """Ann says that bob's key is hers: her device does not hold it, and nobody asks for its PIN."""
    plan = taken.plan()
    ann, bob, day = plan.keyholders
    swapped = (replace(ann, keyid=bob.keyid, scheme=bob.scheme), replace(bob, keyid=ann.keyid, scheme=ann.scheme), day)
    with pytest.raises(KeyAbsentError, match="practice-1"):
        sit(taken.desk.room, taken.agenda(replace(plan, keyholders=swapped)))
    assert not any(isinstance(each, q.AskPin) for each in taken.desk.operator.asked)


@pytest.mark.filterwarnings("ignore:keytype 'ecdsa-sha2-nistp384' is deprecated")
def test_a_key_under_a_keytype_of_years_ago_signs_a_last_time(tmp_path: Path) -> None:
    """The clients of today still count it; to keep it is refused, with what to do instead."""
    taken = import_of(tmp_path, old_keytypes=("cyd",))
    plan = taken.plan()
    cyd = Keyholder("cyd", OFFLINE_ROLES, SCHEMES["cyd"], keyid=taken.foreign.key("cyd").keyid)
    with pytest.raises(RefusedError) as refused:
        sit(taken.desk.room, taken.agenda(replace(plan, keyholders=(*plan.keyholders, cyd), leaving=())))
    assert refused.value.rule == "KEY-SPELLED"

    outcome = sit(taken.desk.room, taken.agenda(plan))

    (root,) = (each for each in outcome.bundle.files if each.role == "root")
    assert taken.foreign.key("cyd").keyid in root.signatures


def test_who_keeps_a_key_may_prove_it_away_from_the_room(taken: Import) -> None:
    """Bob plugs in at home; the room takes his enrolment in, and he signs with the same key."""
    agenda = taken.agenda(taken.plan())
    home = taken.desk.folder / "enrolment of bob"
    found = enrol_alone(taken.desk.room, replace(agenda, folder=home), "bob")
    assert found.keyid == taken.foreign.key("bob").keyid

    outcome = sit(taken.desk.room, replace(agenda, enrolments=(home,)))

    assert outcome.bundle.roster.of("bob") == found
    assert verify(outcome.release, Policy()).is_good


def test_who_leaves_may_sign_a_last_time_at_another_place(taken: Import) -> None:
    """There the root that clients have is all that is trusted; the signature counts under their keyid."""
    agenda = replace(taken.agenda(taken.plan()), request=taken.desk.folder / "request")
    taken.desk.operator.answers[q.RollCall] = lambda _page: ("ann", "bob", "day")
    with pytest.raises(PausedError):
        sit(taken.desk.room, agenda)
    place = taken.desk.folder / "cyd's place"
    (place / "devices").mkdir(parents=True)
    (taken.foreign.devices / "practice-3.json").rename(place / "devices" / "practice-3.json")
    practice = replace(taken.desk.practice, devices=place / "devices")
    there = Desk(place, practice, ScriptedOperator(PINS, place / "unused", {q.RollCall: lambda _page: ("cyd",)}))
    back = agenda_for(taken.desk.folder / "request", place / "copy", Policy(), taken.foreign.first_root, place / "back")

    answered = sign_elsewhere(there.room, back, taken.desk.folder / "request")
    outcome = sit(taken.desk.room, replace(agenda, responses=(answered.place,)))

    assert answered.response.keyids == (taken.foreign.key("cyd").keyid,)
    assert verify(outcome.release, Policy()).is_good


def test_who_follows_them_can_be_followed_by_a_refresh_of_ours(taken: Import) -> None:
    """The next ceremony is like any other: devices are on record, and everybody keeps the key."""
    first = sit(taken.desk.room, taken.agenda(taken.plan()))
    before = read_own(first.release)
    kept = tuple(replace(each, keyid=before.roster.of(each.name).keyid) for each in first.bundle.plan.keyholders)
    root = before.trusted.root
    plan = replace(
        first.bundle.plan,
        id="refreshed",
        kind="refresh",
        keyholders=kept,
        leaving=(),
        leaves_out=(),
        trusted=TrustedRoot(root.version, sha256(root.payload).hexdigest()),
    )
    release = taken.desk.folder / "second release"
    agenda = Agenda(
        write_plan(plan).encode(), "plan.toml", taken.desk.folder / "second", Policy(), release, trusted=first.release
    )
    second = sit(taken.desk.room, agenda)
    assert [each.name for each in second.bundle.files] == ["4.root.json", "6.targets.json", "2.bins.json"]
    signer = taken.signer(first.bundle)
    signer.deliver(now=NOW)
    signer.deliver(second.bundle, NOW)
    pinned, shelf = taken.foreign.first_root.read_bytes(), taken.home.repository
    client(taken.desk.folder / "client", shelf / "metadata", shelf / "targets", pinned).refresh()
