"""Does to a launcher whatever a bad night does, by a seed: kills, power cuts, a full disk, a wrong clock, torn files."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable

from iqa_tui.errors import LaunchError
from iqa_tui.processes.start import trainer_variables
from iqa_tui.queue.dispatching import ensure_dispatcher, revive_dispatcher
from iqa_tui.queue.hold import hold_run, prioritise_run, release_run
from iqa_tui.queue.retry import retry_run
from iqa_tui.queue.stop import stop_run
from iqa_tui.trust.signature import write_signed
from tests.chaos.ground import TRAINER, Ground
from tests.chaos.judge import FORGED, Watch
from tests.chaos.strangers import Strangers
from training.runfolder.errors import RunFolderError
from training.runfolder.folders import create_run_folder, list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.spec import Spec
from training.runfolder.status import run_status

MOST_OPEN_RUNS = 9
FULL_DISK_SECONDS = (0.5, 2.0)
PAUSE_SECONDS = (0.1, 0.6)
TURNS_A_LOOK = 8
REFUSED = (LaunchError, RunFolderError, OSError)
"""What an order at a bad moment may be answered with: words, and nothing is lost."""


class Saboteur:
    """One bad night."""

    def __init__(self, ground: Ground, watch: Watch, rng: random.Random, say: Callable[[str], None]) -> None:
        self._ground, self._watch, self._random, self._say = ground, watch, rng, say
        self.kills: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self._runs = 0
        self._full_until = 0.0
        self._is_held: set[str] = set()
        self._strangers = Strangers(ground, watch, rng, say)

    def rage(self, seconds: float, has_seen_enough: Callable[[], bool]) -> None:
        deadline = time.monotonic() + seconds
        acts: list[tuple[Callable[[], None], int]] = [
            (self._kill_one, 20),
            (self._cut_a_run, 3),
            (self._cut_the_power, 1),
            (self._tear, 3),
            (self._fill_the_disk, 1),
            (self._step_the_clock, 2),
            (self._order, 8),
            (self._retry, 16),
            (self._app, 10),
            (self._strangers.rename_a_run, 3),
            (self._strangers.rename_the_runs, 1),
            (self._strangers.forge, 4),
            (self._strangers.look_from_another_host, 2),
        ]
        self._launch(4)
        self._ground.open_app()
        turn = 0
        while time.monotonic() < deadline and not (turn % TURNS_A_LOOK == 0 < turn and has_seen_enough()):
            turn += 1
            if self._full_until and time.monotonic() >= self._full_until:
                self._ground.free_disk()
                self._full_until = 0.0
            if len(self._open_runs()) < MOST_OPEN_RUNS:
                self._launch(1)
            # Each in turn at first, so that even a short night has them all; then as it falls.
            act = acts[turn][0] if turn < len(acts) else self._random.choices(*zip(*acts, strict=True))[0]
            act()
            self.faults[act.__name__.strip("_").replace("_", " ")] += 1
            time.sleep(self._random.uniform(*PAUSE_SECONDS))

    def calm(self, seconds: float) -> None:
        """Break nothing more, and ask for whatever is not done, until all is done or the time is over."""
        self._ground.free_disk()
        self._ground.step_clock(0.0)
        self._strangers.leave()
        self._end_apps()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            left = self._open_runs()
            if not left and not self._ground.processes():
                return
            for run in left:
                self._help(run)
            with contextlib.suppress(*REFUSED):
                revive_dispatcher(self._ground.runs_dir)
            time.sleep(0.3)

    def _help(self, run: RunFolder) -> None:
        status = run_status(run)
        with contextlib.suppress(*REFUSED):
            if status.held:
                release_run(run)
            elif status.phase in (Phase.FAILED, Phase.STOPPED, Phase.LOST):
                retry_run(run)

    def _end_apps(self) -> None:
        for pid, role in self._ground.processes().items():
            if role == "app":
                self._kill(pid, role)

    def _open_runs(self) -> list[RunFolder]:
        runs = [run for run in list_runs(self._ground.runs_dir) if not run.path.name.startswith(FORGED)]
        return [run for run in runs if not run.result.exists()]

    # Work for the launcher

    def _launch(self, count: int) -> None:
        for _ in range(count):
            with contextlib.suppress(OSError):  # the disk is full, and the launch says so
                run = create_run_folder(self._ground.runs_dir, f"run-{self._runs:03d}")
                self._runs += 1
                flags = [flag for flag, share in FLAGS.items() if self._random.random() < share]
                argv = [sys.executable, str(TRAINER), "--run_folder", "{run_folder}", *flags]
                steps = self._random.choice((10, 20, 40))
                spec = Spec(run.run_id, run.run_id, run.run_id, [*argv, "--steps", str(steps)], time.time())
                write_signed(run, spec, trainer_variables())
        with contextlib.suppress(OSError):
            ensure_dispatcher(self._ground.runs_dir)

    # What a user at a terminal does

    def _order(self) -> None:
        runs = self._open_runs()
        if not runs:
            return
        run = self._random.choice(runs)
        order: Callable[[RunFolder], str] = self._random.choice(
            [
                lambda run: stop_run(run, "chaos", self._random.choice((0.0, 0.5, 5.0))),
                retry_run,
                retry_run,
                hold_run,
                release_run,
                lambda run: prioritise_run(run, self._random.choice(("high", "low"))),
            ]
        )
        try:
            self._say(order(run))
        except REFUSED as error:
            self._say(f"refused: {error}")

    def _retry(self) -> None:
        """A user wants results: runs that are over and not finished would leave nothing to break."""
        over = [run for run in self._open_runs() if run_status(run).phase.is_over]
        for run in self._random.sample(over, min(2, len(over))):
            with contextlib.suppress(*REFUSED):
                self._say(retry_run(run))

    def _app(self) -> None:
        if "app" not in self._ground.processes().values():
            self._ground.open_app()

    # What a bad night does

    def _kill(self, pid: int, role: str) -> None:
        if self._ground.kill(pid):
            self.kills[role] += 1
            self._say(f"killed {role} {pid}")

    def _kill_one(self) -> None:
        """A role first, then one of it, if there is any."""
        (role,) = self._random.choices(*zip(*ROLES.items(), strict=True))
        pids = sorted(pid for pid, known in self._ground.processes().items() if known == role)
        if pids:
            self._kill(self._random.choice(pids), role)

    def _cut_a_run(self) -> None:
        """Supervisor and trainer of one run at the same moment."""
        processes = self._ground.processes()
        for role in ("supervisor", "trainer"):
            pids = sorted(pid for pid, known in processes.items() if known == role)
            if pids:
                self._kill(pids[0], role)

    def _cut_the_power(self) -> None:
        """Everything at once, and what starts again finds another boot. No look falls in between: the machine is off."""
        with self._watch.still:
            while processes := self._ground.processes():
                for pid, role in processes.items():
                    self._kill(pid, role)
                time.sleep(0.02)
            for run in self._open_runs():
                attempt = run.latest_attempt()
                if attempt is not None and attempt.process.exists():
                    content = json.loads(attempt.process.read_bytes())
                    aside = attempt.process.with_suffix(".aside")
                    with contextlib.suppress(OSError):
                        aside.write_text(json.dumps({**content, "boot_id": "an-earlier-boot"}))
                        aside.replace(attempt.process)
        self._ground.open_app()

    def _fill_the_disk(self) -> None:
        if self._ground.has_small_disk:
            self._ground.fill_disk()
            self._full_until = time.monotonic() + self._random.uniform(*FULL_DISK_SECONDS)

    def _step_the_clock(self) -> None:
        self._ground.step_clock(self._random.choice((-86_400.0, -3_600.0, -5.0, 0.0, 5.0, 3_600.0, 86_400.0)))

    def _tear(self) -> None:
        """What a crash of the machine may leave of the files of a run that no process works on."""
        if self._full_until:  # what is torn by hand must be there to be moved away
            return
        tried = [run for run in self._open_runs() if run.latest_attempt()]
        over = [run for run in tried if run_status(run).phase in (Phase.FAILED, Phase.STOPPED, Phase.LOST)]
        if not over:
            return
        run = self._random.choice(over)
        attempt = run.latest_attempt()
        assert attempt is not None
        with contextlib.suppress(OSError):
            (run.path / ".result.json.1.2.tmp").write_bytes(b'{"run_id": ')
            if run.last_checkpoint.exists() and self._random.random() < 0.5:
                run.last_checkpoint.write_bytes(run.last_checkpoint.read_bytes()[:7])
            elif attempt.exit.exists():
                self._tear_record(run)

    def _tear_record(self, run: RunFolder) -> None:
        """A broken record must be named; moved away as the words say, the run can be tried again."""
        attempt = run.latest_attempt()
        assert attempt is not None
        self._watch.tampered.add(run.run_id)
        attempt.exit.write_bytes(attempt.exit.read_bytes()[:20])
        status = run_status(run)
        if status.phase is not Phase.UNREADABLE or str(attempt.exit) not in status.cause:
            self._watch.wrong[f"{run.run_id} torn"] = f"its torn record is not named: {status.phase} {status.cause}"
        shutil.move(attempt.exit, attempt.path / "exit.json.torn")


ROLES = {"app": 1, "driver": 1, "dispatcher": 2, "supervisor": 4, "trainer": 5, "worker": 2, "daemon": 1}
"""How often each is killed: an app that is killed before it has looked leaves everything as it was."""
FLAGS = {"--stubborn": 0.3, "--daemon": 0.2, "--tear": 0.15, "--limit_files": 0.1}
"""How many of the trainers are how bad."""
