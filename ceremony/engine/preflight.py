"""What this machine is like, as far as a ceremony cares: its network and its swap."""

from pathlib import Path

from ceremony.core.machine_rules import Machine

_INTERFACES = Path("/sys/class/net")
_SWAPS = Path("/proc/swaps")
_LOOPBACK = "772"
"""The kernel's number for the kind of interface that leads nowhere (ARPHRD_LOOPBACK)."""


def look_at_machine(interfaces: Path = _INTERFACES, swaps: Path = _SWAPS) -> Machine:
    """The machine as the kernel shows it at this moment; what the kernel does not show counts as absent."""
    up = (each.name for each in sorted(_entries(interfaces)) if _is_up(each))
    lines = _text(swaps).splitlines()[1:]
    return Machine(tuple(up), tuple(line.split()[0] for line in lines if line.split()))


def _is_up(interface: Path) -> bool:
    is_loopback = _text(interface / "type").strip() == _LOOPBACK
    # A wireless card may say "dormant", a tunnel "unknown": only "down" and its kin are surely off.
    return not is_loopback and _text(interface / "operstate").strip() not in {
        "down",
        "notpresent",
        "lowerlayerdown",
        "",
    }


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
