"""Saves a log, or lines of it, in a file that its user named: asks before a file is replaced, works in a thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from textual.screen import Screen

from iqa_tui.monitor.log_save import NotSaved, is_taken, save_log
from iqa_tui.monitor.log_text import line_words
from iqa_tui.screens.confirm import Choice, ConfirmScreen
from iqa_tui.screens.working import is_working
from training.runfolder.text import plain


@dataclass(frozen=True, slots=True)
class LogPiece:
    """What is saved, and where."""

    output: Path
    """The log."""
    path: Path
    """The file to write."""
    first: int
    """Offset of the first line."""
    end: int | None
    """Offset after the last one; None: up to the end of the log."""


def save_piece(screen: Screen[None], piece: LogPiece) -> None:
    """Write it, unless one is being written."""
    if not is_working(screen, "save log"):
        _start(screen, piece, replacing=False)


def _start(screen: Screen[None], piece: LogPiece, *, replacing: bool) -> None:
    screen.run_worker(lambda: _save(screen, piece, replacing=replacing), thread=True, group="save log")


def _save(screen: Screen[None], piece: LogPiece, *, replacing: bool) -> None:
    """In a thread: the log may be long, and the folder far away."""
    app = screen.app
    try:
        if not replacing and is_taken(piece.path):
            app.call_from_thread(_ask_to_replace, screen, piece)
            return
        path, count = save_log(piece.output, piece.path, piece.first, piece.end)
    except NotSaved as error:
        app.call_from_thread(app.notify, str(error), title="Not saved", severity="error", markup=False, timeout=15)
        return
    said = f"{line_words(count)} in {path}, as text without colours"
    app.call_from_thread(app.notify, said, title="Saved the log", markup=False, timeout=10)


def _ask_to_replace(screen: Screen[None], piece: LogPiece) -> None:
    if not screen.is_current:  # the user left: nothing is replaced
        return
    question = ConfirmScreen(
        "Replace the file?",
        [f"{plain(str(piece.path))} is there already."],
        (Choice("keep", "Keep it"), Choice("replace", "Replace it", "error")),
    )
    screen.app.push_screen(
        question, lambda answer: _start(screen, piece, replacing=True) if answer == "replace" else None
    )
