"""A ceremony that is given up is given up for good, with a reason, at every place that the mark reaches."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.places import leave, reviewed_only
from fakes.rooms import NOW, Desk

from ceremony.core.policy import Policy
from ceremony.core.transcript import Entry
from ceremony.core.withdrawal import WITHDREW, withdrawal
from ceremony.engine import questions as q
from ceremony.engine import sitting as sitting_module
from ceremony.engine.bundle import Bundle, open_bundle, pack, save
from ceremony.engine.sitting import sit
from ceremony.engine.verify import verify
from ceremony.engine.withdraw import pass_on, withdraw
from ceremony.errors import RefusedError, StoppedError


@pytest.fixture(name="begun")
def _begun(table: Desk) -> Desk:
    """A ceremony that was reviewed, and in which nobody has signed."""
    reviewed_only(table, table.agenda())
    return table


def reason(bundle: Path) -> str:
    """Why it was given up, "" if it was not."""
    entry = withdrawal(open_bundle(bundle).transcript)
    return entry.note if entry else ""


def test_a_ceremony_is_withdrawn_with_a_reason(begun: Desk) -> None:
    """Somebody says why, then that it is to be so."""
    begun.operator.answers[q.Describe] = lambda _page: "ann lost her device"

    assert withdraw(begun.room, begun.bundle)

    assert [type(each) for each in begun.operator.asked] == [q.Describe, q.Confirm]
    assert reason(begun.bundle) == "The ceremony is withdrawn: ann lost her device."


def test_nothing_is_withdrawn_by_an_empty_answer(begun: Desk) -> None:
    """The page rests on No, and then not a byte changes."""
    before = (begun.bundle / "manifest.json").read_bytes()
    begun.operator.answers[q.Confirm] = lambda _page: False

    assert not withdraw(begun.room, begun.bundle)

    assert (begun.bundle / "manifest.json").read_bytes() == before


def test_a_ceremony_is_withdrawn_once(begun: Desk) -> None:
    """Nobody is asked again, and no second reason takes the place of the first."""
    assert withdraw(begun.room, begun.bundle)
    begun.operator.asked.clear()
    before = (begun.bundle / "manifest.json").read_bytes()

    assert withdraw(begun.room, begun.bundle)

    assert begun.operator.asked == []
    assert (begun.bundle / "manifest.json").read_bytes() == before
    assert reason(begun.bundle) == "The ceremony is withdrawn: nobody said why."


def test_what_was_exported_is_not_withdrawn(finished: Desk, tmp_path: Path) -> None:
    """WITHDRAWN-EARLY, for the bundle; BUNDLE-OPEN, for the release itself."""
    for source, rule in ((finished.bundle, "WITHDRAWN-EARLY"), (finished.release, "BUNDLE-OPEN")):
        folder = tmp_path / source.name
        shutil.copytree(source, folder)
        with pytest.raises(RefusedError) as refused:
            withdraw(finished.room, folder)
        assert refused.value.rule == rule


def asked(begun: Desk) -> str:
    """What the question says before anybody answers it."""
    return next(each.action for each in begun.operator.asked if isinstance(each, q.Confirm))


def test_where_nobody_has_signed_that_is_said(begun: Desk) -> None:
    """As far as this machine knows."""
    withdraw(begun.room, begun.bundle)
    assert "Nobody has signed here" in asked(begun)


def signed_by(table: Desk, *names: str, role: str = "") -> None:
    """These people signed, or of what they signed this role alone is in the bundle; then somebody stopped."""
    table.operator.answers[q.TypeWords] = lambda page: (
        table.operator.willing(page) if page.person in names else leave(page)
    )
    with pytest.raises(StoppedError):
        sit(table.room, table.agenda())
    if role:
        bundle = open_bundle(table.bundle)
        bare = {each.role: replace(each, signatures={}) for each in bundle.files}
        save(replace(bundle, files=tuple(f if f.role == role else bare[f.role] for f in bundle.files)), table.bundle)
    table.operator.asked.clear()


def test_whoever_withdraws_hears_what_was_signed_and_stays_valid(begun: Desk) -> None:
    """Each quorum, with how far it is; whatever is drawn around the question says the same."""
    signed_by(begun, "ann")
    begun.operator.scenes.clear()
    assert withdraw(begun.room, begun.bundle)
    assert {len(each.signed) for scene in begun.operator.scenes for each in scene.standings} == {1}
    assert all(scene.standings for scene in begun.operator.scenes)
    assert "root under root 1 1 of 2, targets under root 1 1 of 2, bins under targets 1 1 of 2" in asked(begun)
    assert "They stay valid for ever" in asked(begun)
    assert "CAN BE PUBLISHED" not in asked(begun)


def test_a_role_that_is_complete_is_told_loudly(begun: Desk) -> None:
    """Clients take a root alone."""
    signed_by(begun, "ann", "bob", role="root")
    assert withdraw(begun.room, begun.bundle)
    assert "root CAN BE PUBLISHED WITH THEM: better finish, and hold another." in asked(begun)
    assert "only a later version wins" in next(
        each.explain for each in begun.operator.asked if isinstance(each, q.Confirm)
    )


def test_what_has_every_signature_is_not_withdrawn(begun: Desk) -> None:
    """WITHDRAWN-EARLY: whoever has the signatures has the release."""
    signed_by(begun, "ann", "bob")
    with pytest.raises(RefusedError) as refused:
        withdraw(begun.room, begun.bundle)
    assert refused.value.rule == "WITHDRAWN-EARLY"
    assert begun.operator.asked == []


def test_what_was_packed_when_the_power_went_is_not_withdrawn(
    begun: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WITHDRAWN-EARLY: the release stands, and nothing on record says that it was written."""

    def cut(_bundle: Bundle) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(sitting_module, "bundle_digest", cut)
    with pytest.raises(KeyboardInterrupt):
        sit(begun.room, begun.agenda())
    assert verify(begun.release, Policy()).is_good
    bundle = open_bundle(begun.bundle)
    assert [each.action for each in bundle.transcript.entries if each.action.startswith("export")] == ["export"]
    bare = tuple(replace(each, signatures={}) for each in bundle.files)
    pack(replace(bundle, files=bare), tmp_path / "bare")

    for folder in (begun.bundle, tmp_path / "bare"):
        with pytest.raises(RefusedError) as refused:
            withdraw(begun.room, folder)
        assert refused.value.rule == "WITHDRAWN-EARLY"


def test_a_mark_from_elsewhere_is_asked_about(begun: Desk, tmp_path: Path) -> None:
    """No marks nothing, and is on record."""
    copy = tmp_path / "copy"
    shutil.copytree(begun.bundle, copy)
    begun.operator.answers[q.Confirm] = lambda _page: False

    pass_on(begun.room, copy, open_bundle(copy), Entry(NOW, "withdraw", "", WITHDREW, "It is withdrawn: because."))

    (page,) = (each for each in begun.operator.asked if each.title == "Was it withdrawn?")
    assert '"It is withdrawn: because."' in page.expect
    assert reason(copy) == ""
    assert open_bundle(copy).transcript.entries[-1].action == "doubted"


def test_another_copy_bears_the_mark_in_the_same_words(begun: Desk, tmp_path: Path) -> None:
    """Once, however often the news comes."""
    copy = tmp_path / "copy"
    shutil.copytree(begun.bundle, copy)
    assert withdraw(begun.room, begun.bundle)
    entry = withdrawal(open_bundle(begun.bundle).transcript)
    assert entry is not None

    pass_on(begun.room, copy, open_bundle(copy), entry)
    first = (copy / "manifest.json").read_bytes()
    pass_on(begun.room, copy, open_bundle(copy), entry)

    assert reason(copy) == f"Another copy of this bundle says: {entry.note}"
    assert (copy / "manifest.json").read_bytes() == first
