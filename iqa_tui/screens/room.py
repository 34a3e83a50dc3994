"""What the three screens share: the header, the key bar, the forms for narrow and for tiny terminals."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from weakref import WeakSet

from textual import events
from textual.app import ComposeResult, SystemCommand
from textual.binding import BindingsMap
from textual.dom import DOMNode
from textual.message import Message
from textual.reactive import var
from textual.screen import Screen
from textual.widget import Widget

from iqa_tui.monitor import run_words
from iqa_tui.monitor.headlines import headline_words
from iqa_tui.panels.header import HeaderBar
from iqa_tui.settings.remembered import Remembered
from iqa_tui.widgets.canvas import Canvas, Line
from iqa_tui.widgets.key_bar import KeyBar
from iqa_tui.widgets.message_row import MessageRow
from iqa_tui.widgets.rebinding import Keys, rebind

if TYPE_CHECKING:
    from iqa_tui.messages import DevicesSurveyed, LogChanged, RunsChanged
    from iqa_tui.monitor.log_text import LogWish
    from iqa_tui.monitor.state import RunState

WIDE_FROM = 110
HIGH_FROM = 32
FLAT_BELOW = 20
SMALLEST = (60, 15)
NEXT_PANEL = "next_panel(1)"
FORMS = ("-tiny", "-wide", "-narrow", "-low", "-flat")


def form_classes(size: tuple[int, int]) -> list[str]:
    """The classes that choose the form of a screen for a terminal of this size."""
    width, height = size
    tiny = width < SMALLEST[0] or height < SMALLEST[1]
    shown = {
        "-tiny": tiny,
        "-wide": width >= WIDE_FROM,
        "-narrow": width < WIDE_FROM,
        "-low": height < HIGH_FROM,
        "-flat": height < FLAT_BELOW,
    }
    return [name for name in FORMS if shown[name]]


def _none_yet() -> DevicesSurveyed | None:
    return None


@dataclass(frozen=True, slots=True)
class Session:
    """What a screen may ask of the app."""

    runs_dir: Path
    read_log: Callable[[Path | None, LogWish], None]
    """Read this log from now on, and of it what is wished for; None: no log."""
    look_at: Callable[[Sequence[str]], None]
    """Read the curves of these runs, the first one first."""
    look_now: Callable[[], None]
    """Read the runs without waiting for the next turn."""
    ascii_mode: bool = False
    has_colours: bool = True
    """False: the user asked for none (NO_COLOR)."""
    size: Callable[[], tuple[int, int]] = lambda: (140, 40)
    """Columns and lines of the terminal."""
    read_only: bool = False
    """Orders are refused, so none is offered."""
    keys: Keys = field(default_factory=dict)
    """Actions to which the user gave other keys."""
    remembered: Remembered = field(default_factory=lambda: Remembered(None))
    """How the user looked at these runs before, and does now."""
    plans: tuple[str, ...] = ()
    """Plan files named on the command line; they stand before the presets."""
    newest_runs: Callable[[], tuple[RunState, ...]] = tuple
    """All runs as they were at the last look."""
    newest_devices: Callable[[], DevicesSurveyed | None] = _none_yet
    """The devices, and why runs wait for them, as they were at the last look."""
    parting_words: list[str] = field(default_factory=list)
    """Lines that the user has not read yet; they are printed in the shell when the app is left."""

    @property
    def has_signs(self) -> bool:
        """Whether a sign tells each run's curve and row, as there may be no colours."""
        return self.ascii_mode or not self.has_colours


class ScreenAsked(Message):
    """The user wants to be on another screen."""

    def __init__(self, room: str, group: str | None = None) -> None:
        super().__init__()
        self.room = room
        self.group = group
        """The table to show there; None: the one shown last."""


class TooSmall(Canvas):
    """The one line of a terminal that is too small for anything else."""

    def draw(self, width: int, height: int) -> list[Line]:  # noqa: ARG002  always one line
        need = "×".join(map(str, SMALLEST))
        return [[(f"iqa-tui needs {need}; q leaves" if width >= 28 else f"needs {need}", "warning")]]


class Room(Screen[None]):
    """A screen of the app. The app sets the reactive attributes; subclasses draw them."""

    ROOM: ClassVar[str] = ""
    TURNS: ClassVar[Mapping[str, str]] = {}
    """Id of a widget to the part of the screen that is shown while it has the focus, in the flat form: one thing at a
    time. In the order of `tab`."""
    VERTICAL_BREAKPOINTS = []  # noqa: RUF012  as Textual has it; `FORMS` says more, before the first paint
    TAB: ClassVar[str] = ""
    """The screen that the header marks as the one that is open; empty: this one."""
    NOTHING_READ: ClassVar[str] = "reading runs"
    """`reading` before the first look."""

    runs: var[tuple[RunState, ...]] = var(())
    problem: var[str] = var("")
    reading: var[str] = var(NOTHING_READ)
    devices: var[DevicesSurveyed | None] = var(None)
    log_message: var[LogChanged | None] = var(None)

    def __init__(self, session: Session, classes: str = "") -> None:
        turn = f"-at-{self.TURNS.get((self.AUTO_FOCUS or '').removeprefix('#'), '')}"
        super().__init__(id=self.ROOM, classes=f"{classes} {' '.join(form_classes(session.size()))} {turn}")
        self.session = session
        self._rebound: WeakSet[DOMNode] = WeakSet()

    @property
    def _binding_chain(self) -> list[tuple[DOMNode, BindingsMap]]:
        """As Textual's, with the user's own keys. A widget gets them when it has the focus for the first time."""
        self.give_own_keys([*(self.focused or self).ancestors_with_self])
        return super()._binding_chain

    def give_own_keys(self, chain: Sequence[DOMNode]) -> None:
        """Args:
        chain: all that a key is offered to, one after the other; those that have the user's keys already keep them.
        """
        new = [node for node in chain if node not in self._rebound and node is not self.app]
        if self.session.keys and new:
            rebind(new, self.session.keys, among=chain)
            self._rebound.update(new)

    def begin_with(self, message: RunsChanged) -> None:
        """What was told of the reading before the screen was made."""
        self.set_reactive(Room.problem, message.problem)
        self.set_reactive(Room.reading, message.reading)

    def take_runs(self, message: RunsChanged) -> None:
        self.problem, self.reading = message.problem, message.reading
        self.runs = message.runs

    def compose(self) -> ComposeResult:
        yield HeaderBar(self.TAB or self.ROOM, read_only=self.session.read_only)
        yield TooSmall(id="too-small")
        yield from self.compose_body()
        yield MessageRow()
        yield KeyBar(self.key_hint, first=NEXT_PANEL)

    def show_messages(self, messages: Sequence[tuple[str, str]]) -> None:
        """Args:
        messages: see `MessageRow.show`.
        """
        for row in self.query(MessageRow):  # none before the screen is composed
            lines = row.lines
            row.show(messages)
            if row.lines != lines and self.can_draw:
                self.body_resized()

    @property
    def room_height(self) -> int:
        """Lines of the terminal without those of a message."""
        return self.size.height - sum(row.lines for row in self.query(MessageRow))

    def compose_body(self) -> ComposeResult:
        """What stands between the header and the key bar."""
        raise NotImplementedError

    def key_hint(self, action: str, description: str) -> str:
        """What the key bar says of a key now; empty if the key would do nothing."""
        if action == NEXT_PANEL:  # all other panels are in sight, if the form is not flat
            return "next" if self.has_class("-flat") else ""
        return description

    def body_resized(self) -> None:
        """Called when the terminal has another size, and once more when the panels have; the form's classes are set."""

    def on_resize(self, event: events.Resize) -> None:
        wanted = form_classes(event.size)
        unwanted = [name for name in FORMS if name not in wanted and self.has_class(name)]
        missing = [name for name in wanted if not self.has_class(name)]
        if unwanted:
            self.remove_class(*unwanted)
        if missing:
            self.add_class(*missing)
        self.body_resized()
        self.call_after_refresh(self.body_resized)

    def commands(self) -> Iterable[SystemCommand]:
        """What the palette offers on this screen that no key does."""
        return ()

    def name_of(self, state: RunState) -> str:
        """What titles and questions call a run."""
        return run_words.name_among(state, self.runs)

    def show_header(self) -> None:
        ordered = run_words.in_plan_order(state for state in self.runs if not state.is_archived)
        waiting = self.devices.waiting if self.devices else {}
        title = ordered[0].group if ordered else ""
        self.query_one(HeaderBar).show(title, headline_words(ordered, waiting, time.time()))

    @property
    def is_launching(self) -> bool:
        """True while a launch is checked: whether it succeeds is not known yet."""
        return False

    @property
    def can_draw(self) -> bool:
        """False before the panels are there, and once they may be gone: the screen was left, or the app exits."""
        return self.is_mounted and self.is_running and self.app.is_running

    def watch_runs(self) -> None:
        if self.can_draw:
            self.show_header()
            self.runs_changed()

    def watch_reading(self) -> None:
        if self.can_draw:
            self.reading_changed()

    def reading_changed(self) -> None:
        """Called when `reading` has another value."""

    def watch_problem(self) -> None:
        self.watch_runs()

    def watch_devices(self) -> None:
        if self.can_draw:
            self.devices_changed()

    def runs_changed(self) -> None:
        """Called when `runs` has another value."""

    def devices_changed(self) -> None:
        """Called when `devices` has another value."""

    def on_mount(self) -> None:
        self.show_header()
        self.call_after_refresh(self.watch_runs)
        self.call_after_refresh(self.watch_devices)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """In the flat form what has the focus is shown, and nothing else."""
        for node in event.widget.ancestors_with_self:
            if part := self.TURNS.get(node.id or ""):
                for other in set(self.TURNS.values()):
                    self.set_class(other == part, f"-at-{other}")
                return

    def action_next_panel(self, direction: int) -> None:
        """Focus the next panel that can be seen."""
        panels = [widget for widget in self.focus_order() if self._can_be_shown(widget)]
        if not panels:
            return
        here = panels.index(self.focused) if self.focused in panels else -direction
        self.before_focus(panels[(here + direction) % len(panels)])
        self.set_focus(panels[(here + direction) % len(panels)])

    def focus_order(self) -> list[Widget]:
        if self.has_class("-flat") and self.TURNS:
            return [self.query_one(f"#{name}") for name in self.TURNS]
        return list(self.focus_chain)

    def before_focus(self, widget: Widget) -> None:
        """Make room for a widget that is about to be focused."""

    def _can_be_shown(self, widget: Widget) -> bool:
        return not widget.disabled
