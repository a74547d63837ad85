"""How the signer stands, for people and for machines."""

from datetime import timedelta

from fakes.online_signer import OnlineSigner
from fakes.release import NOW, REPOSITORY, Then, following, words
from rich.console import Console

from ceremony.core.policy import Policy
from ceremony.errors import StorageError
from ceremony.explain import explain
from ceremony.online.delivery import take_in_delivery
from ceremony.online.page import Bar, draw_explanation, draw_status
from ceremony.online.status import gather_status


def _drawn(signer: OnlineSigner, hours: float) -> str:
    console = Console(width=100, record=True, quiet=False)
    with console.capture() as capture:
        draw_status(console, gather_status(signer.store, NOW + timedelta(hours=hours)))
    return capture.get()


def test_a_new_signer_has_nothing_to_show_but_itself(signer: OnlineSigner) -> None:
    """And it says what comes next."""
    found = gather_status(signer.store, NOW)

    assert (found.roles, found.fingerprint, found.published_at, found.is_expired) == ((), (), None, False)
    assert found.to_json()["published_at"] is None
    assert "ceremony-online deliver" in _drawn(signer, 0)


def test_every_role_is_shown_with_what_is_left(signer: OnlineSigner) -> None:
    """In the order in which clients read them."""
    signer.deliver()
    signer.ask("demo", b"content")

    found = gather_status(signer.store, NOW + timedelta(hours=1))

    assert [each.role for each in found.roles] == ["root", "targets", "bins", "bin-n", "snapshot", "timestamp"]
    assert found.roles[-1].seconds_left == 23 * 3600
    assert (found.waiting, found.targets, found.bins, found.publication) == (1, 0, 4, 1)
    assert found.to_json()["repository"] == REPOSITORY


def test_the_words_are_those_that_the_keyholders_read_aloud(signer: OnlineSigner) -> None:
    """For whoever wants to compare them later."""
    signer.deliver()

    assert " ".join(gather_status(signer.store, NOW).fingerprint) == words(signer.bundle)


def test_no_word_is_broken_at_the_edge_of_a_terminal(signer: OnlineSigner) -> None:
    """Even where everything else is left to the terminal: half a word is another word."""
    signer.deliver()
    console = Console(width=80, soft_wrap=True)
    with console.capture() as capture:
        draw_status(console, gather_status(signer.store, NOW))

    drawn = capture.get()
    assert words(signer.bundle) in " ".join(drawn.split())
    assert max(map(len, drawn.splitlines())) <= 80


def test_what_has_expired_is_unmistakable(signer: OnlineSigner) -> None:
    """A day later the timestamp is over."""
    signer.deliver()

    assert gather_status(signer.store, NOW + timedelta(hours=24)).is_expired
    assert "EXPIRED" in _drawn(signer, 24)
    assert "EXPIRED" not in _drawn(signer, 23)


def test_versions_and_ends_are_those_of_what_holds(signer: OnlineSigner) -> None:
    """Root 3 and bins 2 came later, and last longer; the words stay those of the first release."""
    signer.deliver()
    second = following(signer.bundle, Then(roles=("root",)))
    signer.deliver(following(second, Then(roles=("root", "bins"))))

    found = gather_status(signer.store, NOW)

    roles = {each.role: (each.version, each.expires) for each in found.roles}
    assert roles["root"] == (3, NOW + timedelta(days=400))
    assert roles["bins"] == (2, NOW + timedelta(days=400))
    assert roles["targets"] == (1, NOW + timedelta(days=365))
    assert " ".join(found.fingerprint) == words(signer.bundle)


def test_a_refresh_ends_what_has_expired(signer: OnlineSigner) -> None:
    """Root, targets and bins were over."""
    signer.deliver()
    late = NOW + timedelta(days=500)
    assert {each.role for each in gather_status(signer.store, late).roles if each.is_expired} >= {"root", "bins"}

    signer.deliver(following(signer.bundle, Then(now=late)), late)

    assert not gather_status(signer.store, late).is_expired


def test_a_rehearsal_is_marked(signer: OnlineSigner) -> None:
    """Nobody takes it for the real thing."""
    assert "REHEARSAL" in _drawn(signer, 0)


def test_a_waiting_delivery_is_shown(signer: OnlineSigner) -> None:
    """It is acknowledged, and not out."""
    take_in_delivery(signer.store, signer.bundle, words(signer.bundle), NOW, Policy())

    assert gather_status(signer.store, NOW).is_delivery_waiting
    assert "and a delivery" in _drawn(signer, 0)


def test_an_explanation_says_what_to_do_now() -> None:
    """Title, detail, advice."""
    console = Console(width=200)
    with console.capture() as capture:
        draw_explanation(console, explain(StorageError("[metadata]", "ENOSPC")))

    assert "[metadata]" in capture.get()
    assert "Now:" in capture.get()


def test_a_bar_shows_itself_only_after_a_second() -> None:
    """Short work needs none."""
    moments = iter([0.0, 0.5, 1.5, 1.6])
    console = Console(width=80, force_terminal=True)
    with console.capture() as capture, Bar(console, lambda: next(moments)) as bar:
        bar.watch(1, 3)
        is_early = bar.is_shown
        bar.watch(2, 3)
        bar.watch(3, 3)
        is_late = bar.is_shown

    assert (is_early, is_late) == (False, True)
    assert "publishing" in capture.get()
