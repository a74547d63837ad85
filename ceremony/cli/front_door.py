"""The front door of the command line: every error leaves through it, explained, with an exit status of its own."""

import contextlib
import os
import resource
import traceback
from pathlib import Path

import click
from rich.console import Console

from ceremony.cli.desk import Desk, read_clock
from ceremony.cli.drawing import draw_explanation
from ceremony.engine.disk import create_file
from ceremony.errors import CeremonyError, StoppedError, StorageError
from ceremony.explain import Explanation, explain, explain_bug
from ceremony.settings import Settings
from hsm.errors import DeviceError


class FrontDoor(click.Group):
    """A group of verbs that explains whatever goes wrong in them; a traceback goes to a file, never to the screen."""

    def invoke(self, ctx: click.Context) -> object:
        """What the verb returned; an error ends the program with its exit status."""
        forbid_core_dumps()
        try:
            return super().invoke(ctx)
        except (CeremonyError, DeviceError) as error:
            self._leave(ctx, explain(error))
        except KeyboardInterrupt:
            self._leave(ctx, explain(StoppedError("", "")))
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001  # the one place that catches what nobody foresaw
            self._leave(ctx, explain_bug(keep_traceback(error, _settings(ctx).crash_folder)))
        return None

    def _leave(self, ctx: click.Context, found: Explanation) -> None:
        desk = ctx.obj if isinstance(ctx.obj, Desk) else Desk()
        show_explanation(desk.err, found)
        ctx.exit(found.status)


def show_explanation(err: Console, found: Explanation) -> None:
    """The explanation stands on the screen."""
    err.print(draw_explanation(found))


def forbid_core_dumps() -> None:
    """No crash of this process writes its memory, where a PIN may be, to a disk."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def keep_traceback(error: Exception, folder: Path) -> str:
    """The path of a new file, readable by its owner alone, that holds the traceback; "" if it cannot be written."""
    path = folder / f"crash-{read_clock():%Y%m%dT%H%M%SZ}-{os.getpid()}.txt"
    with contextlib.suppress(StorageError, OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        create_file(path, "".join(traceback.format_exception(error)).encode())
        return str(path)
    return ""


def _settings(ctx: click.Context) -> Settings:
    return ctx.obj.settings if isinstance(ctx.obj, Desk) else Settings()
