"""The field that opens a plan file by its path. Keys typed or pasted with the one that opens it stand in it."""

from __future__ import annotations

from pathlib import Path

from textual import on
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Label, Static

from iqa_tui.errors import LaunchError
from iqa_tui.plans.completion import plan_paths
from iqa_tui.plans.plan import Plan, load_plan
from iqa_tui.plans.trainer_files import trainer_digest_of
from iqa_tui.queue.last_plans import remember_plan
from iqa_tui.screens.room import Room
from iqa_tui.widgets.completing_input import CompletingInput
from training.runfolder.text import plain

MOST_LISTED = 12
FIELD, LINE, WORDS = "plan-path", "open-plan", "open-plan-words"


class PlanRead(Message, bubble=False):
    """A plan file was read, or it says why it cannot be."""

    def __init__(self, path: str, plan: Plan | str, digest: str = "") -> None:
        super().__init__()
        self.path = path
        """Whole."""
        self.plan = plan
        """Or in which place the file is wrong, in words."""
        self.digest = digest
        """Of the trainer's code."""


class OpeningRoom(Room):
    """A screen on which plan files are opened. A subclass binds a key to `open_plan`."""

    def plan_opened(self, path: str, plan: Plan, digest: str) -> None:
        """Show the plan, and choose it."""
        raise NotImplementedError

    def field_closed(self) -> None:
        """Called when the field is gone: something else must have the focus."""

    async def action_open_plan(self) -> None:
        if not self.query(f"#{LINE}"):
            field = CompletingInput(plan_paths, placeholder="path of a .toml file; tab completes", id=FIELD)
            line = Horizontal(Label("Open plan: "), field)
            await self.mount(Vertical(line, Static("", id=WORDS, markup=False), id=LINE), before="KeyBar")
        self.query_one(f"#{FIELD}").focus()

    @property
    def is_opening(self) -> bool:
        return bool(self.query(f"#{LINE}"))

    def close_field(self) -> None:
        self.query(f"#{LINE}").remove()
        self.field_closed()

    @on(CompletingInput.Several)
    def _list_fitting(self, message: CompletingInput.Several) -> None:
        message.stop()
        names = [f"{Path(path).name}/" if path.endswith("/") else Path(path).name for path in message.fitting]
        more = f"  and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
        self._say("  ".join(names[:MOST_LISTED]) + more)

    @on(Input.Changed, f"#{FIELD}")
    def _typed(self, message: Input.Changed) -> None:
        message.stop()
        self._say("")

    @on(Input.Submitted, f"#{FIELD}")
    def _open(self, message: Input.Submitted) -> None:
        message.stop()
        typed = message.value.strip()
        if not typed:
            self.close_field()
            return
        self._say("reading …")
        self.run_worker(lambda: self.post_message(_read(typed)), thread=True, group="open-plan")

    def on_plan_read(self, message: PlanRead) -> None:
        if not self.can_draw:
            return
        if isinstance(message.plan, str):
            self._say(plain(message.plan))
            return
        plan = message.plan
        self.run_worker(lambda: remember_plan(self.session.runs_dir, plan), thread=True)
        self.close_field()
        self.plan_opened(message.path, plan, message.digest)

    def _say(self, words: str) -> None:
        for line in self.query(f"#{WORDS}").results(Static):
            line.update(words)
            line.display = bool(words)


def _read(typed: str) -> PlanRead:
    """In a thread. A path always, never a preset's name."""
    try:
        path = str(Path(typed).expanduser().absolute())
        if Path(path).is_dir():
            return PlanRead(path, f"{typed}: this is a folder. Name a .toml file in it; tab completes.")
        plan = load_plan(path)
        return PlanRead(path, plan, trainer_digest_of(plan))
    except (LaunchError, OSError, ValueError, RuntimeError) as error:  # a `~user` that there is not is a RuntimeError
        return PlanRead(typed, str(error))
