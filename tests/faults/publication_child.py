"""A process that publishes and is killed: before its first durable step, before its second, and so on to the last.

Started by test_publication_kills.py as `publication_child.py BASE OUT SCENARIO MOMENT`. Each try works on its own copy
of BASE in OUT, in a forked child, so that a hundred tries take seconds.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from fakes.online_signer import OnlineSigner, reopened
from fakes.release import words
from sqlalchemy import Engine, event

from ceremony.core.online_key import decode_online_key
from ceremony.core.policy import Policy
from ceremony.engine.bundle import open_bundle
from ceremony.online.delivery import take_in_delivery
from ceremony.online.home import Home
from ceremony.online.hot_rows import HotRows
from ceremony.online.intake import remove_request, take_in
from ceremony.online.intake_rows import IntakeRows
from ceremony.online.service import publish_all
from ceremony.online.uploading import Offer, upload

STEPS = ("fsync", "fdatasync", "replace", "rename", "mkdir")
TRIES = 400


def open_signer(folder: Path) -> OnlineSigner:
    """The signer whose home is in `folder`."""
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


def change(folder: Path, moment: datetime, acknowledge: Callable[[], None]) -> None:
    """One target added, one changed, one removed, together."""
    signer = open_signer(folder)
    requests = [signer.request("new/demo", b"new"), signer.request("changed", b"two"), remove_request("removed")]
    take_in(signer.store, requests, moment)
    acknowledge()
    signer.publisher.publish(moment)


SCENARIOS = {
    "first": first_delivery,
    "second": second_delivery,
    "missed": missed_deliveries,
    "key": key_change,
    "bins": other_bins,
    "claims": claims,
    "change": change,
}


def main(base: Path, out: Path, scenario: str, moment: datetime) -> None:
    """One try after another, until one comes to its end alive; it is the last folder in `out`."""
    for number in range(TRIES):
        folder = out / f"{number:03}"
        shutil.copytree(base, folder)
        child = os.fork()
        if child == 0:
            _try(folder, scenario, moment, number)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            sys.exit(os.WEXITSTATUS(status))
        if os.WTERMSIG(status) != signal.SIGKILL:
            sys.exit(1)
    sys.exit(2)


def _try(folder: Path, scenario: str, moment: datetime, number: int) -> None:
    descriptor = os.open(folder / "acknowledged", os.O_WRONLY | os.O_CREAT)
    _arm(number)
    SCENARIOS[scenario](folder, moment, lambda: os.write(descriptor, b"yes") and None)
    os._exit(0)


def _arm(number: int) -> None:
    left = number

    def step(*_ignored: object, **_named: object) -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    def before(function: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(*positional: object, **named: object) -> object:
            step()
            return function(*positional, **named)

        return stepping

    opening = os.open

    def open_counted(path: str, flags: int, *positional: object, **named: object) -> int:
        if flags & os.O_CREAT:
            step()
        return opening(path, flags, *positional, **named)  # type: ignore[arg-type]  # passed on as it came

    os.open = open_counted  # type: ignore[assignment]  # armed on purpose, in a process that is about to die
    for name in STEPS:
        setattr(os, name, before(getattr(os, name)))
    event.listen(Engine, "commit", step)
    for kind, name in ((HotRows, "commit"), (HotRows, "mark_published"), (IntakeRows, "insert")):
        setattr(kind, name, before(getattr(kind, name)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], datetime.fromisoformat(sys.argv[4]))
