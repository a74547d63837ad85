"""How projects stand: an operator knows whom clients get nothing from, and why."""

from datetime import timedelta

import pytest
from fakes.claims import CLAIMED, RECENT, Changing, changed, metadata, project
from fakes.online_signer import OnlineSigner
from fakes.release import NOW
from rich.console import Console

from ceremony.engine.bundle import Bundle
from ceremony.online.page import draw_projects, draw_status
from ceremony.online.project_status import gather_projects, upload_again
from ceremony.online.status import gather_status


@pytest.fixture
def delegated(signer: OnlineSigner) -> Bundle:
    """Delivered: claimed, which is empty, and recently-claimed, in which demo and new have uploaded."""
    signer.deliver()
    bundle = changed(signer.bundle, Changing(delegations=(CLAIMED, RECENT)))
    signer.deliver(bundle)
    signer.register(project("demo"), project("new"), project("waits"))
    for name in ("demo", "new"):
        signer.upload(name, metadata(name, 1, {}))
    signer.publisher.publish(NOW)
    return bundle


def drawn(signer: OnlineSigner) -> str:
    """The status and the list of projects, as pages."""
    console = Console(width=140)
    with console.capture() as capture:
        draw_status(console, gather_status(signer.store, NOW))
        draw_projects(console, gather_projects(signer.store, NOW))
    return capture.get()


@pytest.mark.usefixtures("delegated")
def test_every_project_is_told_of_in_order_of_name(signer: OnlineSigner) -> None:
    """With its role, its version and its end."""
    found = gather_projects(signer.store, NOW)

    assert [(each.name, each.role, each.version, each.is_delegated) for each in found] == [
        ("demo", "recently-claimed", 1, True),
        ("new", "recently-claimed", 1, True),
        ("waits", "recently-claimed", 0, False),
    ]
    assert upload_again(found) == ()
    assert found[0].expires == NOW + timedelta(days=90)
    assert found[2].to_json()["expires"] is None
    page = drawn(signer)
    assert "projects: 0 claimed, 3 registered" in page
    assert "waits for its first upload" in page
    assert "Caution" not in page


def test_projects_that_clients_refuse_have_to_upload_again(signer: OnlineSigner, delegated: Bundle) -> None:
    """Keyholders gave demo another key, and claimed one that has never uploaded."""
    entering = (project("demo", "demo again"), project("silent"))
    signer.deliver(changed(delegated, Changing(roles=("claimed",), entering=entering)))

    found = gather_status(signer.store, NOW)

    assert upload_again(found.projects) == ("demo", "silent")
    assert found.to_json()["projects"] == {"claimed": 2, "registered": 2, "upload_again": ["demo", "silent"]}
    page = drawn(signer)
    assert "Caution" in page
    assert "signed by other keys than it has now" in page
    assert "nothing uploaded" in page
    signer.upload("demo", metadata("demo", 2, {}, "demo again"))
    signer.publisher.publish(NOW)
    assert upload_again(gather_projects(signer.store, NOW)) == ("silent",)


@pytest.mark.usefixtures("delegated")
def test_what_has_expired_has_to_be_uploaded_again(signer: OnlineSigner) -> None:
    """Projects sign with an end of their own."""
    found = gather_projects(signer.store, NOW + timedelta(days=90))

    assert [each.trouble for each in found] == ["expired", "expired", ""]


@pytest.mark.usefixtures("delegated")
def test_other_keys_that_wait_change_nothing_yet(signer: OnlineSigner) -> None:
    """What clients are sent by counts."""
    signer.register(project("demo", "demo again"))

    assert upload_again(gather_projects(signer.store, NOW)) == ()


def test_of_many_names_a_page_shows_a_dozen(signer: OnlineSigner, delegated: Bundle) -> None:
    """The rest is in the list."""
    silent = tuple(sorted((project(f"silent-{number:02}") for number in range(14)), key=lambda each: each.name))
    signer.deliver(changed(delegated, Changing(roles=("claimed",), entering=silent)))

    page = drawn(signer)

    assert "silent-11 and 2 more" in page
