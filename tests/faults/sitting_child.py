"""A process that holds sittings and is killed: before a first durable step, before a second, and so on to the last.

Started by test_sitting_kills.py as `sitting_child.py OUT PART PARTS`. One sitting runs to its end and names its steps;
every sitting after that begins anew in a forked child and is killed before one of them. What is left is judged here.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fakes.rooms import Desk, ScriptedOperator, desk

from ceremony.core.policy import Policy
from ceremony.core.transcript import Entry
from ceremony.engine.bundle import open_bundle, settle
from ceremony.engine.practice import Practice
from ceremony.engine.sitting import sit
from ceremony.engine.verify import verify

STEPS = ("fsync", "rename", "replace", "mkdir", "unlink", "rmdir")
STRIDE = 29
PLACES = 3
NEVER = -1


def main(out: Path, part: int, parts: int) -> None:
    """This part of all the sittings, each in a folder of its own that goes once it is judged well."""
    os.fsync = lambda _descriptor: None  # a kill leaves the kernel, and what it was given, as they are
    tempfile.gettempdir()  # finding it takes a step, the first time
    base = desk(out / "base")
    labels = _labels(_copy(base, out / "whole"), out / "labels")
    moments = _moments(labels)
    for moment in moments[part::parts]:
        table = _copy(base, out / f"{moment:04}")
        told = table.folder / "told"
        status = _hold(table, told, moment)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            sys.exit(f"step {moment} ({labels[moment]}): ended with {status}")
        try:
            _judge(table, told)
        except BaseException:
            sys.stderr.write(f"step {moment} of {len(labels)}: {labels[moment]}\n")
            raise
        shutil.rmtree(table.folder)
    sys.stdout.write(json.dumps({"steps": len(labels), "kinds": len(set(labels)), "killed": len(moments[part::parts])}))


def _labels(table: Desk, path: Path) -> list[str]:
    status = _hold(table, table.folder / "told", NEVER, path)
    if status != 0:
        sys.exit(f"the whole sitting ended with {status}")
    return path.read_text(encoding="utf-8").splitlines()


def _moments(labels: list[str]) -> list[int]:
    # Of each kind of step the first, one in the middle and the last; of all steps every so many.
    chosen = set(range(0, len(labels), STRIDE))
    for label in set(labels):
        places = [place for place, each in enumerate(labels) if each == label]
        chosen |= {places[len(places) * number // PLACES] for number in range(PLACES)} | {places[-1]}
    return sorted(chosen)


def _copy(base: Desk, folder: Path) -> Desk:
    shutil.copytree(base.folder, folder)
    practice = Practice(folder / "practice/plan.toml", folder / "practice/devices", base.practice.pins)
    return Desk(folder, practice, ScriptedOperator(practice.pins, folder / "release"))


def _hold(table: Desk, told: Path, moment: int, labels: Path | None = None) -> int:
    child = os.fork()
    if child == 0:
        descriptor = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        _listen(table, descriptor)
        names = _arm(moment)
        sit(table.room, table.agenda())
        if labels is not None:
            labels.write_text("\n".join(names), encoding="utf-8")
        os._exit(0)
    return os.waitpid(child, 0)[1]


def _listen(table: Desk, descriptor: int) -> None:
    def tell(entry: Entry) -> None:
        bundle = open_bundle(table.bundle)
        signatures = [[each.role, *pair] for each in bundle.files for pair in each.signatures.items()]
        heard = {"note": entry.note, "entries": len(bundle.transcript.entries), "signatures": signatures}
        os.write(descriptor, json.dumps(heard).encode() + b"\n")

    table.operator.tell = tell  # type: ignore[method-assign]  # a child that only listens


def _arm(moment: int) -> list[str]:
    names: list[str] = []

    def before(name: str) -> Callable[..., Any]:
        really = getattr(os, name)

        def stepping(first: object, *others: object, **named: object) -> object:
            if len(names) == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            names.append(f"{name} {_shown(first)}")
            return really(first, *others, **named)

        return stepping

    for name in STEPS:
        setattr(os, name, before(name))
    return names


def _shown(first: object) -> str:
    path = Path(f"/proc/self/fd/{first}").readlink() if isinstance(first, int) else Path(os.fsdecode(first))  # type: ignore[arg-type]
    # Devices and the client's cache give their files new names each time.
    return path.name if path.name.strip(".").split(".")[0] in _KNOWN else "another"


_KNOWN = {"bundle", "release", "draft", "1", "plan", "roster", "transcript", "manifest", "minutes"}


def _judge(table: Desk, told: Path) -> None:
    heard = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    told.unlink()
    settle(table.bundle)
    if heard:
        _hold_to(table, heard[-1])
    if table.release.exists():
        _check(verify(table.release, Policy()).is_good, "a release that has its name is whole")
        table.operator.release = table.folder / "another release"
    done = sit(table.room, table.agenda())
    _check(verify(done.release, Policy()).is_good, "the ceremony ends with a release that a stranger can verify")
    _check(not heard or _signed(table) >= {tuple(each) for each in heard[-1]["signatures"]}, "no signature is lost")
    left = {path.name for path in table.folder.iterdir()} - {
        "practice",
        "bundle",
        ".bundle.lock",
        "release",
        "another release",
    }
    _check(not left, f"nothing else is left: {left}")


def _hold_to(table: Desk, heard: dict[str, Any]) -> None:
    bundle = open_bundle(table.bundle)
    _check(len(bundle.transcript.entries) >= heard["entries"], "whatever was told is on record")
    _check(bundle.transcript.entries[heard["entries"] - 1].note == heard["note"], "as it was told")
    _check(
        _signed(table) >= {tuple(each) for each in heard["signatures"]}, "whatever was told as signed is in the bundle"
    )


def _signed(table: Desk) -> set[tuple[str, str, str]]:
    files = open_bundle(table.bundle).files
    return {(each.role, keyid, sig_hex) for each in files for keyid, sig_hex in each.signatures.items()}


def _check(claim: object, what: str) -> None:
    if not claim:
        raise RuntimeError(what)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
