"""What a check of the shelf shows to people."""

from rich.console import Console
from rich.table import Table

from ceremony.online.shelf_check import ShelfCheck
from ceremony.online.target_files import TargetCheck

_ROWS = 40


def draw_check(console: Console, check: ShelfCheck) -> None:
    """How many files were looked at, and a line for each that is wrong."""
    console.print(f"{check.files} metadata files looked at, {len(check.findings)} wrong.", highlight=False)
    if check.is_good:
        return
    table = Table("file", "what is wrong", "can be made again")
    for each in check.findings[:_ROWS]:
        table.add_row(each.name, each.fault.value, "yes, by --repair" if each.is_repairable else "[bold red]no[/]")
    console.print(table)
    if len(check.findings) > _ROWS:
        console.print(f"... and {len(check.findings) - _ROWS} more", highlight=False)
    if not all(each.is_repairable for each in check.findings):
        console.print(
            "[bold red]Caution:[/] what cannot be made again was signed by our keys with other bytes than the database "
            "gives. Either the database is an old one, or somebody else signs: publish nothing before you know.",
            highlight=False,
        )


def draw_target_check(console: Console, check: TargetCheck) -> None:
    """How the content of targets stands."""
    text = f"{check.good} targets with their content, {check.absent} whose content is not on this shelf"
    console.print(f"{text}, {len(check.wrong)} wrong.", highlight=False)
    for path in check.wrong[:_ROWS]:
        console.print(f"wrong content: {path}", markup=False, highlight=False, style="bold red")
    if check.wrong:
        console.print("Put these back from a copy; the database does not hold the content of targets.")
