"""What a plan says of a repository that others have made: who holds keys of it that leave, and what is left out."""

from ceremony.core.fields import VISIBLE, Table
from ceremony.core.plan_values import Leaving

LEAVING_LIMIT = 32
LEFT_OUT_LIMIT = 4096
_LEFT_OUT = rf"(?! ){VISIBLE}{{1,1024}}(?<! )"


def read_leaving(table: Table, name: str, device: str) -> tuple[Leaving, ...]:
    """Those who sign a last time, none where the plan names none; `name` and `device` are patterns.

    What cannot be read is a problem of the table.
    """
    if not table.has("leaving"):
        return ()
    found = tuple(_read(each, name, device) for each in table.tables("leaving"))
    if len(found) > LEAVING_LIMIT or len({each.keyid for each in found}) < len(found):
        table.refuse("leaving", f"{len(found)} keys", f"different keys, at most {LEAVING_LIMIT}")
    return found


def read_left_out(table: Table) -> tuple[str, ...]:
    """The names of what others wrote and is not carried on, none where the plan names none."""
    if not table.has("leaves_out"):
        return ()
    return table.lines("leaves_out", _LEFT_OUT, LEFT_OUT_LIMIT, "names of files, delegations and fields")


def _read(table: Table, name: str, device: str) -> Leaving:
    found = Leaving(
        name=table.text("name", name, "a name of up to 40 letters"),
        keyid=table.text("keyid", r"[0-9a-f]{64}", "the keyid of a key that is trusted already"),
        device=table.text("device", device, "the serial printed on the device", ""),
    )
    table.finish("somebody who signs a last time")
    return found
