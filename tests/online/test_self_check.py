"""The real client looks at publications, on a schedule and after deliveries, and is never in the way."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fakes.online_signer import OnlineSigner
from fakes.release import Then, following

from ceremony.errors import StorageError
from ceremony.online.figures import Figures, read_store
from ceremony.online.self_check import Outcome, Walk, keep_outcome, last_outcome
from ceremony.online.settings import SelfCheck, Settings
from ceremony.online.sweep import FolderPlace
from ceremony.online.upkeep import Upkeep
from ceremony.online.watched import HomeActs
from ceremony.online.web.lookout import StatusWatch


def _walk(signer: OnlineSigner) -> Walk:
    return Walk(
        signer.store, lambda name: signer.shelf.read(name.removeprefix("metadata/")), sleep=lambda _seconds: None
    )


def test_before_a_delivery_there_is_nothing_to_follow(signer: OnlineSigner, moment: datetime) -> None:
    """And nothing wrong."""
    assert _walk(signer).check(moment) is None


def test_what_is_sound_is_followed_to_its_bins(living: OnlineSigner, moment: datetime) -> None:
    """From the first root to a target in each bin that was changed last."""
    living.ask("demo", b"content", moment)
    living.publisher.publish(moment)

    found = _walk(living).check(moment)

    assert found is not None
    assert (found.is_good, found.publication) == (True, 2)


@pytest.mark.parametrize("name", ["1.root.json", "timestamp.json", "1.targets.json", "1.bins.json", "2.bin-?.json"])
def test_whatever_stops_a_client_is_told(living: OnlineSigner, moment: datetime, name: str) -> None:
    """By the file of each role in turn; only the first root is not asked for."""
    living.ask("demo", b"content", moment)
    living.publisher.publish(moment)
    (path,) = (living.home.repository / "metadata").glob(name)
    path.write_bytes(path.read_bytes()[:-5] + b"x}}}}")

    found = _walk(living).check(moment)

    assert found is not None
    assert found.is_good == (name == "1.root.json")
    assert bool(found.reason) != found.is_good


def test_what_was_found_is_left_for_other_processes(tmp_path: Path, moment: datetime) -> None:
    """Whole, and nothing at all of a file that somebody else has written."""
    outcome = Outcome(moment, 7, 0.25, "snapshot", "a reason\nof two lines")
    keep_outcome(tmp_path, outcome)

    assert last_outcome(tmp_path) == outcome
    for content in (b"", b"[]", b"{}", b'{"at":"never"}', b'{"at":1,"publication":"x"}', b"\xff" * 99):
        (tmp_path / "self-check.json").write_bytes(content)
        assert last_outcome(tmp_path) is None


class _Acts:
    """What was asked for, in order."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.publication = 1
        self.error: Exception | None = None
        self.stopped_at = ""

    def delivered(self) -> int:
        """The last release."""
        return self.publication

    def check(self, now: datetime) -> Outcome | None:
        """All is well, unless it is told otherwise."""
        self.asked.append("check")
        if self.error is not None:
            raise self.error
        return Outcome(now, self.publication, 0.1, self.stopped_at, "a reason" if self.stopped_at else "")

    def sweep(self, _now: datetime, _retention: timedelta) -> int:
        """Three files."""
        self.asked.append("sweep")
        return 3


def _figures(signer: OnlineSigner, moment: datetime) -> Figures:
    return Figures(lambda: read_store(signer.store, moment))


def test_upkeep_keeps_its_schedule_and_looks_after_deliveries(signer: OnlineSigner, moment: datetime) -> None:
    """At the start, every ten minutes, at once after a release; superseded files go every hour."""
    acts, seconds = _Acts(), [0.0]
    upkeep = Upkeep(acts, _figures(signer, moment), Settings(), lambda: moment, lambda: None, lambda: seconds[0])
    upkeep.plan()
    for minute in range(61):
        seconds[0] = minute * 60.0
        upkeep.step()
        if minute == 30:
            acts.publication = 9
            upkeep.step()

    assert acts.asked.count("check") == 1 + 6 + 1
    assert acts.asked.count("sweep") == 2


def test_without_a_schedule_only_deliveries_are_followed(signer: OnlineSigner, moment: datetime) -> None:
    """And nothing is ever pruned by itself."""
    settings = Settings(prune_every=None, self_check=SelfCheck(every=None))
    acts, seconds = _Acts(), [0.0]
    upkeep = Upkeep(acts, _figures(signer, moment), settings, lambda: moment, lambda: None, lambda: seconds[0])
    upkeep.plan()
    for _ in range(3):
        seconds[0] += 100_000
        upkeep.step()
    acts.publication = 2
    upkeep.step()

    assert acts.asked == ["check"]


@pytest.mark.parametrize("every", [None, timedelta(minutes=10), timedelta(seconds=20)])
def test_a_client_that_stopped_looks_again_soon(
    signer: OnlineSigner, moment: datetime, every: timedelta | None
) -> None:
    """A minute later at most, until it takes everything; then the schedule holds."""
    acts, seconds = _Acts(), [0.0]
    settings = Settings(prune_every=None, self_check=SelfCheck(every=every))
    upkeep = Upkeep(acts, _figures(signer, moment), settings, lambda: moment, lambda: None, lambda: seconds[0])
    upkeep.step()
    acts.publication, acts.stopped_at = 2, "timestamp"
    upkeep.step()
    assert acts.asked == ["check"]

    seconds[0] = 60.0
    acts.stopped_at = ""
    upkeep.step()
    assert acts.asked == ["check", "check"]

    seconds[0] = 130.0
    upkeep.step()
    assert len(acts.asked) == (3 if every == timedelta(seconds=20) else 2)


def test_readiness_says_where_the_real_client_stopped_and_no_more(living: OnlineSigner, moment: datetime) -> None:
    """Anybody may ask: the reason, which may name places of this machine, is for `status` and the log."""
    found: list[Outcome | None] = [None]
    seconds = [0.0]
    watch = StatusWatch(living.store, lambda: moment, lambda: seconds[0], looked=lambda: found[0])
    first = watch.readiness()
    assert (first.ready, first.self_check) == (True, None)

    found[0], seconds[0] = Outcome(moment, 3, 0.1, "snapshot", "/home/ann/secret"), 2.0
    stopped = watch.readiness()
    assert (stopped.ready, stopped.reasons) == (False, ["the real client stopped at snapshot"])
    assert stopped.self_check is not None
    assert (stopped.self_check.good, stopped.self_check.publication) == (False, 3)
    assert "secret" not in repr(stopped)

    found[0], seconds[0] = Outcome(moment, 4, 0.1), 4.0
    assert watch.readiness().ready


def test_what_cannot_be_left_for_others_is_in_the_figures_all_the_same(living: OnlineSigner, moment: datetime) -> None:
    """A home that takes no file more hides nothing."""
    figures = _figures(living, moment)
    acts = HomeActs(living.home.folder / "gone", _walk(living), FolderPlace(living.shelf.metadata))
    upkeep = Upkeep(acts, figures, Settings(prune_every=None), lambda: moment, lambda: None)
    upkeep.plan()
    upkeep.step()

    text = figures.text()[0].decode()
    assert "ceremony_self_check_good 1.0" in text
    assert "ceremony_troubles_total{" not in text


@pytest.mark.parametrize("error", [StorageError("shelf", "EIO"), ZeroDivisionError()])
def test_what_fails_beside_is_counted_and_goes_on(signer: OnlineSigner, moment: datetime, error: Exception) -> None:
    """What nobody foresaw leaves a note for the operator; the next look comes all the same."""
    acts, crashes, seconds = _Acts(), [""], [0.0]
    figures = _figures(signer, moment)
    upkeep = Upkeep(acts, figures, Settings(), lambda: moment, lambda: crashes.append("note"), lambda: seconds[0])
    upkeep.plan()
    acts.error = error
    upkeep.step()
    acts.error = None
    seconds[0] = 600.0
    upkeep.step()

    assert acts.asked == ["check", "sweep", "check"]
    assert len(crashes) == (1 if isinstance(error, StorageError) else 2)
    text = figures.text()[0].decode()
    assert f'ceremony_troubles_total{{kind="{type(error).__name__}"}} 1.0' in text
    assert "ceremony_self_check_good 1.0" in text


def test_a_serving_signer_looks_prunes_and_tells(living: OnlineSigner, moment: datetime) -> None:
    """As it does in life, for a home with a folder."""
    figures = Figures(lambda: read_store(living.store, moment))
    acts = HomeActs(living.home.folder, _walk(living), FolderPlace(living.shelf.metadata))
    upkeep = Upkeep(acts, figures, Settings(), lambda: moment, lambda: None)
    upkeep.plan()
    upkeep.step()
    living.deliver(following(living.bundle, Then(roles=("root",), now=moment)), moment)
    upkeep.step()

    found = last_outcome(living.home.folder)
    assert found is not None
    assert (found.is_good, found.publication) == (True, 2)
    assert json.loads((living.home.folder / "self-check.json").read_text())["good"] is True


def test_figures_of_a_signer_whose_database_is_away(moment: datetime) -> None:
    """That alone is told, and what the signer has counted itself."""

    def fail() -> None:
        raise StorageError("signer.db", "EIO")

    figures = Figures(fail)  # type: ignore[arg-type]
    figures.troubled("StorageError", moment)
    text = figures.text()[0].decode()

    assert "ceremony_store_readable 0.0" in text
    assert "ceremony_ready" not in text
    assert "signer.db" not in text
