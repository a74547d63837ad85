"""What lies in the ceremony folder and on sticks that a page can offer, told by names alone: nothing is opened here."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ceremony.core.plan import Plan

DEVICES = "devices"
"""A rehearsal's software devices lie in the folder of this name, beside its bundle."""

_MANIFEST = "manifest.json"


def devices_beside(path: Path, plan: Plan) -> Path | None:
    """The software devices of a rehearsal that lies at this path; None in a real ceremony, or where there are none.

    A rehearsal with tokens or YubiKeys leaves that folder without any: it goes on with what is plugged in.
    """
    devices = path.parent / DEVICES
    return devices if plan.is_rehearsal and any(devices.glob("*.json")) else None


def bundles_in(folder: Path) -> tuple[Path, ...]:
    """The bundles in a folder and in those right below it, by path."""
    return tuple(each.parent for each in _found(folder, _MANIFEST))


def releases_in(folder: Path) -> tuple[Path, ...]:
    """Those of them that look like releases: only a release holds minutes."""
    return tuple(each for each in bundles_in(folder) if _is_release(each))


def requests_in(folders: Iterable[Path]) -> tuple[Path, ...]:
    """The bundles in these folders that do not look like releases, a folder that is a bundle itself among them."""
    places = (place for folder in folders for place in (*_itself(folder), *bundles_in(folder)))
    return tuple(each for each in dict.fromkeys(places) if not _is_release(each))


def metadata_in(folder: Path) -> tuple[Path, ...]:
    """The folders of published metadata in a folder and in those right below it; what is part of a bundle is none."""
    roots = (*_found(folder, "1.root.json"), *_found(folder, "root.json"))
    places = dict.fromkeys(each.parent for each in sorted(roots))
    return tuple(each for each in places if not (each.parent / _MANIFEST).is_file())


def is_published(path: Path) -> bool:
    """Whether this is a folder, and no bundle: there the metadata of a repository may lie."""
    return path.is_dir() and not (path / _MANIFEST).is_file()


def _found(folder: Path, name: str) -> list[Path]:
    try:
        return sorted((*folder.glob(f"*/{name}"), *folder.glob(f"*/*/{name}")))
    except OSError:
        # A stick may be pulled out, or be broken: then nothing can be offered, and a path can still be typed.
        return []


def _itself(folder: Path) -> Iterator[Path]:
    if (folder / _MANIFEST).is_file():
        yield folder


def _is_release(bundle: Path) -> bool:
    return (bundle / "minutes.html").exists()
