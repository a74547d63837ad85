"""Projects that are registered: judged as a ceremony would, durable, and clients' from their first upload on."""

from dataclasses import replace

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed, metadata, project
from fakes.online_signer import OnlineSigner
from fakes.release import DEVICE_KEYS, NOW, REPOSITORY, STRANGER_KEYS

from ceremony.core.keys import fields_of, key_of
from ceremony.core.plan import Delegation
from ceremony.core.possession import project_message
from ceremony.core.projects import Project, ProjectKey
from ceremony.errors import RefusedError
from ceremony.online.claiming import has_waiting
from ceremony.online.initialise import Wish
from ceremony.online.key import FileSigner
from ceremony.online.key_change import make_next_key
from ceremony.online.next_key import NEXT, spare_keys
from ceremony.online.projects import registrations
from ceremony.online.registering import Batch, are_gone, deregister, exported, register

NIGHTLY = Delegation("nightly", ("files/nightly/*",), is_online=True)


@pytest.fixture
def ready(signer: OnlineSigner) -> OnlineSigner:
    """A signer with claimed, in which there is `other`, and recently-claimed."""
    signer.deliver()
    entering = (project("other"),)
    signer.deliver(changed(signer.bundle, Changing(delegations=(CLAIMED, RECENT), entering=entering)))
    return signer


def refused(signer: OnlineSigner, *projects: Project, repository: str = REPOSITORY) -> str:
    """The rule by which this batch is refused; nothing of it is kept."""
    with pytest.raises(RefusedError) as refusal:
        register(signer.store, Batch(repository, projects), NOW)
    assert {each.project.name for each in registrations(signer.store)} <= {"demo"}
    return refusal.value.rule


def test_a_registered_project_waits_for_its_first_upload(ready: OnlineSigner) -> None:
    """Nothing has to be published for it, and clients still find in bins what was there."""
    role, new = register(ready.store, Batch(REPOSITORY, (project("demo"),)), NOW)

    assert (role, new) == ("recently-claimed", (project("demo"),))
    assert not has_waiting(ready.store)
    assert ready.publisher.publish(NOW) is None
    assert [each.is_delegated for each in registrations(ready.store)] == [False]


def test_registering_again_is_harmless(ready: OnlineSigner) -> None:
    """The same project is registered once."""
    ready.register(project("demo"))

    assert register(ready.store, Batch(REPOSITORY, (project("demo"),)), NOW)[1] == ()
    assert len(registrations(ready.store)) == 1


def with_key(name: str, key_of_whom: object) -> Project:
    """A project with one key, and the proof that goes with it."""
    key = key_of(fields_of(key_of_whom.public_key))  # type: ignore[attr-defined]  # any signer
    bare = Project(name, (f"files/{name}/*",), 1, ())
    proof = key_of_whom.sign(project_message(REPOSITORY, bare, key.keyid)).signature  # type: ignore[attr-defined]
    return replace(bare, keys=(ProjectKey(fields_of(key), proof),))


def test_a_batch_that_no_ceremony_would_take_is_refused(ready: OnlineSigner) -> None:
    """By the very rules of ceremonies."""
    stolen = Project("demo", ("files/demo/*",), 1, project("stranger").keys)

    assert refused(ready, stolen) == "PROJECT-PROOF"
    assert refused(ready, project("demo", threshold=2)) == "PROJECT-KEYS"
    assert refused(ready, with_key("demo", DEVICE_KEYS["ann"])) == "PROJECT-OUTSIDE"
    assert refused(ready, project("demo", paths=("*/demo",))) == "PROJECT-REACHED"
    assert refused(ready, project("demo"), project("demo-two", paths=("files/demo/two",))) == "REGISTER-APART"
    assert refused(ready, with_key("demo", STRANGER_KEYS["ann"]), repository="files.example.org").startswith("REGISTER")


def test_the_next_online_key_is_no_key_of_a_project(ready: OnlineSigner) -> None:
    """It will be the online key, and whoever has that signs for no project."""
    wish = Wish(REPOSITORY, "ecdsa-sha2-nistp256", is_rehearsal=True)
    make_next_key(ready.home, ready.store, wish)

    for uri in (ready.store.identity().key_uri, spare_keys(ready.store)[NEXT].uri):
        path = ready.home.folder / uri.removeprefix("file2:")
        held = FileSigner.from_priv_key_uri(f"file2:{path}", ready.key)
        assert refused(ready, with_key("demo", held)) == "PROJECT-OUTSIDE"


def test_a_project_that_keyholders_have_claimed_is_refused(ready: OnlineSigner) -> None:
    """Its name, and its paths under another name."""
    assert refused(ready, project("other")) == "REGISTER-UNCLAIMED"
    assert refused(ready, project("demo", paths=("files/other/*",))) == "REGISTER-APART"


def test_a_path_of_a_registered_project_is_refused(ready: OnlineSigner) -> None:
    """Also before it has uploaded."""
    ready.register(project("demo"))

    assert refused(ready, project("thief", paths=("files/demo/*",))) == "PROJECT-APART"


def test_without_a_role_of_the_online_key_nothing_is_registered(signer: OnlineSigner) -> None:
    """Before the first delivery, and after one without delegations."""
    assert refused(signer, project("demo")) == "REGISTER-ROLE"
    signer.deliver()
    assert refused(signer, project("demo")) == "REGISTER-ROLE"


def test_where_the_online_key_signs_several_roles_one_is_named(signer: OnlineSigner) -> None:
    """Each with its paths, and no project in two."""
    signer.deliver()
    signer.deliver(changed(signer.bundle, Changing(roles=("targets",), delegations=(NIGHTLY, RECENT))))
    assert refused(signer, project("demo")) == "REGISTER-ROLE"
    nightly = project("demo", paths=("files/nightly/demo-*",))

    with pytest.raises(RefusedError) as outside:
        register(signer.store, Batch(REPOSITORY, (project("demo"),), "nightly"), NOW)
    register(signer.store, Batch(REPOSITORY, (nightly,), "nightly"), NOW)

    assert outside.value.rule == "PROJECT-REACHED"
    with pytest.raises(RefusedError) as twice:
        register(signer.store, Batch(REPOSITORY, (nightly,), "recently-claimed"), NOW)
    assert twice.value.rule == "REGISTER-UNCLAIMED"


def uploaded(signer: OnlineSigner, name: str, version: int = 1, *developers: str) -> None:
    """The project has uploaded a version with one target."""
    signer.upload(name, metadata(name, version, {f"files/{name}/one": b"content"}, *developers), b"content")
    signer.publisher.publish(NOW)


def test_other_keys_count_from_the_next_upload_on(ready: OnlineSigner) -> None:
    """Until they have signed one, those that clients know count; from then on these count no more."""
    ready.register(project("demo"))
    uploaded(ready, "demo")
    ready.register(project("demo", "demo again"))
    assert [each.is_delegated for each in registrations(ready.store)] == [True, False]

    uploaded(ready, "demo", 2)
    assert [each.is_delegated for each in registrations(ready.store)] == [True, False]
    uploaded(ready, "demo", 3, "demo again")

    assert [each.project for each in registrations(ready.store)] == [project("demo", "demo again")]
    with pytest.raises(RefusedError) as refusal:
        uploaded(ready, "demo", 4)
    assert refusal.value.rule == "UPLOAD-SIGNED"


def test_a_project_that_is_removed_is_gone_with_the_next_publication(ready: OnlineSigner) -> None:
    """Removing it again is harmless; a name that nobody knows, and a claimed one, are refused."""
    ready.register(project("demo"))
    uploaded(ready, "demo")

    deregister(ready.store, ("demo",))

    assert has_waiting(ready.store)
    assert not are_gone(ready.store, ("demo",))
    ready.publisher.publish(NOW)
    assert are_gone(ready.store, ("demo",))
    deregister(ready.store, ("demo",))
    for name in ("dmeo", "other"):
        with pytest.raises(RefusedError) as refusal:
            deregister(ready.store, (name,))
        assert refusal.value.rule == "REGISTER-PRESENT"


def test_a_project_that_was_removed_can_be_registered_again(ready: OnlineSigner) -> None:
    """Also before its removal is out."""
    ready.register(project("demo"))
    uploaded(ready, "demo")
    deregister(ready.store, ("demo",))

    ready.register(project("demo"))
    ready.publisher.publish(NOW)
    uploaded(ready, "demo", 2)

    assert [each.is_delegated for each in registrations(ready.store)] == [True]


def test_what_is_exported_is_what_clients_are_sent_to(ready: OnlineSigner) -> None:
    """In order of name, with keys and proofs; what waits for its first upload stays."""
    with pytest.raises(RefusedError) as refusal:
        exported(ready.store)
    ready.register(project("demo"), project("else"), project("waits"))
    for name in ("else", "demo"):
        uploaded(ready, name)

    assert refusal.value.rule == "EXPORT-PRESENT"
    assert exported(ready.store) == (project("demo"), project("else"))


def test_a_role_of_projects_is_never_larger_than_clients_take(
    ready: OnlineSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five million bytes; here, as an example, three thousand."""
    monkeypatch.setattr("ceremony.core.register_rules.size_limit", lambda _role: 3_000)

    ready.register(project("demo"))

    assert refused(ready, *(project(f"many-{number}") for number in range(6))) == "REGISTER-SIZE"
