"""What projects sign is judged as it comes and once more when it is published, and is durable in between."""

from datetime import timedelta
from pathlib import Path

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed, metadata, project
from fakes.online_signer import OnlineSigner
from fakes.release import NOW
from tuf.api.metadata import Metadata

from ceremony.core.policy import Policy
from ceremony.core.trusted import decode_published
from ceremony.errors import RefusedError, StorageError, TamperedError
from ceremony.online.delivery import take_in_delivery
from ceremony.online.project_files import is_uploaded, record_upload, waiting_uploads
from ceremony.online.registering import deregister
from ceremony.online.uploading import Offer, upload

ONE = {"files/demo/one": b"one"}


@pytest.fixture
def ready(signer: OnlineSigner) -> OnlineSigner:
    """A signer with demo in recently-claimed, which has uploaded nothing yet, and with an empty claimed."""
    signer.deliver()
    signer.bundle = changed(signer.bundle, Changing(delegations=(CLAIMED, RECENT)))
    signer.deliver()
    signer.register(project("demo"))
    return signer


def refused(signer: OnlineSigner, data: bytes, *contents: bytes, name: str = "demo") -> str:
    """The rule by which this upload is refused; nothing waits for it."""
    before = waiting_uploads(signer.store)
    with pytest.raises(RefusedError) as refusal:
        signer.upload(name, data, *contents)
    assert waiting_uploads(signer.store) == before
    return refusal.value.rule


def test_an_upload_is_durable_before_it_is_published(ready: OnlineSigner) -> None:
    """Its files are on the shelf by then."""
    receipt = ready.upload("demo", metadata("demo", 1, ONE), b"one")

    assert (receipt.version, receipt.is_repeated) == (1, False)
    assert [each.name for each in waiting_uploads(ready.store)] == ["demo"]
    assert len([*(ready.home.repository / "targets" / "files" / "demo").iterdir()]) == 1
    assert not is_uploaded(ready.store, receipt.number)
    ready.publisher.publish(NOW)
    assert is_uploaded(ready.store, receipt.number)
    assert "1.project-demo.json" in ready.shelved()


def test_the_same_upload_again_is_harmless(ready: OnlineSigner) -> None:
    """Before its publication and after, with files and without."""
    first = ready.upload("demo", metadata("demo", 1, ONE), b"one")
    second = ready.upload("demo", metadata("demo", 1, ONE), b"one")
    ready.publisher.publish(NOW)
    third = ready.upload("demo", metadata("demo", 1, ONE))

    assert {first.number} == {second.number, third.number}
    assert (first.is_repeated, second.is_repeated, third.is_repeated) == (False, True, True)


def test_the_same_metadata_signed_by_nobody_known_is_no_repetition(ready: OnlineSigner) -> None:
    """Nobody is told that it was published, though its bytes are."""
    ready.upload("demo", metadata("demo", 1, ONE), b"one")
    assert refused(ready, metadata("demo", 1, ONE, "stranger"), b"one") == "UPLOAD-SIGNED"

    ready.publisher.publish(NOW)

    assert refused(ready, metadata("demo", 1, ONE, "stranger"), b"one") == "UPLOAD-SIGNED"


def test_the_same_metadata_under_other_keys_has_to_be_the_next_version(ready: OnlineSigner) -> None:
    """The file that clients have is not signed by those, and stays as it is for ever."""
    ready.upload("demo", metadata("demo", 1, ONE), b"one")
    ready.publisher.publish(NOW)
    again = (project("demo", "demo again"),)
    ready.deliver(changed(ready.bundle, Changing(roles=("claimed",), entering=again)))

    assert refused(ready, metadata("demo", 1, ONE, "demo again"), b"one") == "UPLOAD-NEXT"
    assert refused(ready, metadata("demo", 1, ONE), b"one") == "UPLOAD-SIGNED"
    assert not ready.upload("demo", metadata("demo", 2, ONE, "demo again")).is_repeated


def test_the_same_metadata_under_keys_that_wait_has_to_be_the_next_version(ready: OnlineSigner) -> None:
    """Were it taken for a repetition, those keys would never count; under the keys before it is one."""
    ready.upload("demo", metadata("demo", 1, ONE), b"one")
    ready.publisher.publish(NOW)
    ready.register(project("demo", "demo again"))

    assert refused(ready, metadata("demo", 1, ONE, "demo again"), b"one") == "UPLOAD-NEXT"
    assert ready.upload("demo", metadata("demo", 1, ONE)).is_repeated


def test_what_has_ended_is_no_repetition(ready: OnlineSigner) -> None:
    """Clients refuse it by now."""
    ready.upload("demo", metadata("demo", 1, ONE), b"one")
    ready.publisher.publish(NOW)

    with pytest.raises(RefusedError) as refusal:
        ready.upload("demo", metadata("demo", 1, ONE), b"one", now=NOW + timedelta(days=90))

    assert refusal.value.rule == "UPLOAD-NEXT"


def test_what_was_published_before_a_project_came_back_is_no_repetition(ready: OnlineSigner) -> None:
    """Nobody is sent to it until it has uploaded anew."""
    ready.upload("demo", metadata("demo", 1, ONE), b"one")
    ready.publisher.publish(NOW)
    deregister(ready.store, ("demo",))
    assert refused(ready, metadata("demo", 1, ONE)) == "UPLOAD-CLAIMED"

    ready.register(project("demo"))

    assert refused(ready, metadata("demo", 1, ONE)) == "UPLOAD-NEXT"


def test_keys_that_were_registered_and_replaced_before_they_signed_never_count(ready: OnlineSigner) -> None:
    """They were a mistake, or worse; those that clients know and those that came last do."""
    ready.upload("demo", metadata("demo", 1, ONE), b"one")
    ready.publisher.publish(NOW)
    ready.register(project("demo", "mistaken"))
    ready.register(project("demo", "demo again"))

    assert refused(ready, metadata("demo", 2, ONE, "mistaken")) == "UPLOAD-SIGNED"
    ready.upload("demo", metadata("demo", 2, ONE))
    ready.upload("demo", metadata("demo", 3, ONE, "demo again"))
    assert refused(ready, metadata("demo", 4, ONE)) == "UPLOAD-SIGNED"
    ready.publisher.publish(NOW)
    assert refused(ready, metadata("demo", 4, ONE)) == "UPLOAD-SIGNED"


def test_the_refusal_that_is_told_is_the_one_that_helps(ready: OnlineSigner) -> None:
    """Signed by keys that count still, but not the next version."""
    ready.upload("demo", metadata("demo", 1, ONE), b"one")
    ready.register(project("demo", "demo again"))

    assert refused(ready, metadata("demo", 3, ONE)) == "UPLOAD-NEXT"


def test_what_breaks_a_rule_is_refused(ready: OnlineSigner) -> None:
    """A quorum, a version, a date, a path, a stranger: the six checks of PEP 480, and those of files."""
    assert refused(ready, metadata("demo", 1, ONE, "stranger"), b"one") == "UPLOAD-SIGNED"
    assert refused(ready, metadata("demo", 2, ONE), b"one") == "UPLOAD-NEXT"
    assert refused(ready, metadata("demo", 1, ONE, now=NOW - timedelta(days=90)), b"one") == "UPLOAD-FRESH"
    assert refused(ready, metadata("demo", 1, {"files/other/one": b"one"}), b"one") == "UPLOAD-PATHS"
    assert refused(ready, metadata("stranger", 1, {}), name="stranger") == "UPLOAD-CLAIMED"
    assert refused(ready, metadata("demo", 1, ONE)) == "UPLOAD-FILES"
    assert refused(ready, metadata("demo", 1, ONE), b"two") == "UPLOAD-FILES"
    assert refused(ready, metadata("demo", 1, ONE), b"one", b"two") == "UPLOAD-FILES"


def test_before_the_first_delivery_nobody_uploads(signer: OnlineSigner) -> None:
    """Nothing delegates to anybody."""
    assert refused(signer, metadata("demo", 1, ONE), b"one") == "UPLOAD-CLAIMED"


def test_what_is_no_metadata_is_no_upload(ready: OnlineSigner, tmp_path: Path) -> None:
    """No JSON, more than clients take, and no file at all."""
    for data in (b"", b"[]", b" " * 5_000_001):
        with pytest.raises(TamperedError):
            ready.upload("demo", data)
    with pytest.raises(StorageError):
        upload(ready.store, ready.shelf, Offer("demo", tmp_path / "nothing"), NOW)


def test_files_that_were_there_before_need_not_come_again(ready: OnlineSigner) -> None:
    """A second version lists one more; one content at two paths comes once."""
    ready.upload("demo", metadata("demo", 1, ONE), b"one")

    ready.upload("demo", metadata("demo", 2, {**ONE, "files/demo/two": b"two", "files/demo/copy": b"two"}), b"two")

    found = [each.name.split(".")[1] for each in (ready.home.repository / "targets" / "files" / "demo").iterdir()]
    assert sorted(found) == ["copy", "one", "two"]


def test_versions_that_wait_together_are_published_together(ready: OnlineSigner) -> None:
    """Each file is there, and the snapshot names the last."""
    for version in (1, 2, 3):
        ready.upload("demo", metadata("demo", version, {}))

    ready.publisher.publish(NOW)

    assert {f"{version}.project-demo.json" for version in (1, 2, 3)} < {*ready.shelved()}
    assert b'"project-demo.json":{"version":3}' in ready.shelved()["3.snapshot.json"]
    assert ready.publisher.publish(NOW) is None


def test_what_is_too_much_for_one_publication_comes_with_the_next(
    ready: OnlineSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer has what it publishes in memory; nothing is left out, and the order stays."""
    for version in (1, 2, 3):
        ready.upload("demo", metadata("demo", version, {}))
    size = len(waiting_uploads(ready.store)[0].file.encode())

    assert [each.file.version for each in waiting_uploads(ready.store, size + 1)] == [1, 2]
    assert [each.file.version for each in waiting_uploads(ready.store, 1)] == [1]
    monkeypatch.setattr(waiting_uploads, "__defaults__", (1,))
    for version in (1, 2, 3):
        assert f"{version}.project-demo.json" not in ready.shelved()
        ready.publisher.publish(NOW)
        assert f"{version}.project-demo.json" in ready.shelved()
    assert ready.publisher.publish(NOW) is None


def test_what_waits_behind_a_refusal_is_looked_at_at_once(ready: OnlineSigner, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much was refused before it: nobody would come back to it."""
    ready.register(project("new"))
    for version in (1, 2):
        ready.upload("demo", metadata("demo", version, {}))
    late = ready.upload("new", metadata("new", 1, {}))
    deregister(ready.store, ("demo",))
    monkeypatch.setattr(waiting_uploads, "__defaults__", (1,))

    ready.publisher.publish(NOW)

    assert is_uploaded(ready.store, late.number)
    assert waiting_uploads(ready.store) == ()


def test_a_second_version_leaves_the_role_above_it_as_it_is(ready: OnlineSigner) -> None:
    """Clients fetch one file more, not the list of all projects."""
    for version in (1, 2):
        ready.upload("demo", metadata("demo", version, {}))
        ready.publisher.publish(NOW)

    assert b'"project-demo.json":{"version":2}' in ready.shelved()["4.snapshot.json"]
    assert "2.recently-claimed.json" in ready.shelved()
    assert "3.recently-claimed.json" not in ready.shelved()


def test_signatures_that_do_not_count_are_not_published(ready: OnlineSigner) -> None:
    """Somebody else has signed too."""
    ready.upload("demo", metadata("demo", 1, {}, "demo", "stranger"))

    ready.publisher.publish(NOW)

    found = Metadata.from_bytes(ready.shelved()["1.project-demo.json"])
    assert [*found.signatures] == [project("demo").keys[0].keyid]


def test_an_upload_that_has_lost_its_project_meanwhile_is_refused_by_the_writer(ready: OnlineSigner) -> None:
    """Whoever waits is told, and the version is free again."""
    receipt = ready.upload("demo", metadata("demo", 1, {}))
    deregister(ready.store, ("demo",))

    ready.publisher.publish(NOW)

    with pytest.raises(RefusedError) as refusal:
        is_uploaded(ready.store, receipt.number)
    assert refusal.value.rule == "UPLOAD-CLAIMED"
    ready.register(project("demo"))
    ready.upload("demo", metadata("demo", 1, ONE), b"one")


def test_an_upload_that_a_ceremony_has_taken_the_keys_of_is_refused_by_the_writer(ready: OnlineSigner) -> None:
    """Claimed names other keys than the registration did; nobody publishes what clients would refuse."""
    receipt = ready.upload("demo", metadata("demo", 1, {}))
    claimed = changed(ready.bundle, Changing(roles=("claimed",), entering=(project("demo", "demo again"),)))
    take_in_delivery(ready.store, claimed, "", NOW, Policy())

    ready.publisher.publish(NOW)

    with pytest.raises(RefusedError) as refusal:
        is_uploaded(ready.store, receipt.number)
    assert refusal.value.rule == "UPLOAD-SIGNED"
    assert "1.project-demo.json" not in ready.shelved()
    ready.upload("demo", metadata("demo", 1, {}, "demo again"))


def test_an_upload_that_waits_goes_out_under_the_keys_it_came_with(ready: OnlineSigner) -> None:
    """Other keys were registered meanwhile: they count from the next upload on."""
    first = ready.upload("demo", metadata("demo", 1, {}))
    ready.register(project("demo", "demo again"))
    second = ready.upload("demo", metadata("demo", 2, {}, "demo again"))

    ready.publisher.publish(NOW)

    assert is_uploaded(ready.store, first.number)
    assert is_uploaded(ready.store, second.number)
    newest = ready.shelved()["2.recently-claimed.json"]
    assert project("demo", "demo again").keys[0].keyid.encode() in newest
    assert project("demo").keys[0].keyid.encode() not in newest


def test_an_upload_under_keys_that_another_has_replaced_is_refused_by_the_writer(ready: OnlineSigner) -> None:
    """It was judged beside the other, and is published after it."""
    ready.upload("demo", metadata("demo", 1, {}))
    ready.publisher.publish(NOW)
    ready.register(project("demo", "demo again"))
    ready.upload("demo", metadata("demo", 2, {}, "demo again"))
    with ready.store.writing() as connection:
        late = record_upload(connection, decode_published(metadata("demo", 3, {}), "project-demo", "demo"), NOW)

    ready.publisher.publish(NOW)

    with pytest.raises(RefusedError) as refusal:
        is_uploaded(ready.store, late)
    assert refusal.value.rule == "UPLOAD-SIGNED"
    assert "3.project-demo.json" not in ready.shelved()


def test_a_file_that_changes_while_it_is_copied_is_noticed(ready: OnlineSigner, tmp_path: Path) -> None:
    """What is on the shelf is what was judged."""

    class _Slippery:
        """A shelf whose files arrive as others."""

        holds = staticmethod(lambda _path, _artifact: False)

        def keep(self, source: Path, path: str) -> object:
            """Somebody was quicker."""
            source.write_bytes(b"other")
            return ready.shelf.keep(source, path)

    (tmp_path / "metadata").write_bytes(metadata("demo", 1, ONE))
    (tmp_path / "one").write_bytes(b"one")

    with pytest.raises(TamperedError):
        upload(ready.store, _Slippery(), Offer("demo", tmp_path / "metadata", (tmp_path / "one",)), NOW)  # type: ignore[arg-type]  # a shelf for this test

    assert waiting_uploads(ready.store) == ()
