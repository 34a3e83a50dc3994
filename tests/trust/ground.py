"""The place of one attack: made-up users, folders and hosts, and every process that was started there.

It drives the program from outside, by commands and files, so that any checkout can be put to the test. Only for root.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.trust.interpreter import Program
from tests.trust.place import PATIENCE_SECONDS, GroundError, User
from tests.trust.processes import Processes, Said, wait_until


@dataclass(frozen=True)
class Launched:
    """What came of a launch."""

    runs: list[Path]
    said: Said


class Ground(Processes):
    """Use it in a `with` block: at its end every process of it is gone, and so are its folders."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._plans = 0

    def iqa(self, user: User, *argv: str | Path, **options: Any) -> Said:
        """`iqa-tui …`"""
        return self.run(user, self.python, "-m", "iqa_tui", *argv, **options)

    def status_command(self, runs_dir: Path) -> list[str]:
        return [self.python, "-m", "iqa_tui", "--runs-dir", str(runs_dir), "status"]

    def status(self, user: User, runs_dir: Path, **options: Any) -> Said:
        return self.iqa(user, "--runs-dir", runs_dir, "status", **options)

    def rows(self, user: User, runs_dir: Path, **options: Any) -> dict[str, dict[str, Any]]:
        """Run id to what `status --json` says of it; {} if it says nothing."""
        said = self.iqa(user, "--runs-dir", runs_dir, "status", "--json", **options)
        try:
            content = json.loads(said.output[said.output.index(b"{") :])
        except ValueError:
            return {}
        return {row["run_id"]: row for row in content["runs"]}

    def plan(
        self,
        *rows: Mapping[str, Any],
        command: Sequence[str] | None = None,
        name: str = "plan",
        base: Mapping[str, Any] | None = None,
    ) -> Path:
        """A plan for the stub trainer, whose flags are its rows'; () as command: for our own trainer."""
        self._plans += 1
        stub = [self.python, str(self.tools / "stub_trainer.py"), "--run_folder", "{run_folder}"]
        words = stub if command is None else list(command)
        lines = [f'name = "{name}"', *([f"command = {json.dumps(words)}"] if words else [])]
        if base:
            lines += ["[base]", *(f"{key} = {json.dumps(value)}" for key, value in base.items())]
        for number, row in enumerate(rows, 1):
            flags = {key: value for key, value in row.items() if key not in ("id", "label")}
            row_id = row.get("id", f"E{number}")
            lines += ["[[experiment]]", f'id = "{row_id}"', f"label = {json.dumps(row.get('label', row_id))}"]
            lines += [f"flags = {{ {', '.join(f'{key} = {json.dumps(value)}' for key, value in flags.items())} }}"]
        path = self.folder / f"plan-{self._plans}.toml"
        path.write_text("\n".join(lines) + "\n")
        path.chmod(0o644)
        return path

    def launch(
        self,
        user: User,
        runs_dir: Path,
        plan: Path,
        *argv: str | Path,
        program: Sequence[str | Path] = (),
        patience_seconds: float = PATIENCE_SECONDS,
        **options: Any,
    ) -> Launched:
        """Queue a plan, and let go as soon as one of its runs has started, or none has within a moment."""
        before = set(runs_dir.iterdir()) if runs_dir.is_dir() else set()
        output = self.folder / f".launch-{time.monotonic_ns()}"
        began = time.monotonic()
        words = [*(program or (self.python,)), "-m", "iqa_tui", "--runs-dir", runs_dir, "launch", plan]
        process = self.start(user, *words, "--headless", "--wait", "0.5", *argv, output=output, **options)

        def new_runs() -> list[Path]:
            made = set(runs_dir.iterdir()) - before if runs_dir.is_dir() else set()
            return sorted(path for path in made if (path / "spec.json").exists())

        wait_until(lambda: process.poll() is not None or any(map(started, new_runs())), patience_seconds)
        if process.poll() is None:
            process.kill()
        code = process.wait()
        runs = sorted(new_runs(), key=lambda run: json.loads((run / "spec.json").read_bytes())["order"])
        return Launched(runs, Said(code, output.read_bytes(), time.monotonic() - began))

    def queue(self, user: User, runs_dir: Path, plan: Path, *argv: str | Path, **options: Any) -> list[Path]:
        """As `launch`, but it must succeed."""
        launched = self.launch(user, runs_dir, plan, *argv, **options)
        if not launched.runs:
            raise GroundError(f"nothing was queued: {launched.said.line('error')}")
        return launched.runs

    def queue_behind(self, user: User, runs_dir: Path, **options: Any) -> tuple[Path, Path, Path]:
        """A run that has the only slot, one that waits for it, and the file that ends the first."""
        end = self.public / f"end-{time.monotonic_ns()}"
        plan = self.plan({"id": "E1", "until": str(end)}, {"id": "E2"})
        first, second = self.queue(user, runs_dir, plan, **options)
        self.until(lambda: started(first), "the first run to start")
        return first, second, end

    def launchers(self) -> set[int]:
        """Dispatchers and supervisors."""
        return set(self.commands("iqa_tui.service"))

    def comes_true(self, question: Callable[[], Any], *, besides: set[int], seconds: float = 12.0) -> bool:
        """Whether it becomes true before the launcher has nothing left to do.

        Args:
            besides: dispatchers and supervisors that were there before and do not count.
        """
        quiet_looks = 0
        deadline = time.monotonic() + seconds
        while not question() and quiet_looks < 4 and time.monotonic() < deadline:
            quiet_looks = 0 if self.launchers() - besides else quiet_looks + 1
            time.sleep(0.1)
        return bool(question())

    def trainers(self, about: Path | str) -> list[int]:
        """Stub trainers for this run, or of this folder of runs."""
        return self.commands("stub_trainer.py", str(about))

    def dispatchers(self) -> list[int]:
        return self.commands("iqa_tui.service.dispatcher")


def started(run: Path) -> bool:
    """Whether a stub trainer has begun in this folder."""
    return (run / "stub.json").exists()


def stub(run: Path) -> dict[str, Any]:
    """What it said of itself."""
    content: dict[str, Any] = json.loads((run / "stub.json").read_bytes())
    return content
