"""The walls between the app, the trainer and the run folder, seen in fresh interpreters.

Import contracts (pyproject.toml) read the source; these tests see what is loaded in truth, importlib included.
"""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TORCH = {"torch", "torchvision", "timm"}
SCREEN = {"textual", "rich"}
DRAWING_ROOMS = {"app", "front", "screens", "panels", "widgets", "watch", "messages"}


def modules_below(name: str) -> list[str]:
    spec = find_spec(name)
    assert spec is not None
    if spec.submodule_search_locations is None:
        return [name]
    found = pkgutil.walk_packages(spec.submodule_search_locations, f"{name}.")
    return [name, *(module.name for module in found)]


def loaded_by(modules: list[str]) -> set[str]:
    """Every module in `sys.modules` after importing `modules` in an interpreter of their own."""
    names = [name for name in modules if not name.endswith("__main__")]
    program = f"import sys\nfor name in {names!r}: __import__(name)\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def packages(loaded: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in loaded}


APP_ROOMS = sorted(module.name for module in pkgutil.iter_modules([str(ROOT / "iqa_tui")]))


@pytest.mark.parametrize("room", APP_ROOMS)
def test_a_room_of_the_app_loads_nothing_of_the_trainer_but_the_run_folder(room: str) -> None:
    loaded = loaded_by(modules_below(f"iqa_tui.{room}"))
    assert not TORCH & packages(loaded)
    strangers = {name for name in loaded if name.startswith("training.") and not name.startswith("training.runfolder")}
    assert not strangers
    if room not in DRAWING_ROOMS:
        assert "textual" not in packages(loaded)


def test_the_app_starts_without_scipy() -> None:
    rooms = ("intervals", "findings", "paper", "power")
    computing = tuple(f"iqa_tui.results.{room}" for room in rooms)
    commands = ("iqa_tui.commands.findings", "iqa_tui.commands.paper", "iqa_tui.commands.telling_progress")
    modules = [name for name in modules_below("iqa_tui") if not name.startswith((*computing, *commands))]
    assert "scipy" not in packages(loaded_by(modules))


def test_the_trainer_loads_no_screen_and_nothing_of_the_app() -> None:
    loaded = packages(loaded_by(modules_below("training")))
    assert not {*SCREEN, "iqa_tui"} & loaded
    assert loaded >= TORCH


def test_the_trainers_flags_are_read_without_torch() -> None:
    assert not {*TORCH, "numpy", "scipy"} & packages(loaded_by(["training.config", "training.flags"]))


def test_what_surrounds_a_run_needs_the_standard_library_alone() -> None:
    beyond = packages(loaded_by(modules_below("training.process"))) - set(sys.stdlib_module_names)
    assert {name for name in beyond if not name.startswith(("_", "sitecustomize"))} == {"training"}


def test_the_run_folder_needs_the_standard_library_alone() -> None:
    beyond = packages(loaded_by(modules_below("training.runfolder"))) - set(sys.stdlib_module_names)
    assert {name for name in beyond if not name.startswith(("_", "sitecustomize"))} == {"training"}


def test_the_supervisor_needs_the_standard_library_and_the_run_folder_alone() -> None:
    loaded = loaded_by(["iqa_tui.service.supervisor"])
    beyond = packages(loaded) - set(sys.stdlib_module_names)
    assert {name for name in beyond if not name.startswith(("_", "sitecustomize"))} <= {"training", "iqa_tui"}


@pytest.mark.parametrize("room", ["iqa_tui.words", "iqa_tui.processes", "iqa_tui.trust.signature"])
def test_what_the_supervisor_stands_on_needs_the_standard_library_alone(room: str) -> None:
    beyond = packages(loaded_by(modules_below(room))) - set(sys.stdlib_module_names)
    assert {name for name in beyond if not name.startswith(("_", "sitecustomize"))} <= {"training", "iqa_tui"}


def test_the_first_paint_waits_for_nothing_that_only_runs_need() -> None:
    loaded = loaded_by(["iqa_tui.app", "iqa_tui.screens.monitor"])
    assert "textual" in loaded
    for_runs = {"numpy", "training.runfolder.schema", "iqa_tui.monitor.state", "iqa_tui.panels.curve_plots"}
    assert not for_runs & loaded


def test_package_roots_are_empty_because_importing_a_part_runs_them() -> None:
    for package in ("iqa_tui", "training"):
        assert (ROOT / package / "__init__.py").read_text() == ""


def test_the_import_contracts_hold() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint_imports, "--no-cache"], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
