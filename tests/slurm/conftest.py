"""A real Slurm of two small nodes for these tests, and what they do with it. `make slurm` brings it up and takes it down."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.slurm import here, submit
from iqa_tui.slurm.answers import last_answers
from iqa_tui.slurm.look import Asked, look
from iqa_tui.slurm.options import merged
from iqa_tui.trust.signature import write_signed
from training.runfolder.events import read_events
from training.runfolder.folders import create_run_folder
from training.runfolder.job import JobRecord, SlurmWord
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.read import read_record
from training.runfolder.schema import ExitRecord
from training.runfolder.spec import Spec
from training.runfolder.status import run_status

HERE = Path(__file__).parent
TOOL = HERE / "slurm_lab.sh"
NUMBERS_LOST = 10
"""More than a crash of the controller can lose, which writes its state down every few seconds."""
WANTED = "IQA_TUI_SLURM_LAB"
"""Set by `make slurm`: the folder of a lab that is up."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.slurm)
            if not os.environ.get(WANTED):
                item.add_marker(pytest.mark.skip(reason="needs a Slurm of its own: `make slurm`, as root"))


@dataclass
class SlurmLab:
    """The cluster, and the runs of one test."""

    folder: Path
    runs_dir: Path
    has_crashed: bool = False
    """Its controller was killed: the numbers of the latest jobs come again, and their nodes are drained for it."""

    def tool(self, *words: str) -> str:
        """As `slurm_lab.sh` says."""
        self.has_crashed = self.has_crashed or words[0] == "ctld-off"
        return subprocess.run(["bash", str(TOOL), *words], check=True, capture_output=True, text=True).stdout

    def queue(self, name: str, *flags: str, submits: bool = True, **options: Any) -> RunFolder:
        """Queue a run of the slow trainer. Args: flags: of the trainer; options: of Slurm."""
        run = create_run_folder(self.runs_dir, name)
        asked = {**merged({"lead": 30, "time": 10}, options), "cluster": "lab"}
        argv = [sys.executable, str(HERE / "slow_trainer.py"), "--run_folder", "{run_folder}", *flags]
        spec = Spec(run.run_id, "lab", name, argv, time.time(), experiment=name, cwd=str(self.folder / "share"),
                    engine="slurm", format=2, device_kind="gpu", slurm=asked)  # fmt: skip
        write_signed(run, spec, {})
        if submits:
            submit.submit(run, is_new=True)
        return run

    def job(self, run: RunFolder, attempt: int = 1) -> str:
        record = read_record(run.attempt(attempt).job, JobRecord)
        assert record is not None
        return record.job

    def status(self, run: RunFolder) -> Status:
        return run_status(run, slurm=Asked())

    def word(self, run: RunFolder) -> SlurmWord:
        """Slurm's last word on its first job."""
        record = read_record(run.attempt(1).job, JobRecord)
        assert record is not None
        return last_answers().word_on(run.run_id, record)

    def words(self, run: RunFolder) -> str:
        """What Slurm says of its job now."""
        look(at_once=True)
        return self.word(run).why

    def until(self, is_so: Callable[[], object], what: str, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, f"{what}: {self.tool('status')}"
            time.sleep(0.2)

    def until_it_trains(self, run: RunFolder, attempt: int = 1, seconds: float = 60.0) -> None:
        self.until(lambda: attempt in self.writers(run), f"attempt {attempt} of {run.run_id} trains", seconds)

    def until_phase(self, run: RunFolder, phase: Phase, seconds: float = 90.0) -> None:
        self.until(lambda: self.status(run).phase is phase, f"{run.run_id} is {phase}", seconds)

    def writers(self, run: RunFolder) -> list[int]:
        """The attempts of its steps, as they stand in the events."""
        return [event.attempt for event in read_events(run) if event.kind == "step"] if run.events.exists() else []

    def steps(self, run: RunFolder) -> list[int]:
        return [int(event.fields["step"]) for event in read_events(run) if event.kind == "step"]

    def exit(self, run: RunFolder, attempt: int = 1) -> ExitRecord:
        record = read_record(run.attempt(attempt).exit, ExitRecord)
        assert record is not None
        return record

    def seen(self, run: RunFolder) -> dict[str, str]:
        """What its trainer found in its environment."""
        found: dict[str, str] = json.loads((run.path / "seen.json").read_text())
        return found

    def node(self, run: RunFolder) -> str:
        return self.seen(run)["SLURMD_NODENAME"]

    def tidy(self) -> None:
        """End all jobs, and leave to the next test nodes that work and numbers that no node has seen."""
        self.slurm("scancel", "-u", "root")
        self.until(lambda: not self.slurm("squeue", "-h"), "the jobs of the last test to end")
        for _ in range(NUMBERS_LOST if self.has_crashed else 0):
            self.slurm("scancel", self.slurm("sbatch", "--parsable", "--hold", "-o", "/dev/null", "--wrap", "true"))
        for node, state in (line.split() for line in self.slurm("sinfo", "-hNp", "gpu", "-o", "%N %T").splitlines()):
            if "drain" in state:
                self.slurm("scontrol", "update", f"nodename={node}", "state=resume")

    def pause_daemon(self, node: str, number: signal.Signals) -> None:
        """Signal the slurmd of a node, as if it hung."""
        for pid in (int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()):
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            is_of_the_lab = str(self.folder / "etc/slurm.conf").encode() in words
            if words[:1] == [b"slurmd"] and is_of_the_lab and words[words.index(b"-N") + 1] == node.encode():
                os.kill(pid, number)

    @contextlib.contextmanager
    def controller(self, parameters: str) -> Iterator[None]:
        """Give the controller these SlurmctldParameters for the length of a block."""
        path = self.folder / "etc/slurm.conf"
        before = path.read_text()
        path.write_text(re.sub(r"(?m)^SlurmctldParameters=.*$", f"SlurmctldParameters={parameters}", before))
        self.slurm("scontrol", "reconfigure")
        try:
            yield
        finally:
            path.write_text(before)
            self.slurm("scontrol", "reconfigure")

    def slurm(self, *words: str) -> str:
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def slurm_lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SlurmLab]:
    folder = Path(os.environ[WANTED])
    monkeypatch.setenv("SLURM_CONF", str(folder / "etc/slurm.conf"))
    monkeypatch.setenv("LAB", str(folder))
    runs_dir = folder / "share" / tmp_path.name
    monkeypatch.setenv("IQA_TUI_STATE", str(folder / "share" / f"{tmp_path.name}-state"))
    here.cluster.cache_clear()
    lab = SlurmLab(folder, runs_dir)
    yield lab
    lab.tidy()
