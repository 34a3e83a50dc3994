"""`iqa-tui archive`: leave runs out of the tables, put them back, or delete them after a question."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from iqa_tui.commands.choose import choose_run
from iqa_tui.commands.exit_codes import A_RUN_FAILED, ALL_WELL
from iqa_tui.errors import LaunchError, PlanError
from iqa_tui.monitor import run_words
from iqa_tui.monitor.catalog import Catalog, Events
from iqa_tui.monitor.state import RunState
from iqa_tui.queue.deleting import delete_run, folder_bytes, refuse_to_delete
from iqa_tui.queue.noting import archive_run, unarchive_run
from iqa_tui.words.sizes import size_words
from training.runfolder.layout import RunFolder
from training.runfolder.text import plain


def run(options: argparse.Namespace) -> int:
    if options.undo and options.delete:
        raise PlanError("--undo and --delete cannot be meant together.")
    states = Catalog(options.runs_dir, events=Events.NONE).refresh()
    chosen = [choose_run(states, text, _fits(options)) for text in options.runs]
    chosen = list({state.run_id: state for state in chosen}.values())
    if options.delete:
        return _delete(chosen, options)
    return _each(chosen, unarchive_run if options.undo else archive_run)


def _fits(options: argparse.Namespace) -> Callable[[RunState], bool]:
    """Which run of an experiment is meant."""
    if options.undo:
        return lambda state: state.noted.archived
    return lambda state: state.phase.is_over and (options.delete or not state.noted.archived)


def _delete(chosen: Sequence[RunState], options: argparse.Namespace) -> int:
    """All or none: what may not be deleted is said before the question."""
    refused = [words for state in chosen if (words := _why_not(state))]
    for words in refused:
        print(f"error: {plain(words)}", file=sys.stderr)
    if refused:
        print("Nothing was deleted.", file=sys.stderr)
        return A_RUN_FAILED
    for state in chosen:
        print(_line(state))
    if not options.yes and not _agrees(len(chosen)):
        print("Nothing was deleted.", file=sys.stderr)
        return A_RUN_FAILED
    return _each(chosen, delete_run)


def _why_not(state: RunState) -> str:
    try:
        refuse_to_delete(state.run)
    except (LaunchError, OSError) as error:
        return str(error)
    return ""


def _line(state: RunState) -> str:
    """`F2 L2 (MSE) · 2026-11-23_…_s42 · 2.1 GiB · finished, test SRCC 0.9342`."""
    score = f"test SRCC {state.test_srcc:.4f}" if state.test_srcc is not None else "no result"
    parts = (
        run_words.run_name(state),
        state.run_id,
        size_words(folder_bytes(state.run)),
        f"{state.phase.value}, {score}",
    )
    return " · ".join(map(plain, parts))


def _agrees(count: int) -> bool:
    """Ask on the terminal.

    Raises:
        PlanError: there is none.
    """
    if not sys.stdin.isatty():
        raise PlanError("Nothing was deleted: there is no terminal to ask on. Read the above, then add --yes.")
    what = "this run, with its result and checkpoints" if count == 1 else f"these {count} runs, with all results"
    return input(f"Delete {what}? It cannot be undone. [y/N] ").strip().lower() in ("y", "yes")


def _each(chosen: Sequence[RunState], act: Callable[[RunFolder], str]) -> int:
    code = ALL_WELL
    for state in chosen:
        try:
            print(plain(act(state.run)))
        except (LaunchError, OSError) as error:
            print(f"error: {plain(str(error))}", file=sys.stderr)
            code = A_RUN_FAILED
    return code
