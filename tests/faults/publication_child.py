"""A process that publishes and is killed: before its first durable step, before its second, and so on to the last.

Started by test_publication_kills.py as `publication_child.py BASE OUT SCENARIO MOMENT kill`; with `refuse` the step
is refused as by a full disk, and the process goes on; with `helper` it is a step of the helper's, which alone is
killed. Each try works on its own copy of BASE in OUT, in a forked child, so that a hundred tries take seconds.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

from durable_steps import Steps, killing, refusing
from dying_helper import NOTE, STEP
from fakes.claims import metadata, project
from fakes.online_signer import OnlineSigner, reopened
from fakes.release import words

from ceremony.core.online_key import decode_online_key
from ceremony.core.policy import Policy
from ceremony.engine.bundle import open_bundle
from ceremony.errors import StorageError
from ceremony.online import bin_press, press_helper, quick_publication
from ceremony.online.bin_press import place_of_helper
from ceremony.online.delivery import take_in_delivery
from ceremony.online.home import Home
from ceremony.online.import_lines import LinesSource
from ceremony.online.importing import ImportWish, import_all
from ceremony.online.intake import add_request, remove_request, take_in
from ceremony.online.service import publish_all
from ceremony.online.shelf import Artifact
from ceremony.online.uploading import Offer, upload

TRIES = 400
MET_STATUS = 3
MEETS = {"kill": killing, "refuse": refusing}
MANY = 40
"""So many targets change more bins than are synced one by one."""

HELPER = "helper"
START_SECONDS = 60.0


@cache
def open_signer(folder: Path) -> OnlineSigner:
    """The signer whose home is in `folder`; the same one in the same process."""
    home = Home(folder / "home")
    key_file = decode_online_key(home.key_file.read_bytes(), "online-key.json")
    return reopened(home, folder, open_bundle(folder / "first"), key_file)


def first_delivery(folder: Path, moment: datetime, acknowledge: Callable[[], None]) -> None:
    """The first delivery."""
    signer = open_signer(folder)
    take_in_delivery(signer.store, signer.bundle, words(signer.bundle), moment, Policy())
    acknowledge()
    signer.publisher.publish(moment)


def second_delivery(folder: Path, moment: datetime, acknowledge: Callable[[], None]) -> None:
    """A delivery of root 2 and bins 2."""
    signer = open_signer(folder)
    take_in_delivery(signer.store, open_bundle(folder / "second"), "", moment, Policy())
    acknowledge()
    signer.publisher.publish(moment)


def missed_deliveries(folder: Path, moment: datetime, acknowledge: Callable[[], None]) -> None:
    """A delivery of bins 3, with roots 2 and 3 and targets 2, which this signer has missed."""
    signer = open_signer(folder)
    take_in_delivery(signer.store, open_bundle(folder / "fourth"), "", moment, Policy())
    acknowledge()
    signer.publisher.publish(moment)


def key_change(folder: Path, moment: datetime, acknowledge: Callable[[], None]) -> None:
    """A delivery of root 2 and bins 2, which name the signer's next key."""
    signer = open_signer(folder)
    take_in_delivery(signer.store, open_bundle(folder / "other key"), "", moment, Policy())
    acknowledge()
    publish_all(signer.publisher, moment)


def other_bins(folder: Path, moment: datetime, acknowledge: Callable[[], None]) -> None:
    """A delivery after which there are twice as many bins."""
    signer = open_signer(folder)
    take_in_delivery(signer.store, open_bundle(folder / "bins"), "", moment, Policy())
    acknowledge()
    signer.publisher.publish(moment)


def claims(folder: Path, moment: datetime, acknowledge: Callable[[], None]) -> None:
    """An upload of a project, and a delivery that claims it and changes bins."""
    signer = open_signer(folder)
    upload(signer.store, signer.shelf, Offer("demo", folder / "demo.json", (folder / "demo",)), moment)
    take_in_delivery(signer.store, open_bundle(folder / "claims"), "", moment, Policy())
    acknowledge()
    publish_all(signer.publisher, moment)


def change(folder: Path, moment: datetime, acknowledge: Callable[[], None], signer: OnlineSigner | None = None) -> None:
    """One target added, one changed, one removed, together."""
    signer = signer or open_signer(folder)
    requests = [signer.request("new/demo", b"new"), signer.request("changed", b"two"), remove_request("removed")]
    take_in(signer.store, requests, moment)
    acknowledge()
    signer.publisher.publish(moment)


def many_changes(folder: Path, moment: datetime, acknowledge: Callable[[], None]) -> None:
    """So many targets added that most bins change; then some more, while the writer remembers how things stand."""
    signer = open_signer(folder)
    artifact = Artifact(4, sha256(b"many").hexdigest())
    take_in(signer.store, [add_request(f"many/{number}", artifact) for number in range(MANY)], moment)
    signer.publisher.publish(moment)
    change(folder, moment, acknowledge)


def helped(folder: Path, moment: datetime, acknowledge: Callable[[], None]) -> None:
    """So many targets added that most bins change, each by itself given to a helper, who is there already."""
    signer = open_signer(folder)
    artifact = Artifact(4, sha256(b"many").hexdigest())
    requests = [signer.request("changed", b"two"), remove_request("removed")]
    take_in(signer.store, [*requests, *(add_request(f"many/{each}", artifact) for each in range(MANY))], moment)
    acknowledge()
    signer.publisher.publish(moment)


def start_helper(folder: Path) -> None:
    """A helper is there, and gets all that anybody could do."""
    bin_press.MANY = bin_press.SOME = bin_press._PACK_BINS = 1  # noqa: SLF001  # four bins are many here
    quick_publication.FEW = 0
    press_helper._AHEAD = MANY  # noqa: SLF001  # the same
    signer = open_signer(folder)
    place = place_of_helper(signer.home.database, signer.shelf.metadata, signer.signer())
    assert place is not None
    helper = signer.store.hot_rows().helping.ready(place)
    until = time.monotonic() + START_SECONDS
    while not helper.take([], 1000):
        assert time.monotonic() < until
        time.sleep(0.005)


def lines(folder: Path, moment: datetime, acknowledge: Callable[[], None]) -> None:
    """An import of two targets, one of which is there with another content."""
    signer = open_signer(folder)
    import_all(signer.store, LinesSource(folder / "lines", "csv"), ImportWish(), moment, lambda _done, _total: None)
    acknowledge()
    publish_all(signer.publisher, moment)


def projects(folder: Path, moment: datetime, acknowledge: Callable[[], None]) -> None:
    """A project registered, and its first upload."""
    signer = open_signer(folder)
    signer.register(project("other"), now=moment)
    signer.upload("other", metadata("other", 1, {"files/other/one": b"two"}, now=moment), b"two", now=moment)
    acknowledge()
    publish_all(signer.publisher, moment)


def renewal(folder: Path, moment: datetime, acknowledge: Callable[[], None]) -> None:
    """Most of a day later nothing waits, and snapshot and timestamp are signed anew."""
    signer = open_signer(folder)
    acknowledge()
    publish_all(signer.publisher, moment + timedelta(hours=20))


SCENARIOS = {
    "first": first_delivery,
    "second": second_delivery,
    "missed": missed_deliveries,
    "key": key_change,
    "bins": other_bins,
    "claims": claims,
    "change": change,
    "many": many_changes,
    "helped": helped,
    "import": lines,
    "project": projects,
    "renewal": renewal,
}


def main(base: Path, out: Path, scenario: str, moment: datetime, meeting: str) -> None:
    """One try after another, until one comes to its end unharmed; it is the last folder in `out`."""
    for number in range(TRIES):
        folder = out / f"{number:03}"
        shutil.copytree(base, folder)
        child = os.fork()
        if child == 0:
            _try(folder, scenario, moment, number, meeting)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) != MET_STATUS:
            sys.exit(os.WEXITSTATUS(status))
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGKILL:
            sys.exit(1)
    sys.exit(2)


def _try(folder: Path, scenario: str, moment: datetime, number: int, meeting: str) -> None:
    acknowledged, note = (os.open(folder / name, os.O_WRONLY | os.O_CREAT) for name in ("acknowledged", "step"))
    if meeting == HELPER:
        # Whatever it meets is met in a process of its own.
        os.environ.update({STEP: str(number), NOTE: str(folder / "step")})
        press_helper.PROGRAM = "dying_helper"
        steps = None
    else:
        steps = Steps(number, MEETS[meeting](note))
        steps.arm()
    if scenario == "helped":
        start_helper(folder)
    if steps is not None:
        steps.count()

    def run() -> None:
        SCENARIOS[scenario](folder, moment, lambda: os.write(acknowledged, b"yes") and None)

    try:
        run()
    except StorageError:
        # There is room again, and the same process goes on with what it remembers.
        run()
    # What other threads still do counts too.
    open_signer(folder).store.close()
    (folder / "kinds").write_text("\n".join(sorted(steps.kinds) if steps else ()))
    is_met = bool((folder / "step").stat().st_size) if steps is None else steps.is_met
    sys.exit(MET_STATUS if is_met else 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], datetime.fromisoformat(sys.argv[4]), sys.argv[5])
