"""A Slurm of two nodes under everything that happens to one, and the figures that must be 0.

    python -m tests.slurm.chaos [--events 100] [--seed N] [--verbose]

Uses the lab that IQA_TUI_SLURM_LAB names, else brings one up and takes it down (`slurm_lab.sh`; as root). Runs are queued
as others finish; a user tries those again that ended without a result. Prints one line a figure, and the seed. Exits
with 1 if a figure that must be 0 is not.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from iqa_tui.errors import LaunchError
from iqa_tui.queue.dispatching import revive_dispatcher
from iqa_tui.queue.retry import retry_run
from iqa_tui.slurm import here
from iqa_tui.slurm.look import Overheard
from tests.slurm import judge
from tests.slurm.conftest import TOOL, WANTED, SlurmLab
from tests.slurm.faults import Faults
from training.runfolder.errors import RunFolderError
from training.runfolder.folders import list_runs
from training.runfolder.phase import Phase
from training.runfolder.status import run_status

RUNS_AT_ONCE = 10
"""On four GPUs, so that some wait."""
CALM_SECONDS = 300.0
USER_SECONDS = 5.0
MOST_NAMED = 10


class User:
    """A thread that queues runs and tries again what ended without a result, as a user does from the login node."""

    def __init__(self, lab: SlurmLab, chance: random.Random) -> None:
        self._lab, self._chance = lab, chance
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._live, daemon=True)
        self.queues_more = True
        self.retries = 0
        self._made = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _live(self) -> None:
        while not self._stopped.wait(USER_SECONDS):
            with contextlib.suppress(LaunchError, RunFolderError, OSError):
                revive_dispatcher(self._lab.runs_dir)
            open_runs = 0
            for run in list_runs(self._lab.runs_dir):
                status = run_status(run, slurm=Overheard())
                open_runs += status.phase is not Phase.FINISHED
                if status.phase.is_over and status.phase is not Phase.FINISHED:
                    with contextlib.suppress(LaunchError, RunFolderError, OSError):
                        retry_run(run)
                        self.retries += 1
            while self.queues_more and open_runs < RUNS_AT_ONCE:
                self._made += 1
                open_runs += 1
                steps = self._chance.choice([60, 150, 300])
                with contextlib.suppress(LaunchError, RunFolderError, OSError):  # Slurm is silent: it stays queued
                    self._lab.queue(f"run{self._made}", "--steps", str(steps), "--pause", "0.1",
                                    "--witness", str(self._lab.runs_dir.with_name("witness")))  # fmt: skip


@contextlib.contextmanager
def a_lab() -> Iterator[SlurmLab]:
    given = os.environ.get(WANTED)
    folder = Path(given or tempfile.mkdtemp(prefix="iqa-tui-slurm-", dir="/var/tmp"))
    os.environ["LAB"] = str(folder)
    if not given:
        subprocess.run(["bash", str(TOOL), "up"], check=True)
    os.environ["SLURM_CONF"] = str(folder / "etc/slurm.conf")
    place = Path(tempfile.mkdtemp(prefix="chaos-", dir=folder / "share"))
    (place / "witness").mkdir()
    os.environ["IQA_TUI_STATE"] = str(place / "state")
    here.cluster.cache_clear()
    lab = SlurmLab(folder, place / "runs")
    lab.runs_dir.mkdir()
    try:
        yield lab
    finally:
        if given:
            subprocess.run(["scancel", "-u", "root"], check=False)
        else:
            subprocess.run(["bash", str(TOOL), "down"], check=False)
            shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100, help="how often something goes wrong")
    parser.add_argument("--pause", type=float, default=4.0, help="seconds from one to the next, about")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--verbose", action="store_true", help="every event")
    options = parser.parse_args()
    print(f"seed: {options.seed}", flush=True)
    began = time.monotonic()

    def say(words: str) -> None:
        if options.verbose:
            print(f"{time.monotonic() - began:7.2f}  {words}", file=sys.stderr, flush=True)

    chance = random.Random(options.seed)
    with a_lab() as lab:
        user, watch = User(lab, random.Random(chance.random())), judge.Watch(lab.runs_dir)
        faults = Faults(lab, chance, say)
        user.start()
        watch.start()
        time.sleep(2 * USER_SECONDS)
        for _ in range(options.events):
            faults.one()
            faults.mend(time.monotonic() + chance.uniform(0.5, 1.5) * options.pause)
        user.queues_more = False
        faults.mend_all()
        deadline = time.monotonic() + CALM_SECONDS
        while time.monotonic() < deadline and not judge.is_all_finished(lab.runs_dir):
            faults.administer()
            time.sleep(3)
        user.stop()
        watch.stop()
        figures = judge.figures(lab.runs_dir, watch)
        results, events = judge.told(lab.runs_dir)
        if any(figures.values()):
            print(f"kept: {lab.runs_dir.parent}")
    print(f"events: {faults.count.total()} ({_counts(faults.count)}); tried again by the user: {user.retries}")
    print(f"seen: {results} results, {events} steps, {watch.looks} looks at runs, {time.monotonic() - began:.0f} s")
    for name, breaches in figures.items():
        print(f"{name}: {len(breaches)}")
        for breach in breaches[:MOST_NAMED]:
            print(f"  {breach}")
    return 1 if any(figures.values()) else 0


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counter.items()))


if __name__ == "__main__":
    sys.exit(main())
