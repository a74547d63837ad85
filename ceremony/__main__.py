"""The front door: `ceremony` opens the screens, `ceremony VERB` is the command line."""

from ceremony.cli.desk import Desk
from ceremony.cli.front_door import show_explanation
from ceremony.cli.main import ceremony
from ceremony.explain import explain_absent_screens
from ceremony.settings import Settings


def main() -> None:
    """The program ran, and ends with its exit status."""
    ceremony.main(prog_name="ceremony", obj=Desk(open_screens=open_screens))


def open_screens(settings: Settings) -> int:
    """The exit status of the screens; they are loaded only now."""
    try:
        from ceremony.tui.app import run  # noqa: PLC0415  # verbs start faster without the screens
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "textual":
            raise
        absent = explain_absent_screens()
        show_explanation(Desk().err, absent)
        return absent.status
    return run(settings)


if __name__ == "__main__":
    main()
