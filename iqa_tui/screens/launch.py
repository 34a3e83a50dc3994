"""Choose a plan, tick experiments, see on which devices they would run and for how long, launch."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Label

from iqa_tui.panels.command_view import CommandView
from iqa_tui.panels.device_list import DeviceList
from iqa_tui.panels.experiment_list import ExperimentList
from iqa_tui.panels.forecast import ForecastPanel
from iqa_tui.panels.gpu_users import RunOnGpu
from iqa_tui.panels.plan_list import PlanList
from iqa_tui.panels.strategy_list import StrategyList
from iqa_tui.plans.choice import LaunchChoice
from iqa_tui.plans.plan import Plan, preset_names
from iqa_tui.plans.simulate import STRATEGY_NAMES
from iqa_tui.plans.trainer_files import trainer_digest_of
from iqa_tui.queue.last_plans import last_plans
from iqa_tui.screens import launch_facts
from iqa_tui.screens.expected_start import StartRoom
from iqa_tui.screens.launching import LaunchingRoom
from iqa_tui.screens.opening_plan import OpeningRoom
from iqa_tui.screens.power import PowerRoom
from iqa_tui.screens.room import HIGH_FROM, Session
from iqa_tui.screens.runs_on_gpus import runs_on_gpus
from iqa_tui.widgets.row_table import RowTable

MOST_FORECAST, MOST_FORECAST_LOW = 9, 4
"""Lines of the chart in a terminal of any height, and in a low one."""
OTHER_LINES = 26
"""Of a terminal that is not low: all but the chart, with three devices."""
FRAME = 2


class PlansLoaded(Message, bubble=False):
    """Every plan was read, or says why it cannot be."""

    def __init__(self, plans: dict[str, Plan | str], digests: dict[str, str]) -> None:
        super().__init__()
        self.plans = plans
        self.digests = digests
        """Name or path to the digest of the trainer's code; empty if it is not known."""


class LaunchScreen(OpeningRoom, LaunchingRoom, PowerRoom, StartRoom):
    """Draws a `LaunchChoice`, and makes a new one of every key."""

    ROOM = "launch"
    CSS_PATH = "launch.tcss"
    AUTO_FOCUS = "#experiments"
    TURNS: ClassVar[Mapping[str, str]] = {
        **{name: name for name in ("plans", "experiments", "devices", "strategies")},
        **dict.fromkeys(("overrides", "seeds", "splits", "launch-button"), "settings"),
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "launch", "launch", key_display="enter"),
        Binding("space", "tick", "tick"),
        Binding("a", "tick_all", "all/none"),
        Binding("s", "next_strategy", "strategy"),
        Binding("o", "open_plan", "open plan"),
        Binding("f", "settings", "flags, seeds", tooltip="flags over the plan's, seeds and splits"),
        Binding("y", "copy", "copy command"),
        Binding("escape", "leave_field", "back", show=False),
        Binding("tab", "next_panel(1)", "next panel"),
        Binding("shift+tab", "next_panel(-1)", "previous panel", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._choice = LaunchChoice(session.runs_dir)
        self._digests: dict[str, str] = {}
        self._progress = ""
        self._guess = ""
        """The plan that was chosen before any run was read."""
        self._alive: dict[str, RunOnGpu] = {}

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="columns"):
            with Vertical(id="left"):
                yield PlanList()
                yield ExperimentList()
            with Vertical(id="right"):
                yield DeviceList()
                yield StrategyList()
                with Vertical(id="settings", classes="panel") as settings:
                    settings.border_title = "Settings"
                    yield Label("over the plan's flags, for all experiments", classes="hint")
                    yield Input(placeholder="epochs=1 data_path=/data/koniq", id="overrides", compact=True)
                    with Horizontal(id="repetitions"):
                        yield Input(placeholder="seeds: 1,2,3", id="seeds", compact=True)
                        yield Input(placeholder="splits: 10", id="splits", compact=True)
                yield Button("Launch", id="launch-button", variant="primary", compact=True)
        yield ForecastPanel(has_signs=self.session.has_signs or self.session.ascii_mode)
        yield CommandView()

    def on_mount(self) -> None:
        self.run_worker(self._load_plans, thread=True)

    def _load_plans(self) -> None:
        """In a thread: files are read."""
        named = {str(Path(name).absolute()) for name in self.session.plans}
        last = (name for name in last_plans(self.session.runs_dir) if name not in named)
        names = dict.fromkeys([*self.session.plans, *last, *preset_names()])
        plans = {name: launch_facts.plan_or_words(name) for name in names}
        digests = {name: trainer_digest_of(plan) for name, plan in plans.items() if isinstance(plan, Plan)}
        self.post_message(PlansLoaded(plans, digests))

    def on_plans_loaded(self, message: PlansLoaded) -> None:
        if not self.can_draw:
            return
        self._digests = message.digests
        plans = self.query_one(PlanList)
        plans.show_plans(message.plans)
        if not self.session.plans:
            plans.move_to(launch_facts.likely_plan(self.runs, message.plans))
            self._guess = (plans.cursor_key or "") if self.reading == self.NOTHING_READ else ""
        self._choose(replace(self._choice.with_plans(message.plans), plan_name=plans.cursor_key or ""))

    # What is drawn

    def _choose(self, choice: LaunchChoice) -> None:
        self._choice = choice
        self._show_experiments()
        if self.devices is not None:
            devices, ticks = self.query_one(DeviceList), choice.device_ticks()
            devices.show_survey(self.devices.survey, ticks, self._alive, choice.partitions)
        self.query_one(StrategyList).show_schedules(choice.schedules(), choice.strategy, choice.fleet().short_words)
        self.look_up_start(choice)
        self.show_forecast()
        self._show_command()
        self._show_last_launch()
        self.look_up_power(choice)

    def show_forecast(self) -> None:
        choice, forecast = self._choice, self.query_one(ForecastPanel)
        words, is_here = choice.fleet().words, choice.devices is not None and choice.partition is None
        if is_here and choice.device_kind == "cpu" and choice.plan and not choice.plan.demo:
            words = "; ".join(filter(None, (words, "the hours are the plan's, for a GPU: a CPU takes far longer")))
        strategy, timeline = STRATEGY_NAMES[choice.strategy], replace(choice.timeline(), starts=self.start_words)
        forecast.show(timeline, strategy, words, time.time())
        self.body_resized()

    def body_resized(self) -> None:
        """The forecast has a line a device, as far as the lists keep their room."""
        for forecast in self.query(ForecastPanel):
            high = min(MOST_FORECAST, self.size.height - OTHER_LINES)
            most = high if self.size.height >= HIGH_FROM else MOST_FORECAST_LOW
            forecast.styles.height = min(most, forecast.lines_wanted) + FRAME
        self.draw_power()

    def _show_experiments(self) -> None:
        choice, experiments = self._choice, self.query_one(ExperimentList)
        if not choice.plans:  # they are still read
            return
        experiments.show_plan(choice.plan, choice.ticked, choice.plan_problem)

    def _show_command(self) -> None:
        """The command of the experiment under the cursor; if the devices have the focus, the words of one of them."""
        devices, command = self.query_one(DeviceList), self.query_one(CommandView)
        if self.devices is not None and devices.has_focus:
            told = launch_facts.words_at_cursor(self._choice, self.devices.survey, devices.cursor_key)
            command.show_words(*told)
            return
        experiment = self.query_one(ExperimentList).cursor_key
        try:
            words = self._choice.command_of(experiment)
        except ValueError as error:
            command.show(str(error), ())
            return
        command.show((experiment or "") if words else "", words)

    def show_progress(self, words: str) -> None:
        self._progress = words
        self.query_one("#launch-button", Button).label = Content(words or "Launch")
        self._show_last_launch()

    def _show_last_launch(self) -> None:
        """Below the command: what differs from the last launch, or what a launch does now."""
        digest = self._digests.get(self._choice.plan_name, "")
        hint = " esc cancels" if self.is_checking else ""
        words = launch_facts.words_on_last_launch(self._choice, self.runs, digest, time.time())
        self.query_one(CommandView).set_subtitle(f"{self._progress}{hint}" or words)

    def devices_changed(self) -> None:
        if self.devices is not None:
            self._alive = runs_on_gpus(self.runs, has_signs=self.session.has_signs)
            self._choose(launch_facts.with_devices(self._choice, self.devices, self.runs, time.time()))

    def runs_changed(self) -> None:
        """Once they are known, so is the likely plan, unless the user chose one meanwhile."""
        plans, guess = self.query_one(PlanList), self._guess
        self._guess = ""
        if guess and plans.cursor_key == guess:
            plans.move_to(launch_facts.likely_plan(self.runs, self._choice.plans))
        if self.is_current:
            self.devices_changed()

    def on_screen_resume(self) -> None:
        if self.can_draw:
            self.devices_changed()

    # What the user does

    def on_row_table_cursor_moved(self, message: RowTable.CursorMoved) -> None:
        message.stop()
        if isinstance(message.table, PlanList):
            self._choose(replace(self._choice, plan_name=message.table.cursor_key or ""))
        elif isinstance(message.table, ExperimentList | DeviceList):
            self._show_command()
        elif isinstance(message.table, StrategyList) and message.key:
            self._choose(replace(self._choice, strategy=message.key))

    def on_row_table_row_clicked(self, message: RowTable.RowClicked) -> None:
        message.stop()
        self.action_tick()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:  # noqa: ARG002  Textual calls the room's too
        self._show_command()

    @on(Input.Changed, "#overrides, #seeds, #splits")
    def _settings_changed(self) -> None:
        fields = ("#overrides", "#seeds", "#splits")
        settings, seeds, splits = (self.query_one(field, Input).value for field in fields)
        self._choose(replace(self._choice, settings=settings, seeds=seeds, splits=splits))

    @on(Input.Submitted, "#overrides, #seeds, #splits")
    def action_leave_field(self) -> None:
        if self.is_opening:
            self.close_field()
        elif isinstance(self.focused, Input) or not self.cancel_wish():
            self.field_closed()

    def field_closed(self) -> None:
        self.query_one(ExperimentList).focus()

    def plan_opened(self, path: str, plan: Plan, digest: str) -> None:
        """It stands first, and what it selects is ticked anew."""
        others = {name: other for name, other in self._choice.plans.items() if name != path}
        ticks = {name: ids for name, ids in self._choice.ticks.items() if name != path}
        choice = replace(self._choice, ticks=ticks, plan_name=path).with_plans({path: plan, **others})
        self._digests = {**self._digests, path: digest}
        plans = self.query_one(PlanList)
        plans.show_plans(choice.plans)
        plans.move_to(path)
        self._choose(choice)

    @on(Button.Pressed, "#launch-button")
    def _button_pressed(self) -> None:
        self.action_launch()

    def action_tick(self) -> None:
        """Tick what is under the cursor of the focused list, or untick it."""
        if isinstance(self.focused, DeviceList) and (key := self.focused.cursor_key):
            self._choose(self._choice.tick_device(key))
        elif isinstance(self.focused, StrategyList) and (key := self.focused.cursor_key):
            self._choose(replace(self._choice, strategy=key))
        elif (key := self.query_one(ExperimentList).cursor_key) and self._choice.plan:
            self._choose(self._choice.tick(key))

    def action_tick_all(self) -> None:
        self._choose(self._choice.tick_all())

    def action_next_strategy(self) -> None:
        self._choose(self._choice.next_strategy())
        self.query_one(StrategyList).move_to(self._choice.strategy)

    def action_settings(self) -> None:
        self.query_one("#overrides", Input).focus()

    def action_copy(self) -> None:
        command = self.query_one(CommandView).command
        if command:
            self.app.copy_to_clipboard(command)
            self.notify(f"Copied the command: {command}", markup=False)

    def action_launch(self) -> None:
        self.ask_to_launch(self._choice)

    def check_action(self, action: str, parameters: tuple[Any, ...]) -> bool | None:  # noqa: ARG002  Textual's signature
        """While the user types into a field, enter and space belong to the field."""
        typing = isinstance(self.focused, Input)
        return not (typing and action in ("launch", "tick"))
