"""The command line. Textual is imported only when a screen opens."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from iqa_tui.commands.exit_codes import ENVIRONMENT, INTERRUPTED, USAGE, OpenApp
from iqa_tui.commands.net import plain_output
from iqa_tui.commands.parser import parse
from training.runfolder.text import plain_lines, speak_leniently

ASKING_THEMSELVES = (None, "doctor", "settings")
"""Commands, and the app, that say by themselves what is wrong with the folder of runs, and must not wait for it before
they draw: it may lie on a disk that does not answer.
"""
Outcome = TypeVar("Outcome", int, int | OpenApp)


def main(argv: list[str] | None = None) -> int:
    """Run one command, or open the app; the exit codes are those of `--help`."""
    speak_leniently()
    with plain_output():
        outcome = _in_words(lambda: _run_command(argv))
    if not isinstance(outcome, OpenApp):
        return outcome
    wish = outcome  # the app draws, so its terminal is its own
    return _in_words(lambda: _open(wish))


def _run_command(argv: list[str] | None) -> int | OpenApp:
    options = parse(sys.argv[1:] if argv is None else argv)
    if options.command not in ASKING_THEMSELVES and _is_a_file(options.runs_dir):
        from iqa_tui.errors import PlanError  # noqa: PLC0415

        raise PlanError(f"{options.runs_dir} is no folder, so it holds no runs. Name another by --runs-dir.")
    if options.read_only or options.refused:
        from iqa_tui.settings import read_only  # noqa: PLC0415  not for a command that looks

        if options.read_only:
            read_only.become_read_only()
        if options.refused:
            read_only.refuse_if_read_only(options.refused)
    # Named by the parser, imported by name: the other commands and what they need stay unloaded.
    command = importlib.import_module(f"iqa_tui.commands.{options.command or 'home'}")
    outcome: int | OpenApp = command.run(options)
    return outcome


def _is_a_file(path: Path) -> bool:
    return os.path.exists(path) and not os.path.isdir(path)  # noqa: PTH110, PTH112  pathlib's are slower


def _in_words(act: Callable[[], Outcome]) -> Outcome | int:
    """What it comes to; an error that has been put in words is printed, and gives its exit code."""
    try:
        outcome = act()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `iqa-tui status | head` has read enough
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        code = _exit_code(error)
        if code is None:
            raise
        print(f"error: {plain_lines(str(error))}", file=sys.stderr)
        return code
    return outcome


def _open(wish: OpenApp) -> int:
    gc.disable()  # what is imported stays; looking through it for garbage costs the first paint a tenth of its time
    from iqa_tui.app import run_app  # noqa: PLC0415  Textual takes a third of a second

    # None: the app looks at the terminal's encoding itself.
    return run_app(wish.runs_dir, plan=wish.plan, screen=wish.screen, ascii_mode=wish.ascii_mode or None)


def _exit_code(error: Exception) -> int | None:
    """Of an error that has been put in words; None for an unforeseen one."""
    from iqa_tui.errors import LaunchError, PlanError  # noqa: PLC0415  not needed if all goes well
    from iqa_tui.results.export import ExportError  # noqa: PLC0415
    from training.runfolder.errors import RunFolderError  # noqa: PLC0415

    if isinstance(error, PlanError | ExportError):
        return USAGE
    return ENVIRONMENT if isinstance(error, LaunchError | RunFolderError | OSError) else None


if __name__ == "__main__":
    sys.exit(main())
