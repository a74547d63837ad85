"""What an operator types for projects, from their keys to a ceremony that claims them."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fakes.claims import CLAIMED, RECENT, Changing, changed, metadata, project
from fakes.online_signer import OnlineSigner
from fakes.release import REPOSITORY

from ceremony.core.projects import decode_claims, encode_claims
from ceremony.engine.bundle import Bundle, pack
from ceremony.errors import RefusedError, StoppedError, StorageError
from ceremony.online.delivery_rows import waiting_delivery
from ceremony.online.main import verbs


class Desk:
    """An operator of a signer that serves clients already."""

    def __init__(self, signer: OnlineSigner, moment: datetime) -> None:
        self.signer = signer
        self.moment = moment
        self.folder = signer.scratch

    def types(self, *words: object, answer: str | None = None) -> Result:
        """What comes of `ceremony-online` with these words, and of what is typed when it asks; a refusal is raised."""
        arguments = ["--home", str(self.signer.home.folder), *map(str, words)]
        done = CliRunner().invoke(verbs, arguments, input=answer)
        if isinstance(done.exception, Exception):
            raise done.exception
        return done

    def delivers(self, bundle: Bundle, change: Changing) -> tuple[Bundle, str]:
        """The release that follows, and what is said when it is delivered."""
        made = changed(bundle, change)
        path = self.folder / f"release-{len([*self.folder.glob('release-*')])}"
        pack(made, path)
        return made, self.types("deliver", path).output

    def has(self, name: str, data: bytes) -> Path:
        """A file of this content."""
        (self.folder / name).write_bytes(data)
        return self.folder / name

    def batch(self, *names: str) -> Path:
        """The batch of these projects, in a file."""
        return self.has("batch.json", encode_claims(REPOSITORY, tuple(project(name) for name in sorted(names))))

    def metadata(self, name: str, version: int, files: dict[str, bytes]) -> Path:
        """What the developers of this project signed, in a file."""
        return self.has("targets.json", metadata(name, version, files, now=self.moment))


@pytest.fixture
def desk(living: OnlineSigner, moment: datetime) -> Desk:
    """Claimed and recently-claimed are delivered."""
    found = Desk(living, moment)
    living.bundle, _ = found.delivers(living.bundle, Changing(delegations=(CLAIMED, RECENT), now=moment))
    return found


def test_from_a_batch_of_keys_to_a_claimed_project(desk: Desk, moment: datetime) -> None:
    """Registered, uploaded, exported, claimed by a ceremony; the real client downloads before and after."""
    registered = desk.types("project", "register", desk.batch("demo", "new"))
    assert registered.output == ("Registered in recently-claimed: demo, new. Each counts from its next upload on.\n")
    assert desk.types("project", "register", desk.batch("demo")).output == "Registered before: demo.\n"
    content = desk.has("demo-1.0.tar.gz", b"content")
    signed = desk.metadata("demo", 1, {"files/demo/demo-1.0.tar.gz": b"content"})

    uploaded = desk.types("project", "upload", "demo", signed, content)

    assert uploaded.output == "Acknowledged: demo, version 1.\nPublished.\n"
    again = desk.types("project", "upload", "demo", signed, content)
    assert again.output == "Uploaded before: demo, version 1.\nPublished.\n"
    exported = desk.types("project", "export", desk.folder / "claims.json")
    assert exported.output.startswith("1 project: demo.\n")
    repository, projects = decode_claims((desk.folder / "claims.json").read_bytes(), "claims.json")
    assert (repository, projects) == (REPOSITORY, (project("demo"),))
    _, told = desk.delivers(desk.signer.bundle, Changing(roles=("claimed",), entering=projects, now=moment))
    assert "Claimed now, and by the online key no more: demo." in told
    found = json.loads(desk.types("project", "list", "--json").output)
    assert [(each["name"], each["role"], each["claimed"]) for each in found] == [
        ("demo", "claimed", True),
        ("new", "recently-claimed", False),
    ]


def test_the_operator_is_told_who_has_to_upload_again(desk: Desk, moment: datetime) -> None:
    """When a release is delivered, and in the list."""
    entering = (project("demo"),)

    _, told = desk.delivers(desk.signer.bundle, Changing(roles=("claimed",), entering=entering, now=moment))

    assert "Caution: until they upload again, clients get nothing of these projects: demo." in told
    assert "nothing uploaded" in desk.types("project", "list").output


def silencing(desk: Desk, moment: datetime) -> Changing:
    """Demo has uploaded, plain is in bins; now keyholders claim both, demo with other keys."""
    desk.types("project", "register", desk.batch("demo"))
    desk.types("project", "upload", "demo", desk.metadata("demo", 1, {}))
    entering = (project("demo", "demo again"), project("plain"))
    return Changing(roles=("claimed",), entering=entering, now=moment)


def test_whom_clients_get_nothing_from_is_told_before_anything_is_taken_in(desk: Desk, moment: datetime) -> None:
    """A script goes on."""
    made, told = desk.delivers(desk.signer.bundle, silencing(desk, moment))

    caution = "Caution: with this release clients get nothing of these until they upload again: demo, plain."
    assert told.startswith(f"{caution}\nDelivered and published: 2.claimed.json.\n")
    desk.signer.bundle = made
    _, again = desk.delivers(made, Changing(roles=("bins",), now=moment))
    assert "with this release" not in again


def test_whom_nobody_delegates_to_any_more_is_told_before_anything_is_taken_in(desk: Desk, moment: datetime) -> None:
    """Keyholders let a project go."""
    entering = (project("demo"),)
    made, _ = desk.delivers(desk.signer.bundle, Changing(roles=("claimed",), entering=entering, now=moment))

    _, told = desk.delivers(made, Changing(roles=("claimed",), leaving=("demo",), now=moment))

    assert told.startswith("Caution: with this release no role delegates to these any more: demo.\nDelivered")


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_at_a_terminal_nothing_is_taken_in_without_a_yes(
    desk: Desk, moment: datetime, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    """No, Enter and a closed terminal are none."""
    made = changed(desk.signer.bundle, silencing(desk, moment))
    pack(made, desk.folder / "silencing")
    before = desk.signer.shelved()
    monkeypatch.setattr("ceremony.online.desk.is_anybody_here", lambda: True)

    with pytest.raises(StoppedError):
        desk.types("deliver", desk.folder / "silencing", answer=answer)

    assert (desk.signer.shelved(), waiting_delivery(desk.signer.store)) == (before, None)


def test_at_a_terminal_a_yes_is_enough(desk: Desk, moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """And where nobody goes silent nobody is asked."""
    monkeypatch.setattr("ceremony.online.desk.is_anybody_here", lambda: True)
    made = changed(desk.signer.bundle, silencing(desk, moment))
    pack(made, desk.folder / "silencing")

    done = desk.types("deliver", desk.folder / "silencing", answer="y\n")

    assert "Delivered and published: 2.claimed.json." in done.output
    _, told = desk.delivers(made, Changing(roles=("bins",), now=moment))
    assert "all the same" not in told


def test_a_target_that_clients_never_find_is_added_with_a_warning(desk: Desk, moment: datetime) -> None:
    """In the folder of a project."""
    _, _ = desk.delivers(desk.signer.bundle, Changing(roles=("claimed",), entering=(project("demo"),), now=moment))

    done = desk.types("add", desk.has("one", b"1"), desk.has("two", b"2"), "--as", "files/demo/")

    assert done.output == (
        "Caution: clients ask demo for these paths, and nobody after it; here they find none: "
        "files/demo/one, files/demo/two.\nAcknowledged: files/demo/one, files/demo/two.\nPublished.\n"
    )
    assert desk.types("add", desk.has("three", b"3")).output == "Acknowledged: three.\nPublished.\n"


def test_the_operator_is_told_whom_no_role_delegates_to_any_more(desk: Desk, moment: datetime) -> None:
    """Recently-claimed has gone, and its projects with it."""
    desk.types("project", "register", desk.batch("demo"))
    desk.types("project", "upload", "demo", desk.metadata("demo", 1, {}))

    _, told = desk.delivers(desk.signer.bundle, Changing(roles=("targets",), delegations=(CLAIMED,), now=moment))

    assert told.startswith("Caution: with this release no role delegates to these any more: demo.\nDelivered")
    assert "No role delegates to these any more; clients look for their targets in bins: demo." in told


def test_a_project_is_removed(desk: Desk) -> None:
    """And nothing is left to show."""
    desk.types("project", "register", desk.batch("demo"))
    desk.types("project", "upload", "demo", desk.metadata("demo", 1, {}))

    assert desk.types("project", "remove", "demo").output == "Acknowledged: demo.\nPublished.\n"

    assert "No projects" in desk.types("project", "list").output
    assert desk.types("project", "remove", "demo", "--no-wait").output == "Acknowledged: demo.\n"


def test_an_upload_that_is_acknowledged_may_wait(desk: Desk) -> None:
    """The next command that waits publishes it too."""
    desk.types("project", "register", desk.batch("demo"))
    done = desk.types("project", "upload", "demo", desk.metadata("demo", 1, {}), "--no-wait")
    assert done.output == "Acknowledged: demo, version 1.\n"

    desk.types("add", desk.has("plain", b"plain"))

    assert json.loads(desk.types("project", "list", "--json").output)[0]["version"] == 1


def test_what_breaks_a_rule_is_refused(desk: Desk) -> None:
    """A stranger uploads; a batch is for another repository."""
    with pytest.raises(RefusedError):
        desk.types("project", "upload", "demo", desk.metadata("demo", 1, {}))
    other = desk.has("other.json", encode_claims("files.example.org", (project("demo"),)))
    with pytest.raises(RefusedError):
        desk.types("project", "register", other)


def test_a_name_that_is_none_is_a_mistake_of_the_command_line(desk: Desk) -> None:
    """It could lead elsewhere."""
    assert desk.types("project", "upload", "../demo", desk.metadata("demo", 1, {})).exit_code == 2


def test_another_file_is_never_written_over(desk: Desk) -> None:
    """The same batch again is harmless."""
    desk.types("project", "register", desk.batch("demo"))
    desk.types("project", "upload", "demo", desk.metadata("demo", 1, {}))
    path = desk.folder / "claims.json"
    desk.types("project", "export", path)
    desk.types("project", "export", path)

    path.write_bytes(b"mine")

    with pytest.raises(StorageError):
        desk.types("project", "export", path)
    assert path.read_bytes() == b"mine"


def test_long_lists_of_names_are_cut(desk: Desk) -> None:
    """A dozen, and how many more."""
    done = desk.types("project", "register", desk.batch(*(f"many-{number:02}" for number in range(14))))

    assert "many-11 and 2 more" in done.output
