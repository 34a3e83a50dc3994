"""What other people and other hosts do to a folder of runs: rename it, forge in it, look at it from elsewhere."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from iqa_tui.errors import LaunchError
from iqa_tui.queue.retry import retry_run
from iqa_tui.queue.stop import stop_run
from tests.chaos.ground import TRAINER, Ground
from tests.chaos.judge import FORGED, Watch
from training.runfolder.errors import LockHeld, RunFolderError
from training.runfolder.folders import list_runs
from training.runfolder.host import boot_id, host_name, machine_id, start_ticks
from training.runfolder.layout import RunFolder
from training.runfolder.lock import is_held, take_lock
from training.runfolder.phase import Phase
from training.runfolder.schema import ProcessRecord
from training.runfolder.spec import Spec
from training.runfolder.status import run_status
from training.runfolder.write import write_record

OTHER_HOST = "chaos-nodeb"
AWAY_SECONDS = (0.2, 1.2)
REFUSED = (LaunchError, RunFolderError, OSError)
LOOK = """
hostname "$1"
[ -e /etc/machine-id ] && mount --bind "$2" /etc/machine-id
exec "$3" -m iqa_tui --runs-dir "$4" status --json
"""


class Strangers:
    """They have every right that file modes give, and none of our keys."""

    def __init__(self, ground: Ground, watch: Watch, rng: random.Random, say: Callable[[str], None]) -> None:
        self._ground, self._watch, self._random, self._say = ground, watch, rng, say
        self._forged = 0
        environment = {name: value for name, value in os.environ.items() if name != "CHAOS_GROUND"}
        self._bystander = subprocess.Popen(["sleep", "3600"], env=environment, start_new_session=True)
        self._machine_id = ground.folder / "machine-id"
        self._machine_id.write_text("0123456789abcdef0123456789abcdef\n")

    def leave(self) -> None:
        """Judge what became of the bystander, and take everything along."""
        if self._bystander.poll() is not None:
            self._watch.wrong["bystander"] = f"a process that no run started was killed ({self._bystander.returncode})"
        self._bystander.kill()
        self._bystander.wait()
        for run in list_runs(self._ground.runs_dir):
            if run.path.name.startswith(FORGED):
                shutil.rmtree(run.path, ignore_errors=True)

    # Names

    def rename_a_run(self) -> None:
        """Its processes must go on in it, wherever it is, and nothing may take its old place."""
        runs = list_runs(self._ground.runs_dir)
        if runs:
            path = self._random.choice(runs).path
            self._rename_for_a_while(path, path.with_name(f"{path.name}.away"))

    def rename_the_runs(self) -> None:
        path = self._ground.runs_dir
        self._rename_for_a_while(path, path.with_name("runs.away"))

    def _rename_for_a_while(self, path: Path, away: Path) -> None:
        with self._watch.still:
            path.rename(away)
        time.sleep(self._random.uniform(*AWAY_SECONDS))
        if path.exists():
            self._watch.wrong[f"{path.name} made anew"] = f"{path} was made anew while it was {away.name}"
            shutil.rmtree(path, ignore_errors=True)
        with self._watch.still:
            away.rename(path)
        self._say(f"renamed {path.name} for a while")

    # Forgeries

    def forge(self) -> None:
        """A run that no user queued here, or whose record names another user's process."""
        self._forged += 1
        run = RunFolder(self._ground.runs_dir / f"{FORGED}{self._forged:03d}")
        with contextlib.suppress(OSError, shutil.Error):  # the disk is full
            self._random.choice((self._by_hand, self._copied, self._that_names_a_bystander))(run)
            time.sleep(self._random.uniform(*AWAY_SECONDS))
        with contextlib.suppress(*REFUSED):
            retry_run(run)
        shutil.rmtree(run.path, ignore_errors=True)

    def _by_hand(self, run: RunFolder) -> None:
        argv = [sys.executable, str(TRAINER), "--run_folder", "{run_folder}", "--steps", "5"]
        run.path.mkdir()
        write_record(run.spec, Spec(run.run_id, run.run_id, run.run_id, argv, time.time()))

    def _copied(self, run: RunFolder) -> None:
        """Of a run as it is now: queued, alive or over."""
        originals = [each for each in list_runs(self._ground.runs_dir) if not each.path.name.startswith(FORGED)]
        if originals:
            shutil.copytree(self._random.choice(originals).path, run.path)

    def _that_names_a_bystander(self, run: RunFolder) -> None:
        self._by_hand(run)
        pid = self._bystander.pid
        record = ProcessRecord(
            boot_id(), pid, start_ticks(pid) or 0, host_name(), time.time(), [], None, None, "root", machine_id()
        )
        write_record(run.attempt(1).process, record)
        with contextlib.suppress(LockHeld):
            lock = take_lock(run.alive_lock)
            for _ in range(2):  # the second time the grace is over
                with contextlib.suppress(*REFUSED):
                    stop_run(run, "forged", 0.0)
            time.sleep(0.3)
            os.close(lock)

    # Another host

    def look_from_another_host(self) -> None:
        """With its own name and machine id, and our locks: it must call no living run lost, and start nothing."""
        if os.geteuid() != 0 or not shutil.which("unshare"):
            return
        before = self._alive()
        arguments = [OTHER_HOST, str(self._machine_id), sys.executable, str(self._ground.runs_dir)]
        done = subprocess.run(
            ["unshare", "-m", "-u", "sh", "-c", LOOK, "sh", *arguments], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            self._say(f"from another host: {done.stderr.strip()[-200:]}")
            return
        for fields in json.loads(done.stdout)["runs"]:
            about = (fields["run_id"], fields["attempt"])
            if fields["state"] == Phase.LOST.value and about in before and about in self._alive():
                self._watch.wrong[f"{about} from another host"] = f"a living run is lost there: {fields['cause']}"

    def _alive(self) -> set[tuple[str, int]]:
        runs = list_runs(self._ground.runs_dir)
        return {(run.run_id, run_status(run).attempt) for run in runs if is_held(run.alive_lock)}
