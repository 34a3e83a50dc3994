"""`--version`, and what commands that print load."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from iqa_tui.commands.version import VERSION
from tests.fakes.lab import Lab

ROOT = Path(__file__).parents[3]


def test_the_version_is_that_of_the_package() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION


def loaded_by(*words: str) -> set[str]:
    """Packages in `sys.modules` after a command has run in an interpreter of its own."""
    program = (
        "import sys\nfrom iqa_tui.__main__ import main\ntry: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "print('LOADED', *{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize(
    "command", [["--version"], ["status"], ["status", "--json"], ["plan", "koniq-losses"], ["export", "koniq-losses"]]
)
def test_a_command_that_prints_loads_nothing_that_draws_or_computes(lab: Lab, command: list[str]) -> None:
    loaded = loaded_by("--runs-dir", str(lab.runs_dir), *command)
    assert not {"textual", "rich", "torch", "torchvision", "timm", "numpy", "scipy"} & loaded


def test_the_version_loads_next_to_nothing() -> None:
    assert not {"json", "psutil", "pynvml", "subprocess", "tomllib"} & loaded_by("--version")
