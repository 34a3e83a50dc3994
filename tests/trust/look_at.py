"""A look of ann's at a folder of runs, and whether it executed a run there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.fakes.terminal import Terminal
from tests.trust.ground import Ground
from tests.trust.processes import Host, wait_until

FREE_SLOTS = {"IQA_TUI_CPU_SLOTS": "4"}
"""For a user who looks at a copy: the one slot that its original has must not be what keeps it from starting."""
SCREEN_SECONDS = 6.0


def own_leases(ground: Ground, name: str) -> Path:
    return ground.make(f"leases-{name}", mode=0o1777)


def look_at(ground: Ground, run: Path, command: str, host: Host | None = None) -> tuple[bool, str]:
    """Whether a look of ann's at the folder of a run executes it."""
    besides = ground.launchers()
    was_executed: Callable[[], bool] = (run / "stub.json").exists
    if command == "app":
        words = open_app(ground, run, was_executed)
    else:
        said = ground.iqa(ground.ann, "--runs-dir", run.parent, command, host=host, **FREE_SLOTS)
        words = said.line(run.name)
    if ground.comes_true(was_executed, besides=besides):
        return True, f"executed as user {(run / 'stub.json').stat().st_uid}"
    if command != "status":  # only there each row says why
        words = ground.status(ground.ann, run.parent, host=host, **FREE_SLOTS).line(run.name)
    return False, words


def open_app(ground: Ground, run: Path, is_enough: Callable[[], bool]) -> str:
    """The last line of the screen that names the run, once it was open for a while."""
    env = [f"{name}={value}" for name, value in ground.env(ground.ann, **FREE_SLOTS, TERM="xterm-256color").items()]
    program = ["env", "-i", *env, ground.python, "-m", "iqa_tui", "--runs-dir", str(run.parent)]
    with Terminal(ground.command(ground.ann, *program), 140, 40) as terminal:
        wait_until(lambda: terminal.read(0.2) or "queued" in terminal.text, SCREEN_SECONDS)
        wait_until(lambda: terminal.read(0.2) or is_enough(), SCREEN_SECONDS)
        lines = [" ".join(line.split()) for line in terminal.text.splitlines() if "queued" in line]
    return lines[0] if lines else "the screen says nothing of it"
