"""`iqa-tui cache`: what the decoded images take; `iqa-tui cache prune` deletes some, after a question."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from iqa_tui.commands.cached import HEADINGS, Deletion, in_use_bytes, rows, summary, to_prune
from iqa_tui.commands.exit_codes import A_RUN_FAILED, ALL_WELL
from iqa_tui.commands.text_table import columns
from iqa_tui.errors import PlanError
from iqa_tui.settings.read_only import order
from iqa_tui.words.sizes import size_words
from training.runfolder.image_packs import cache_folder
from training.runfolder.image_room import LIMIT, limit_bytes
from training.runfolder.text import plain


def run(options: argparse.Namespace) -> int:
    _refuse_contradictions(options)
    cache = cache_folder()
    try:
        limit = limit_bytes(cache)
    except ValueError:
        raise PlanError(f"{LIMIT} is no number of GiB, for example 20.") from None
    if options.action == "prune":
        keep = 0 if options.all else limit if options.keep is None else options.keep
        return _prune(to_prune(cache, keep), in_use_bytes(cache), is_agreed=options.yes)
    return _list(cache)


def _refuse_contradictions(options: argparse.Namespace) -> None:
    if options.action is None and (options.all or options.yes or options.keep is not None):
        raise PlanError("--keep, --all and --yes go with `iqa-tui cache prune`.")
    if options.all and options.keep is not None:
        raise PlanError("--all and --keep cannot be meant together.")


def _list(cache: Path) -> int:
    found = rows(cache)
    if found:
        shown = [heading if any(row[number] for row in found) else "" for number, heading in enumerate(HEADINGS)]
        print(columns([shown, *found], indent=""))
        print()
    print(plain(summary(cache)))
    return ALL_WELL


@order("deletes no decoded images")
def _prune(chosen: Sequence[Deletion], used: int, *, is_agreed: bool) -> int:
    if used:
        print(f"{size_words(used)} are in use and stay.")
    if not chosen:
        print("Nothing to delete.")
        return ALL_WELL
    for each in chosen:
        print(plain(f"{each.name}: {size_words(each.size_bytes)}"))
    total = sum(each.size_bytes for each in chosen)
    if not is_agreed and not _agrees(total):
        print("Nothing was deleted.", file=sys.stderr)
        return A_RUN_FAILED
    return _delete(chosen)


def _agrees(size_bytes: int) -> bool:
    """Ask on the terminal.

    Raises:
        PlanError: there is none.
    """
    if not sys.stdin.isatty():
        raise PlanError("Nothing was deleted: there is no terminal to ask on. Read the above, then add --yes.")
    question = f"Delete {size_words(size_bytes)} of decoded images? Runs that need them decode them again. [y/N] "
    return input(question).strip().lower() in ("y", "yes")


def _delete(chosen: Sequence[Deletion]) -> int:
    freed, code = 0, ALL_WELL
    for each in chosen:
        if each.delete():
            freed += each.size_bytes
        else:
            print(plain(f"error: {each.name}: a run has taken it meanwhile, or it may not be deleted"), file=sys.stderr)
            code = A_RUN_FAILED
    print(f"Deleted {size_words(freed)}.")
    return code
