"""One launch, from the key to the queue: notes are read, the user is asked, flags are checked, runs are queued."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from textual.message import Message

from iqa_tui.errors import LaunchError, cannot_be_written
from iqa_tui.monitor.state import RunState
from iqa_tui.plans.choice import LaunchChoice
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.trainer_files import trainer_digest_of
from iqa_tui.queue.before_launch import notes_before_launch
from iqa_tui.queue.check import check
from iqa_tui.queue.enqueue import enqueue
from iqa_tui.screens.confirm import Choice, ConfirmScreen
from iqa_tui.screens.launch_facts import words_on_last_launch
from iqa_tui.screens.room import Room, ScreenAsked, Session
from training.runfolder.text import plain


class NotesRead(Message, bubble=False):
    """What the user should know before a launch was read."""

    def __init__(self, choice: LaunchChoice, notes: list[str]) -> None:
        super().__init__()
        self.choice = choice
        """As it was when the user asked for the launch."""
        self.notes = notes


class LaunchingRoom(Room):
    """A screen from which runs are launched, one launch at a time."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._is_reading_notes = False
        self._is_launching = False

    def show_progress(self, words: str) -> None:
        """Draw what a launch does now; empty if it does nothing."""
        raise NotImplementedError

    @property
    def is_launching(self) -> bool:
        return self._is_launching

    def ask_to_launch(self, choice: LaunchChoice) -> None:
        """Ask once, with a summary, then check and queue."""
        if choice.plan is None or self._is_launching or self._is_reading_notes:
            return
        if obstacle := choice.obstacle():
            self._complain(obstacle.title, obstacle.words)
            return
        self._is_reading_notes = True
        self.show_progress("reading what its group has …")
        known = self.runs or None  # they may not be read yet
        self.run_worker(lambda: self.post_message(NotesRead(choice, _notes(choice, known))), thread=True)

    def on_notes_read(self, message: NotesRead) -> None:
        """Ask, unless the user went elsewhere in the meantime: enter asks again."""
        self._is_reading_notes = False
        if not self.can_draw:
            return
        self.show_progress("")
        choice = message.choice
        if self.app.screen is not self or choice.plan is None:
            return
        request = choice.request()
        choices = (Choice("launch", "Launch", "primary"), Choice("back", "Not yet"))
        self.app.push_screen(
            ConfirmScreen(f"Launch {choice.plan.name}?", choice.summary() + message.notes, choices, safe="back"),
            lambda answer: self._launch(request, choice.plan_name) if answer == "launch" else None,
        )

    def _launch(self, request: LaunchRequest, plan_name: str) -> None:
        self._is_launching = True
        self.show_progress("checking the flags …")
        self.run_worker(lambda: self._check_and_enqueue(request, plan_name), thread=True)

    def _check_and_enqueue(self, request: LaunchRequest, plan_name: str) -> None:
        """In a thread: the trainer itself judges each experiment's flags, a process each."""
        app, problem = self.app, ""  # a screen that is gone knows of no app
        try:
            enqueue(request, check(request))
        except (LaunchError, OSError) as error:
            if isinstance(error, OSError):
                error = cannot_be_written(Path(error.filename or request.runs_dir), error)
            problem = (
                f"{error}\n\n`iqa-tui doctor {shlex.quote(plan_name)}` says what else keeps the plan from running."
            )
        self.session.parting_words[:] = [f"Nothing was launched: {problem}" if problem else "The runs are queued."]
        if app.is_running:
            app.call_from_thread(self._launched, problem)

    def _launched(self, problem: str) -> None:
        self._is_launching = False
        self.show_progress("")
        if problem:
            self._complain("Nothing was launched", problem, lambda _: self.session.parting_words.clear())
            return
        self.session.parting_words.clear()
        self.session.look_now()
        self.post_message(ScreenAsked("monitor"))

    def _complain(self, title: str, problem: str, then: Callable[[str | None], None] | None = None) -> None:
        self.app.push_screen(ConfirmScreen(title, problem.splitlines(), (Choice("close", "Close"),)), then)


def _notes(choice: LaunchChoice, known: Sequence[RunState] | None) -> list[str]:
    """In a thread: the trainer's files are read."""
    request = choice.request()
    digest = trainer_digest_of(request.plan, request.cwd)
    words = words_on_last_launch(choice, known or (), digest, time.time())
    lines = [words[0].upper() + words[1:]] if words else []
    try:
        return lines + notes_before_launch(request, known)
    except OSError as error:
        return [*lines, plain(f"note: the trainer's code cannot be looked at: {error}")]
