"""The app: takes what the watching threads post, hands it to the screens, and changes screens."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

from iqa_tui.front.base import ROOMS, rooms_there
from iqa_tui.front.leaving import LeavingApp
from iqa_tui.front.looks import LooksApp
from iqa_tui.front.memory import MemoryApp
from iqa_tui.front.palette import PaletteApp
from iqa_tui.front.telling import TellingApp
from iqa_tui.messages import DevicesSurveyed, LogChanged, RunsChanged
from iqa_tui.screens.room import Room, ScreenAsked, Session
from iqa_tui.settings.file import SettingsRead, read_settings
from iqa_tui.settings.read_only import is_read_only
from iqa_tui.settings.remembered import Remembered
from iqa_tui.widgets.harmless_filter import HarmlessFilter
from iqa_tui.widgets.plain_filter import PlainFilter
from iqa_tui.widgets.rebinding import rebind
from iqa_tui.widgets.terminal_driver import TerminalDriver
from training.runfolder.text import HARMFUL, plain, plain_lines

if TYPE_CHECKING:  # what reads runs and devices is loaded after the first paint
    from iqa_tui.monitor.state import RunState
    from iqa_tui.watch.gpu_watcher import GpuWatcher, SurveysDevices
    from iqa_tui.watch.log_watcher import LogWatcher
    from iqa_tui.watch.run_watcher import RunWatcher

DEVICES_SECONDS = 0.1
"""From the first paint until the devices are looked at."""


class IqaApp(LeavingApp, LooksApp, MemoryApp, PaletteApp, TellingApp):
    """One handler a message; the screens draw."""

    TITLE = "iqa-tui"
    CSS_PATH = "styles.tcss"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-high")]  # noqa: RUF012  as Textual has it
    """Lines of the terminal from which a dialog has some air."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1", "help", "help", key_display="?"),
        Binding("q,ctrl+q", "leave", "leave", key_display="q", priority=False),
        Binding("1", "room('launch')", "launch screen", show=False),
        Binding("2", "room('monitor')", "monitor screen", show=False),
        Binding("3", "room('results')", "results screen", show=False),
        Binding("ctrl+p", "command_palette", "palette", show=False),
        Binding("ctrl+l", "repaint", "write all of the screen again", show=False),
    ]

    def __init__(
        self,
        runs_dir: Path,
        *,
        plans: tuple[str, ...] = (),
        room: str | None = None,
        ascii_mode: bool = False,
        settings: SettingsRead | None = None,
        make_surveyor: Callable[[], SurveysDevices] | None = None,
    ) -> None:
        """Args:
        room: the screen to begin with; None: the one that was left last.
        settings: of the user; None: the settings file is read.
        make_surveyor: makes what looks at the devices; None: at those of this machine.
        """
        found = settings or read_settings()
        self.settings, self._mistakes = found.settings, found.mistakes
        self.remembered = Remembered(runs_dir)
        wanted = room or self.remembered.recall("screen", "monitor")
        there = rooms_there(read_only=is_read_only())
        self.DEFAULT_MODE = wanted if wanted in there else "monitor"  # type: ignore[misc]  # App.__init__ reads it
        no_color = os.environ.get("NO_COLOR")
        super().__init__()
        if no_color is not None:
            os.environ["NO_COLOR"] = no_color  # Textual took it away; children shall see it
        self._filters.insert(0, HarmlessFilter(HARMFUL))
        if ascii_mode:
            self._filters.append(PlainFilter())
        self._rooms: dict[str, Room] = {}
        self._runs: tuple[RunState, ...] = ()
        self._told = RunsChanged((), reading=Room.NOTHING_READ)
        self.latest_devices: DevicesSurveyed | None = None
        self._log_message: LogChanged | None = None
        self._make_surveyor = make_surveyor
        self.log_watcher: LogWatcher | None = None
        self.run_watcher: RunWatcher | None = None
        self.gpu_watcher: GpuWatcher | None = None
        """None: nothing is painted yet."""
        self.session = Session(
            runs_dir=runs_dir,
            read_log=lambda output, wish: self.log_watcher.read(output, wish) if self.log_watcher else None,
            look_at=lambda run_ids: self.run_watcher.look_at(run_ids) if self.run_watcher else None,
            look_now=lambda: self.run_watcher.look_now() if self.run_watcher else None,
            size=lambda: (self.size.width, self.size.height),
            newest_runs=lambda: self._runs,
            newest_devices=lambda: self.latest_devices,
            ascii_mode=ascii_mode,
            has_colours=not no_color,
            read_only=is_read_only(),
            keys=found.settings.keys,
            remembered=self.remembered,
            plans=plans,
        )
        for name in self.rooms:
            self.add_mode(name, partial(self._make_room, name))
        self.choose_theme()
        if found.settings.keys:
            rebind([self], found.settings.keys, among=[self])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A screen that there is not has no key."""
        is_gone = action == "room" and parameters[:1] and parameters[0] not in self.rooms
        return not is_gone and super().check_action(action, parameters)

    def get_driver_class(self) -> type[Driver]:
        """As Textual's, but on a terminal its own size counts."""
        chosen = super().get_driver_class()
        return TerminalDriver if chosen is LinuxDriver else chosen

    def on_mount(self) -> None:
        self.call_after_refresh(self._start_watching)

    def _start_watching(self) -> None:
        """After the first paint, as threads compete with it for the interpreter: runs, then the log, then devices."""
        from iqa_tui.watch import run_watcher  # noqa: PLC0415  after the first paint

        self.run_watcher = run_watcher.RunWatcher(self.session.runs_dir, self.post_message)
        self.run_watcher.start()

        from iqa_tui.watch import log_watcher  # noqa: PLC0415  as above

        self.log_watcher = log_watcher.LogWatcher(self.post_message)
        self.log_watcher.start()
        self.set_timer(DEVICES_SECONDS, self._watch_devices)
        for mistake in self._mistakes:
            self.notify(mistake, title="Settings", severity="warning", timeout=20)
        self.ask_terminal()
        self.begin_to_remember()

    def _watch_devices(self) -> None:
        """After the runs and the log: the driver's library takes as long to load as both take to be read."""
        from iqa_tui.watch import dispatcher_reviver as reviver  # noqa: PLC0415  as above
        from iqa_tui.watch import gpu_watcher, terminal  # noqa: PLC0415  as above

        gc.enable()
        assert self.run_watcher is not None
        self.gpu_watcher = gpu_watcher.GpuWatcher(
            self._make_surveyor or gpu_watcher.surveyor_of_this_machine,
            reviver.DispatcherReviver(self.session.runs_dir),
            self.run_watcher.queued,
            self.post_message,
        )
        self.gpu_watcher.start()
        if not self.is_headless:
            self.set_interval(terminal.LOOK_SECONDS, self._leave_a_lost_terminal)

    def _leave_a_lost_terminal(self) -> None:
        """Only the terminal's own session gets SIGHUP; an app in another one would read end of file for ever."""
        from iqa_tui.watch import terminal  # noqa: PLC0415  as above

        if terminal.terminal_is_gone():
            self.exit(return_code=terminal.HUNG_UP)

    def on_unmount(self) -> None:
        for watcher in (self.run_watcher, self.log_watcher, self.gpu_watcher):
            if watcher is not None:
                watcher.stop()
        self.remember_at_last()

    # What happened

    def on_runs_changed(self, message: RunsChanged) -> None:
        self._runs, self._told = message.runs, message
        for room in self._rooms.values():
            room.take_runs(message)
        if not message.problem:
            self.call_after_refresh(self.tell, message.runs)

    def on_log_changed(self, message: LogChanged) -> None:
        self._log_message = message
        for room in self._rooms.values():
            room.log_message = message

    def on_devices_surveyed(self, message: DevicesSurveyed) -> None:
        self.latest_devices = message
        for room in self._rooms.values():
            room.devices = message

    def on_screen_asked(self, message: ScreenAsked) -> None:
        if message.room == "export":
            self.open_export(message.group)
        else:
            self.action_room(message.room)

    # What leaves the widgets

    def copy_to_clipboard(self, text: str) -> None:
        """As Textual's, but one plain line: a text pasted into a shell must not press enter there. Tabs part cells."""
        super().copy_to_clipboard("\t".join(map(plain, text.split("\t"))))

    def copy_lines(self, lines: Iterable[str]) -> None:
        """Several plain lines, without an end of the last one: a shell asks for that before it runs it."""
        super().copy_to_clipboard("\n".join(map(plain, lines)))

    # Screens

    def _make_room(self, name: str) -> Room:
        """A screen is imported when the user first goes there: to import all would delay the first paint."""
        module = importlib.import_module(f"iqa_tui.screens.{name}")
        room: Room = getattr(module, f"{name.capitalize()}Screen")(self.session)
        room.begin_with(self._told)
        room.set_reactive(Room.runs, self._runs)
        room.set_reactive(Room.devices, self.latest_devices)
        room.set_reactive(Room.log_message, self._log_message)
        self._rooms[name] = room
        return room

    def action_room(self, name: str) -> None:
        """Go to a screen; it is as it was left."""
        if isinstance(self.screen, Room) and name in self.rooms:  # a dialog is answered first
            self.switch_mode(name)
            self.remembered.remember("screen", name)

    def open_export(self, group: str | None) -> None:
        self.action_room("results")
        room = self._rooms["results"]
        room.open_export(group)  # type: ignore[attr-defined]  # imported when the user goes there

    def action_help(self) -> None:
        from iqa_tui.screens.help import HelpScreen, help_entries  # noqa: PLC0415  after the first paint

        self.push_screen(HelpScreen(help_entries(self.screen)))


def run_app(
    runs_dir: Path, *, plan: str | None = None, screen: str | None = None, ascii_mode: bool | None = None
) -> int:
    """Open the app and return the exit code when it is left.

    Args:
        plan: a preset or file that stands first on the launch screen.
        screen: launch, monitor or results; None: the one that was left last.
        ascii_mode: None: if the terminal's encoding is not UTF-8.

    Raises:
        ValueError: no such screen.
    """
    if screen is not None and screen not in ROOMS:
        raise ValueError(f"there is no screen {screen!r}; use one of {', '.join(ROOMS)}")
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        print("iqa-tui: the app needs a terminal; use `iqa-tui status` without one.", file=sys.stderr)
        return 2
    if ascii_mode is None:
        ascii_mode = "utf" not in (sys.stderr.encoding or "").lower()
    app = IqaApp(runs_dir.absolute(), plans=(plan,) if plan else (), room=screen, ascii_mode=ascii_mode)
    app.run()
    for words_left in app.session.parting_words:
        print(f"iqa-tui: {plain_lines(words_left)}", file=sys.stderr)
    return app.return_code or 0
