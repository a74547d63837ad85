"""The online key changes, and no client is refused at any moment."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner
from fakes.release import NOW, PEOPLE, REPOSITORY, Then, following, online_key
from securesystemslib.signer import CryptoSigner

from ceremony.core.online_key import OnlineKeyFile, decode_online_key
from ceremony.core.policy import OFFLINE_ROLES, Policy
from ceremony.engine.bundle import Bundle
from ceremony.errors import RefusedError, SettingsError, StorageError
from ceremony.online.commit import commit_next
from ceremony.online.delivery import take_in_delivery
from ceremony.online.delivery_rows import is_delivered
from ceremony.online.initialise import Wish
from ceremony.online.key_change import forget_next_key, give_up_online_key, hand_out, make_next_key
from ceremony.online.next_key import FORMER, NEXT, is_lost, next_keyid, spare_keys
from ceremony.online.service import publish_all
from ceremony.online.shelf_check import check_shelf
from ceremony.online.tables import SPARE_KEYS

WISH = Wish(REPOSITORY, "ecdsa-sha2-nistp256", is_rehearsal=True)


def made(signer: OnlineSigner) -> OnlineKeyFile:
    """The next key of this signer."""
    return make_next_key(signer.home, signer.store, WISH)


def changing(bundle: Bundle, key: OnlineKeyFile, now: datetime = NOW) -> Bundle:
    """The release that names this key, and changes nothing else."""
    return following(bundle, Then(roles=("root", "bins"), online=key.key, now=now))


def test_a_next_key_is_made_once(signer: OnlineSigner) -> None:
    """Asking again gives the same; its private half is a file of its own, for its owner alone."""
    first = made(signer)

    assert made(signer) == first
    assert next_keyid(signer.store) == first.key.keyid() != signer.key_file.key.keyid()
    private = signer.home.folder / "online-key-2.pem"
    assert private.stat().st_mode & 0o777 == 0o600


def test_another_next_key_than_the_one_there_is_is_refused(signer: OnlineSigner) -> None:
    """Somebody points to one elsewhere while one waits."""
    made(signer)

    with pytest.raises(RefusedError) as refusal:
        make_next_key(signer.home, signer.store, replace(WISH, key_uri="awskms:1", public_key=Path("x")))

    assert refusal.value.rule == "SIGNER-UNCHANGED"


def test_a_next_key_that_was_copied_is_replaced_before_it_is_at_work(signer: OnlineSigner) -> None:
    """Whatever a ceremony has signed for it meanwhile is refused, even if it waits here already."""
    signer.deliver()
    copied = made(signer)
    number = take_in_delivery(signer.store, changing(signer.bundle, copied), "", NOW, Policy())

    forget_next_key(signer.home, signer.store)
    other = made(signer)
    publish_all(signer.publisher, NOW)

    assert other.key.keyid() != copied.key.keyid()
    with pytest.raises(RefusedError) as refusal:
        is_delivered(signer.store, number)
    assert refusal.value.rule == "ONLINE-KEY-OWN"
    signer.ask("demo", b"content")
    signer.publisher.publish(NOW)
    assert copied.key.keyid().encode() not in signer.shelved()["timestamp.json"]


def test_forgetting_a_next_key_that_is_not_there_is_harmless(signer: OnlineSigner) -> None:
    """Also while somebody publishes."""
    with signer.home.writing():
        forget_next_key(signer.home, signer.store)

    assert spare_keys(signer.store) == {}


def test_a_next_key_stays_while_another_process_publishes(signer: OnlineSigner) -> None:
    """It might be about to sign with it."""
    key = made(signer)

    with signer.home.writing(), pytest.raises(StorageError) as refusal:
        forget_next_key(signer.home, signer.store)

    assert refusal.value.reason == "EBUSY"
    assert made(signer) == key


def test_the_key_file_that_is_handed_out_proves_possession(signer: OnlineSigner) -> None:
    """It is what a plan needs, and goes when the key is at work."""
    signer.deliver()
    key = made(signer)

    hand_out(signer.home, signer.store)

    assert decode_online_key(signer.home.next_key_file.read_bytes(), "") == key
    assert decode_online_key(signer.home.key_file.read_bytes(), "") == signer.key_file
    take_in_delivery(signer.store, changing(signer.bundle, key), "", NOW, Policy())
    publish_all(signer.publisher, NOW)
    hand_out(signer.home, signer.store)
    assert decode_online_key(signer.home.key_file.read_bytes(), "") == key
    assert not signer.home.next_key_file.exists()


def test_a_key_that_nobody_has_named_signs_nothing(signer: OnlineSigner) -> None:
    """Made, and not at work."""
    signer.deliver()
    key = made(signer)

    signer.deliver(following(signer.bundle))

    assert key.key.keyid().encode() not in b"".join(signer.shelved().values())


def test_both_keys_sign_the_publication_that_brings_the_new_root_and_then_the_new_one_alone(
    signer: OnlineSigner,
) -> None:
    """Snapshot and timestamp by both, for clients of either root; each bin by the key that the new bins names."""
    signer.deliver()
    key = made(signer)
    old, new = (each.key.keyid().encode() for each in (signer.key_file, key))
    take_in_delivery(signer.store, changing(signer.bundle, key), "", NOW, Policy())

    signer.publisher.publish(NOW)

    after = signer.shelved()
    assert {"2.root.json", "2.bins.json"} <= set(after)
    for name in ("2.snapshot.json", "timestamp.json"):
        assert old in after[name]
        assert new in after[name]
    for number in range(4):
        assert new in after[f"2.bin-{number}.json"]
        assert old not in after[f"2.bin-{number}.json"]
    signer.ask("demo", b"content")
    signer.publisher.publish(NOW)
    last = signer.shelved()
    assert old not in last["3.snapshot.json"] + last["timestamp.json"]
    assert signer.store.identity().key_file == key
    assert set(spare_keys(signer.store)) == {FORMER}


@pytest.mark.parametrize("changes_people", [False, True])
def test_no_client_is_refused_between_two_files(
    living: OnlineSigner, moment: datetime, monkeypatch: pytest.MonkeyPatch, *, changes_people: bool
) -> None:
    """The real client comes after each file that gets its name: a regular one, and a new one with root 1.

    Only where so many people change that the old root has no say in the new targets, root comes first.
    """
    living.ask("demo", b"content", moment)
    living.publisher.publish(moment)
    assert living.stay("demo") == {"demo": b"content"}
    keys = {name: CryptoSigner.generate_ecdsa() for name in PEOPLE} if changes_people else {}
    then = Then(roles=OFFLINE_ROLES, online=made(living).key, now=moment, keys=keys)
    take_in_delivery(living.store, following(living.bundle, then), "", moment, Policy())
    named: list[str] = []
    replace_file = Path.replace

    def place(beside: Path, path: Path) -> Path:
        found = replace_file(beside, path)
        if path.suffix == ".json" and path.parent.name == "metadata":
            named.append(path.name)
            # What comes right after the new root is there at once: nobody is asked to come in that instant.
            if not (changes_people and path.name == "2.root.json"):
                assert living.follow("demo") == {"demo": b"content"}
                assert living.stay("demo") == {"demo": b"content"}
        return found

    monkeypatch.setattr(Path, "replace", place)
    publish_all(living.publisher, moment)

    assert named[-2:] == (["2.root.json", "timestamp.json"] if changes_people else ["timestamp.json", "2.root.json"])


class _Watched:
    """A shelf of which nothing is known, as an object store; it notes in which order things came."""

    def __init__(self, signer: OnlineSigner) -> None:
        self.prepare, self.read, self._put = signer.shelf.prepare, signer.shelf.read, signer.shelf.put
        self.names: list[str] = []

    def put(self, files: Iterable[tuple[str, bytes]], progress: Callable[[int], None]) -> None:
        """Each file is in its place."""
        listed = [*files]
        self.names += [name for name, _data in listed]
        self._put(listed, progress)


def test_on_any_shelf_root_comes_after_the_timestamp(signer: OnlineSigner) -> None:
    """And everything that the timestamp leads to before both."""
    signer.deliver()
    take_in_delivery(signer.store, changing(signer.bundle, made(signer)), "", NOW, Policy())
    shelf = _Watched(signer)

    publish_all(replace(signer.publisher, shelf=shelf), NOW)

    assert shelf.names[-3:] == ["2.snapshot.json", "timestamp.json", "2.root.json"]
    assert {*shelf.names[:-3]} == {"2.bins.json", *(f"2.bin-{number}.json" for number in range(4))}


def test_a_kill_between_timestamp_and_root_is_made_good(
    living: OnlineSigner, moment: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients have the new bins by the old root already; the new root follows, and nothing else is made again."""
    living.ask("demo", b"content", moment)
    living.publisher.publish(moment)
    take_in_delivery(living.store, changing(living.bundle, made(living), moment), "", moment, Policy())
    replace_file = Path.replace

    def die(beside: Path, path: Path) -> Path:
        if path.name == "2.root.json":
            raise KeyboardInterrupt
        return replace_file(beside, path)

    monkeypatch.setattr(Path, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        publish_all(living.publisher, moment)
    monkeypatch.setattr(Path, "replace", replace_file)
    before = {name: data for name, data in living.shelved().items() if not name.startswith(".")}
    assert "2.root.json" not in before
    assert living.follow("demo") == {"demo": b"content"}

    living.restart()
    publish_all(living.publisher, moment)

    after = living.shelved()
    assert {name: after[name] for name in before} == before
    assert {*after} - {*before} == {"2.root.json"}
    assert living.stay("demo") == living.follow("demo") == {"demo": b"content"}


def test_the_real_client_comes_along(living: OnlineSigner, moment: datetime) -> None:
    """Before, between and after; the same again with a third key."""
    living.ask("demo", b"content", moment)
    living.publisher.publish(moment)
    bundle = living.bundle
    for _ in range(2):
        bundle = changing(bundle, made(living), moment)
        take_in_delivery(living.store, bundle, "", moment, Policy())
        while living.publisher.publish(moment) is not None:
            assert living.follow("demo") == {"demo": b"content"}

    assert [each.version for each in living.store.trusted_roots()] == [1, 2, 3]


def test_a_key_that_this_signer_has_not_made_is_refused(signer: OnlineSigner) -> None:
    """It has a next key, but the plan took another signer's."""
    signer.deliver()
    made(signer)
    other = OnlineKeyFile(REPOSITORY, online_key(CryptoSigner.generate_ecdsa()))

    with pytest.raises(RefusedError) as refusal:
        signer.deliver(changing(signer.bundle, other))

    assert refusal.value.rule == "ONLINE-KEY-OWN"


def test_a_release_that_goes_half_way_is_refused(signer: OnlineSigner) -> None:
    """Bins names the next key, and root still the old one."""
    signer.deliver()
    whole = changing(signer.bundle, made(signer))
    half = replace(whole, files=tuple(each for each in whole.files if each.role == "bins"))

    with pytest.raises(RefusedError) as refusal:
        signer.deliver(half)

    assert refusal.value.rule == "ONLINE-KEY-OWN"


def test_going_back_to_the_former_key_is_refused(signer: OnlineSigner) -> None:
    """It may have been copied: that is why it went."""
    signer.deliver()
    second = changing(signer.bundle, made(signer))
    take_in_delivery(signer.store, second, "", NOW, Policy())
    publish_all(signer.publisher, NOW)

    with pytest.raises(RefusedError) as refusal:
        signer.deliver(changing(second, signer.key_file))

    assert refusal.value.rule == "ONLINE-KEY-OWN"


def test_a_signer_that_cannot_reach_its_next_key_publishes_nothing_of_it(signer: OnlineSigner) -> None:
    """The file was moved away; once it is back, everything goes on."""
    signer.deliver()
    key = made(signer)
    take_in_delivery(signer.store, changing(signer.bundle, key), "", NOW, Policy())
    private = signer.home.folder / "online-key-2.pem"
    elsewhere = private.rename(signer.scratch / "key")
    before = signer.shelved()

    with pytest.raises(StorageError):
        publish_all(signer.publisher, NOW)

    assert signer.shelved() == before
    elsewhere.rename(private)
    publish_all(signer.publisher, NOW)
    assert signer.store.identity().key_file == key


def test_a_former_key_may_be_destroyed(signer: OnlineSigner) -> None:
    """Nothing asks for it any more, after a restart neither."""
    signer.deliver()
    take_in_delivery(signer.store, changing(signer.bundle, made(signer)), "", NOW, Policy())
    publish_all(signer.publisher, NOW)
    signer.home.private_key.unlink()

    signer.restart()
    signer.ask("demo", b"content")

    assert signer.publisher.publish(NOW + timedelta(hours=1)) is not None


def test_a_lost_key_is_followed_by_the_next_one_alone(living: OnlineSigner, moment: datetime) -> None:
    """Nothing asks for it any more; what waited meanwhile is published, and clients old and new go on."""
    living.ask("demo", b"content", moment)
    living.publisher.publish(moment)
    assert living.stay("demo") == {"demo": b"content"}
    living.home.private_key.unlink()
    living.ask("later", b"content", moment)
    key = made(living)
    give_up_online_key(living.home, living.store)
    with pytest.raises(SettingsError) as refusal:
        living.restart()
    assert "lost" in refusal.value.problems[0].found

    take_in_delivery(living.store, changing(living.bundle, key, moment), "", moment, Policy())
    living.restart()
    publish_all(living.publisher, moment)

    assert (
        living.stay("demo", "later") == living.follow("demo", "later") == dict.fromkeys(["demo", "later"], b"content")
    )
    assert living.store.identity().key_file == key
    assert check_shelf(living.store, living.shelf.read, lambda _done, _total: None).is_good
    living.ask("last", b"content", moment)
    living.restart()
    living.publisher.publish(moment)
    assert living.follow("last") == {"last": b"content"}


def test_what_a_lost_key_has_not_finished_comes_with_the_next_one(living: OnlineSigner, moment: datetime) -> None:
    """A device that dies dies over a publication, which stands in the database already."""
    living.publisher.publish(moment)
    living.ask("demo", b"content", moment)
    assert commit_next(living.store, moment, Policy())
    living.home.private_key.unlink()
    key = made(living)

    give_up_online_key(living.home, living.store)
    take_in_delivery(living.store, changing(living.bundle, key, moment), "", moment, Policy())
    living.restart()
    publish_all(living.publisher, moment)

    assert living.follow("demo") == {"demo": b"content"}
    assert check_shelf(living.store, living.shelf.read, lambda _done, _total: None).is_good


def test_a_key_is_not_given_up_while_another_process_publishes(signer: OnlineSigner) -> None:
    """It may be at work just then."""
    signer.deliver()
    made(signer)

    with signer.home.writing(), pytest.raises(StorageError) as refusal:
        give_up_online_key(signer.home, signer.store)

    assert refusal.value.reason == "EBUSY"
    assert not is_lost(signer.store)


def test_a_key_that_was_given_up_and_is_found_again_goes_on(signer: OnlineSigner) -> None:
    """It was not lost after all: without the next key that was to follow it at once, it is the online key again."""
    signer.deliver()
    made(signer)
    give_up_online_key(signer.home, signer.store)
    give_up_online_key(signer.home, signer.store)

    forget_next_key(signer.home, signer.store)

    signer.restart()
    signer.ask("demo", b"content")
    assert signer.publisher.publish(NOW) is not None


def test_a_database_that_knows_no_other_keys_is_still_good(signer: OnlineSigner) -> None:
    """It was made before online keys could change."""
    with signer.store.writing() as connection:
        SPARE_KEYS.drop(connection)

    assert next_keyid(signer.store) == ""
    signer.deliver()
    key = made(signer)

    assert spare_keys(signer.store)[NEXT].key_file == key
