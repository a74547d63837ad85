"""One plan and the same devices give the same signed payloads, whoever asks and whoever answers."""

from dataclasses import replace
from pathlib import Path

from fakes import rooms
from fakes.plain_desk import desk_with, run
from fakes.scripted_terminal import paper_console
from fakes.willing_person import WillingPerson, WillingTerminal
from tui.test_walk import walk, walking

from ceremony.engine.bundle import open_bundle
from ceremony.engine.sitting import sit


def payloads(release: Path) -> list[tuple[str, bytes]]:
    """What was signed, by name."""
    return [(each.name, each.payload) for each in open_bundle(release).files]


def by_script(bench: rooms.Desk) -> Path:
    """The release of a sitting with a scripted operator; it makes the keys on the devices."""
    release = bench.folder / "by script"
    sit(bench.room, replace(bench.agenda(release), folder=bench.folder / "scripted"))
    return release


def at_the_console(bench: rooms.Desk) -> Path:
    """The release of a sitting at the plain console."""
    paper = paper_console()
    pins = {name: pin.secret for name, pin in zip(rooms.NAMES, bench.practice.pins.values(), strict=True)}
    terminal = WillingTerminal(paper, WillingPerson(pins).answer)
    release = bench.folder / "at the console"
    place = ("--bundle", bench.folder / "plain", "--devices", bench.practice.devices, "--export", release)
    ended = run(desk_with(terminal, paper), "sit", bench.practice.plan, *place)
    assert ended.status == 0, ended.out + ended.err
    return release


async def test_script_screens_and_console_sign_the_same_bytes(tmp_path: Path) -> None:
    """The front ends answer; what is signed follows from plan and keys alone."""
    bench = rooms.desk(tmp_path)
    scripted = payloads(by_script(bench))
    app = walking(bench)
    async with app.run_test(size=(80, 24)) as pilot:
        await walk(pilot, bench)

    assert payloads(bench.release) == scripted
    assert payloads(at_the_console(bench)) == scripted
