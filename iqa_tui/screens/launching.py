"""One launch, from the key to the queue: notes are read, the user is asked, flags are checked, runs are queued."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from iqa_tui.errors import LaunchError, cannot_be_written
from iqa_tui.monitor.state import RunState
from iqa_tui.plans.choice import LaunchChoice
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.starting import starting_words
from iqa_tui.plans.trainer_files import trainer_digest_of
from iqa_tui.queue.before_launch import notes_before_launch
from iqa_tui.queue.check import check
from iqa_tui.queue.enqueue import enqueue
from iqa_tui.screens.confirm import Choice, ConfirmScreen
from iqa_tui.screens.launch_facts import words_on_last_launch
from iqa_tui.screens.power import power_texts
from iqa_tui.screens.room import Room, ScreenAsked, Session
from training.runfolder.text import plain

if TYPE_CHECKING:  # the doctor's checks are loaded by the thread that asks them
    from iqa_tui.doctor.launch_findings import Failing


class LaunchChecked(Message, bubble=False):
    """How far the checks before the question are."""

    def __init__(self, words: str, wish: int) -> None:
        super().__init__()
        self.words = words
        self.wish = wish


class NotesRead(Message, bubble=False):
    """What the user should know before a launch was read."""

    def __init__(self, choice: LaunchChoice, notes: list[str], failing: list[Failing], wish: int) -> None:
        super().__init__()
        self.wish = wish
        """Number of the user's wish to launch."""
        self.choice = choice
        """As it was when the user asked for the launch."""
        self.notes = notes
        self.failing = failing
        """The runs that would fail at once."""


class LaunchingRoom(Room):
    """A screen from which runs are launched, one launch at a time."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._is_reading_notes = False
        self._wish = 0
        self._is_launching = False
        self._complete: set[Hashable] = set()
        """Data sets that were found complete."""

    def show_progress(self, words: str) -> None:
        """Draw what a launch does now; empty if it does nothing."""
        raise NotImplementedError

    @property
    def is_launching(self) -> bool:
        return self._is_launching

    @property
    def is_checking(self) -> bool:
        """True before the question, while what it says is looked up."""
        return self._is_reading_notes

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
        self._wish += 1
        self.run_worker(partial(self._look, choice, known, self._wish), thread=True)

    def cancel_wish(self) -> bool:
        """Ask no question when the checks are done; False if none are under way. Their thread goes on."""
        was_checking, self._is_reading_notes = self._is_reading_notes, False
        if was_checking:
            self._wish += 1
            self.show_progress("")
        return was_checking

    def _look(self, choice: LaunchChoice, known: Sequence[RunState] | None, wish: int) -> None:
        """In a thread: files are read, and the doctor is asked what would fail at once."""
        notes = _notes(choice, known)
        failing: list[Failing] = []
        doubts: list[str] = []
        try:
            for each in failing_runs(
                choice.request(), self._complete, lambda words: self.post_message(LaunchChecked(words, wish))
            ):
                if each.finding.blocks:
                    failing.append(each)
                else:
                    doubts += [f"may fail: {', '.join(each.experiments)}: {each.finding.words}"]
                    doubts += [f"  {each.finding.remedy}"]
        except (LaunchError, OSError, ValueError) as error:  # a launch may be asked for without this answer
            notes.append(plain(f"note: what would fail at once could not be checked: {error}"))
        notes = [*doubts, *([""] if doubts and notes else []), *notes]
        self.post_message(NotesRead(choice, notes, failing, wish))

    def on_launch_checked(self, message: LaunchChecked) -> None:
        if message.wish == self._wish and self._is_reading_notes and self.can_draw:
            self.show_progress(message.words)

    def on_notes_read(self, message: NotesRead) -> None:
        """Ask, unless the user cancelled or went elsewhere in the meantime: enter asks again."""
        if message.wish != self._wish:
            return
        self._is_reading_notes = False
        if not self.can_draw:
            return
        self.show_progress("")
        choice = message.choice
        if self.app.screen is not self or choice.plan is None:
            return
        self.app.push_screen(question(choice, message.notes, message.failing), partial(self._answered, choice, message))

    def _answered(self, choice: LaunchChoice, message: NotesRead, answer: str | None) -> None:
        if answer == "others":
            choice = without(choice, message.failing)
        if answer in ("launch", "others"):
            self._launch(choice.request(), choice.plan_name)

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


def question(choice: LaunchChoice, notes: Sequence[str], failing: Sequence[Failing]) -> ConfirmScreen:
    """What will run, what must wait, what would fail at once. With anything of the last kind enter launches nothing.

    Raises:
        ValueError: as `LaunchChoice.request`.
    """
    able = without(choice, failing)
    becomes = starting_words(able) if able.ticked else []
    for each in failing:
        becomes += [f"fail at once: {', '.join(each.experiments)}: {each.finding.words}", f"  {each.finding.remedy}"]
    lines = [*choice.summary(), *(["", *becomes] if becomes else []), *(["", *notes] if notes else [])]
    launch, back = Choice("launch", "Launch", "primary"), Choice("back", "Not yet")
    choices = [launch, back]
    if failing:
        others = len(able.ticked)
        choices = [back, Choice("launch", "Launch all", "error")]
        choices[1:1] = (
            [Choice("others", f"Launch the {'other' if others == 1 else f'{others} others'}")] if others else []
        )
    name = choice.plan.name if choice.plan else ""
    return ConfirmScreen(f"Launch {name}?", list(map(plain, lines)), choices, safe="back")


def without(choice: LaunchChoice, failing: Sequence[Failing]) -> LaunchChoice:
    """The choice with those experiments unticked that would fail at once."""
    for experiment in {each for failure in failing for each in failure.experiments} & choice.ticked:
        choice = choice.tick(experiment)
    return choice


def failing_runs(request: LaunchRequest, complete: set[Hashable], tell: Callable[[str], object]) -> Iterable[Failing]:
    """As the doctor's own."""
    from iqa_tui.doctor import launch_findings  # noqa: PLC0415  it is asked once the user launches

    return launch_findings.failing_runs(request, complete, tell)


def _notes(choice: LaunchChoice, known: Sequence[RunState] | None) -> list[str]:
    """In a thread: the trainer's files are read."""
    request = choice.request()
    digest = trainer_digest_of(request.plan, request.cwd)
    words = words_on_last_launch(choice, known or (), digest, time.time())
    lines = [text[0].upper() + text[1:] for text in (*power_texts(request)[:1], words) if text]
    try:
        return lines + notes_before_launch(request, known)
    except OSError as error:
        return [*lines, plain(f"note: the trainer's code cannot be looked at: {error}")]
