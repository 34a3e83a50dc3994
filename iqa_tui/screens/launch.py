"""Choose a plan, tick experiments, see where they would run and how long, launch."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Button, Input, Label

from iqa_tui.devices.device import DeviceState
from iqa_tui.devices.survey import Survey
from iqa_tui.errors import LaunchError, cannot_be_written
from iqa_tui.monitor import run_words
from iqa_tui.panels.command_view import CommandView
from iqa_tui.panels.device_list import DeviceList
from iqa_tui.panels.experiment_list import ExperimentList
from iqa_tui.panels.forecast import NAMES, StrategyList
from iqa_tui.panels.plan_list import PlanList
from iqa_tui.plans.flags import command_for
from iqa_tui.plans.forecast import jobs_of
from iqa_tui.plans.plan import Experiment, Plan, load_plan, preset_names
from iqa_tui.plans.request import LaunchRequest, plan_seeds
from iqa_tui.plans.simulate import STRATEGIES, Schedule, schedule
from iqa_tui.plans.trainer_files import trainer_digest_of
from iqa_tui.plans.typed import parse_seeds, parse_setting
from iqa_tui.queue.before_launch import notes_on_group
from iqa_tui.queue.check import check
from iqa_tui.queue.enqueue import enqueue
from iqa_tui.screens.confirm import Choice, ConfirmScreen
from iqa_tui.screens.room import Room, ScreenAsked, Session
from iqa_tui.widgets.row_table import RowTable
from training.runfolder.text import plain


class PlansLoaded(Message, bubble=False):
    """Every plan was read, or says why it cannot be."""

    def __init__(self, plans: tuple[tuple[str, Plan | str], ...], digests: dict[str, str]) -> None:
        super().__init__()
        self.plans = plans
        self.digests = digests
        """Plan to the digest of its trainer's source, as far as that is known."""


class LaunchScreen(Room):
    """What is ticked here is launched."""

    ROOM = "launch"
    CSS_PATH = "launch.tcss"
    AUTO_FOCUS = "#experiments"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "launch", "launch", key_display="⏎"),
        Binding("space", "tick", "tick"),
        Binding("a", "tick_all", "all/none"),
        Binding("s", "next_strategy", "strategy"),
        Binding("o", "settings", "settings"),
        Binding("y", "copy", "copy command"),
        Binding("escape", "leave_field", "back", show=False),
        Binding("tab", "next_panel(1)", "next panel", show=False),
        Binding("shift+tab", "next_panel(-1)", "previous panel", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._plans: tuple[tuple[str, Plan | str], ...] = ()
        self._digests: dict[str, str] = {}
        self._ticks: dict[str, set[str]] = {}
        """Plan to its ticked experiments."""
        self._unticked_devices: set[str] = set()
        self._strategy = STRATEGIES[0]
        self._launching = False

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
                    yield Input(placeholder="seeds, for example 1,2,3", id="seeds", compact=True)
                yield Button("Launch", id="launch-button", variant="primary", compact=True)
        yield CommandView()

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(self._load_plans, thread=True)

    def _load_plans(self) -> None:
        """In a thread: files are read."""
        names = [*self.session.plans, *(name for name in preset_names() if name not in self.session.plans)]
        plans = tuple((name, _plan_or_words(name)) for name in names)
        digests = {name: trainer_digest_of(plan) for name, plan in plans if isinstance(plan, Plan)}
        self.post_message(PlansLoaded(plans, digests))

    def on_plans_loaded(self, message: PlansLoaded) -> None:
        if not self.can_draw:
            return
        self._plans, self._digests = message.plans, message.digests
        for name, plan in message.plans:
            if isinstance(plan, Plan):
                self._ticks.setdefault(name, {each.id for each in plan.experiments if each.selected})
        plans = self.query_one(PlanList)
        plans.show_plans(message.plans)
        if not self.session.plans:
            plans.move_to(self._likely_plan())
        self._plan_changed()

    # What is chosen

    def _likely_plan(self) -> str:
        """That of the newest runs; without any the demo: a newcomer's first enter launches what runs anywhere."""
        ordered = run_words.in_plan_order(self.runs)
        plan = ordered[0].spec.plan if ordered and ordered[0].spec else {}
        return str(plan.get("name", "demo"))

    @property
    def _plan_name(self) -> str:
        return self.query_one(PlanList).cursor_key or ""

    @property
    def _plan(self) -> Plan | None:
        plan = dict(self._plans).get(self._plan_name)
        return plan if isinstance(plan, Plan) else None

    @property
    def _ticked(self) -> set[str]:
        return self._ticks.get(self._plan_name, set())

    def _ticked_experiments(self) -> list[Experiment]:
        return [each for each in self._plan.experiments if each.id in self._ticked] if self._plan else []

    def _request(self, plan: Plan) -> LaunchRequest:
        """Raises ValueError, in words, for settings that cannot be read."""
        return LaunchRequest(
            plan=plan,
            experiments=tuple(each.id for each in self._ticked_experiments()),
            seeds=chosen_seeds(self.query_one("#seeds", Input).value),
            overrides=parse_overrides(self.query_one("#overrides", Input).value),
            devices=self._chosen_devices(),
            strategy=self._strategy,
            runs_dir=self.session.runs_dir,
        )

    def _chosen_devices(self) -> tuple[str, ...] | None:
        """None where every device is ticked: then any will do, those that come later too."""
        states = choosable(self.devices.survey) if self.devices else []
        ticked = [state.device for state in states if state.device.key not in self._unticked_devices]
        if len(ticked) == len(states):
            return None
        names = (device.label.removeprefix("GPU ") if device.kind == "gpu" else "cpu" for device in ticked)
        return tuple(dict.fromkeys(names))

    # What is drawn

    def _plan_changed(self) -> None:
        name, plan = self._plan_name, self._plan
        problem = dict(self._plans).get(name, "")
        self.query_one(ExperimentList).show_plan(plan, self._ticked, problem if isinstance(problem, str) else "")
        count = len(self._ticked_experiments())
        self.query_one(ExperimentList).set_title(
            f"Experiments · {plain(plan.title)} · {count} ticked" if plan else "Experiments"
        )
        self._show_forecast()
        self._show_command()

    def _show_forecast(self) -> None:
        self.query_one(StrategyList).show_schedules(self._schedules(), self._strategy)

    def _schedules(self) -> dict[str, Schedule]:
        """Strategy to what it would do; {} where no hours are known, or the settings cannot be read."""
        devices = self._device_count()
        if self._plan is None or not devices or not any(each.expected_hours for each in self._ticked_experiments()):
            return {}
        try:
            jobs = jobs_of(self._request(self._plan))
        except ValueError:
            return {}
        return {name: schedule(jobs, devices, name) for name in STRATEGIES}

    def _device_count(self) -> int:
        """Ticked ones that get runs, now or once they are free."""
        if self.devices is None:
            return 1
        usable = [state for state in choosable(self.devices.survey) if not state.withdrawn and not is_broken(state)]
        return sum(state.device.key not in self._unticked_devices for state in usable)

    def _show_command(self) -> None:
        """The command of the experiment under the cursor; on the devices, what is to say of one of them."""
        devices = self.query_one(DeviceList)
        if self.devices is not None and devices.has_focus:
            state = next((each for each in self.devices.survey.devices if each.device.key == devices.cursor_key), None)
            self.query_one(CommandView).show_words(*device_words(state, self.devices.survey.note))
            return
        experiment, plan = self._experiment_under_cursor(), self._plan
        if experiment is None or plan is None:
            self.query_one(CommandView).show("", ())
            return
        try:
            overrides = parse_overrides(self.query_one("#overrides", Input).value)
            seed, *_ = chosen_seeds(self.query_one("#seeds", Input).value) or plan_seeds(plan, overrides)
        except ValueError as error:
            self.query_one(CommandView).show(str(error), ())
            return
        overrides.pop("seed", None)
        self.query_one(CommandView).show(experiment.id, command_for(plan, experiment, overrides, seed))

    def _experiment_under_cursor(self) -> Experiment | None:
        key, plan = self.query_one(ExperimentList).cursor_key, self._plan
        return next((each for each in plan.experiments if each.id == key), None) if plan else None

    def devices_changed(self) -> None:
        if self.devices is not None:
            self.query_one(DeviceList).show_survey(self.devices.survey, self._unticked_devices)
            self._show_forecast()
            self._show_command()

    # What a person does

    def on_row_table_cursor_moved(self, message: RowTable.CursorMoved) -> None:
        message.stop()
        if isinstance(message.table, PlanList):
            self._plan_changed()
        elif isinstance(message.table, ExperimentList | DeviceList):
            self._show_command()
        elif isinstance(message.table, StrategyList) and message.key:
            self._choose_strategy(message.key)

    def on_row_table_row_clicked(self, message: RowTable.RowClicked) -> None:
        message.stop()
        self.action_tick()

    def on_descendant_focus(self) -> None:
        self._show_command()

    @on(Input.Changed)
    def _settings_changed(self) -> None:
        self._show_forecast()
        self._show_command()

    @on(Input.Submitted)
    def action_leave_field(self) -> None:
        self.query_one(ExperimentList).focus()

    @on(Button.Pressed, "#launch-button")
    def _button_pressed(self) -> None:
        self.action_launch()

    def action_tick(self) -> None:
        """Tick what is under the cursor of the focused list, or no longer."""
        if isinstance(self.focused, DeviceList) and (key := self.focused.cursor_key):
            self._unticked_devices ^= {key}
            self.devices_changed()  # a key of a device that has no box changes nothing
        elif isinstance(self.focused, StrategyList) and (key := self.focused.cursor_key):
            self._choose_strategy(key)
        elif (key := self.query_one(ExperimentList).cursor_key) and self._plan:
            self._ticks[self._plan_name] = self._ticked ^ {key}
            self._plan_changed()

    def action_tick_all(self) -> None:
        everything = {each.id for each in self._plan.experiments} if self._plan else set()
        self._ticks[self._plan_name] = set() if self._ticked == everything else everything
        self._plan_changed()

    def action_next_strategy(self) -> None:
        following = STRATEGIES[(STRATEGIES.index(self._strategy) + 1) % len(STRATEGIES)]
        self._choose_strategy(following)
        self.query_one(StrategyList).move_to(following)

    def _choose_strategy(self, strategy: str) -> None:
        self._strategy = strategy
        self._show_forecast()

    def action_settings(self) -> None:
        self.query_one("#overrides", Input).focus()

    def action_copy(self) -> None:
        command = self.query_one(CommandView).command
        if command:
            self.app.copy_to_clipboard(command)
            self.notify(f"Copied the command: {command}", markup=False)

    def action_launch(self) -> None:
        """Ask once, with a summary, then check and queue."""
        plan = self._plan
        if plan is None or self._launching:
            return
        try:
            request = self._request(plan)
            request.seeds_or_default()
        except ValueError as error:
            self._complain("These settings cannot be read", str(error))
            return
        if not request.experiments:
            self._complain("Nothing is ticked", "Tick an experiment with space, or all of them with a.")
            return
        if request.devices == ():
            self._complain("No device is ticked", "Tick one with space, or all of them: then any will do.")
            return
        choices = (Choice("launch", "Launch", "primary"), Choice("back", "Not yet"))
        self.app.push_screen(
            ConfirmScreen(f"Launch {plan.name}?", self._summary(request), choices, safe="back"),
            lambda answer: self._launch(request) if answer == "launch" else None,
        )

    def _summary(self, request: LaunchRequest) -> list[str]:
        seeds = request.seeds_or_default()
        count = len(request.experiments or ()) * len(seeds)
        schedules = self.query_one(StrategyList)
        lines = [f"{count} run{'s' if count != 1 else ''}: {', '.join(request.experiments or ())}"]
        if request.seeds or len(seeds) > 1:
            lines.append(f"seeds: {', '.join(map(str, seeds))}")
        if request.overrides:
            lines.append("settings: " + " ".join(f"{flag}={value}" for flag, value in request.overrides.items()))
        lines.append(f"devices: {', '.join(request.devices) if request.devices else 'any that is free'}")
        lines.append(f"strategy: {NAMES[request.strategy]}{schedules.hours_words(request.strategy)}")
        lines.append(f"into {request.runs_dir}")
        return lines + notes_on_group(request, self.runs, self._digests.get(self._plan_name, ""))

    def _launch(self, request: LaunchRequest) -> None:
        self._launching = True
        self.query_one(CommandView).set_subtitle("checking the flags …")
        name = self._plan_name
        self.run_worker(lambda: self._check_and_enqueue(request, name), thread=True)

    def _check_and_enqueue(self, request: LaunchRequest, name: str) -> None:
        """In a thread: each experiment's flags are judged by the trainer itself, a process each."""
        app, problem = self.app, ""  # a screen that is gone knows of no app
        try:
            check(request)
            enqueue(request)
        except (LaunchError, OSError) as error:
            if isinstance(error, OSError):
                error = cannot_be_written(Path(error.filename or request.runs_dir), error)
            problem = f"{error}\n\n`iqa-tui doctor {shlex.quote(name)}` tells what else is in the way."
        self.session.parting_words[:] = [f"Nothing was launched: {problem}" if problem else "The runs are queued."]
        if app.is_running:
            app.call_from_thread(self._launched, problem)

    @property
    def is_launching(self) -> bool:
        return self._launching

    def _launched(self, problem: str) -> None:
        self._launching = False
        self.query_one(CommandView).set_subtitle("")
        if problem:
            self._complain("Nothing was launched", problem, lambda _: self.session.parting_words.clear())
            return
        self.session.parting_words.clear()
        self.session.look_now()
        self.post_message(ScreenAsked("monitor"))

    def _complain(self, title: str, problem: str, then: Callable[[str | None], None] | None = None) -> None:
        self.app.push_screen(ConfirmScreen(title, problem.splitlines(), (Choice("close", "Close"),)), then)

    def check_action(self, action: str, parameters: tuple[Any, ...]) -> bool | None:  # noqa: ARG002  Textual's signature
        """While one types into a field, enter and space belong to the field."""
        typing = isinstance(self.focused, Input)
        return not (typing and action in ("launch", "tick"))


def choosable(survey: Survey) -> list[DeviceState]:
    """Devices of the kind that runs get here; those that the environment hides are nobody's to choose."""
    return [state for state in survey.devices if state.allowed and state.device.kind == survey.default_kind]


def is_broken(state: DeviceState) -> bool:
    """Whether nothing that ends would make it free."""
    return state.sample is not None and bool(state.sample.problem)


def device_words(state: DeviceState | None, note: str) -> tuple[str, list[str]]:
    """Title and lines: all that the list has no room for."""
    if state is None:
        return "Devices", [note]
    return f"{state.device.label} · {state.device.name}", [state.reason, note]


def _plan_or_words(name: str) -> Plan | str:
    try:
        return load_plan(name)
    except LaunchError as error:
        return str(error)


def parse_overrides(text: str) -> dict[str, str]:
    """`epochs=1 data_path=/data` as flags. Raises ValueError, in words, for anything else."""
    try:
        return dict(map(parse_setting, text.split()))
    except ValueError as error:
        raise ValueError(f"Settings: {error}.") from None


def chosen_seeds(text: str) -> tuple[int, ...] | None:
    """None where nothing is written: the plan's own. Raises ValueError, in words, for anything but numbers."""
    try:
        return parse_seeds(text) or None
    except ValueError as error:
        raise ValueError(f"Seeds: {error}.") from None
