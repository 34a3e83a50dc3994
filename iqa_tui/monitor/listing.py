"""One look at a folder of runs: spec, status and result of each, without its events.

This is the cheap level, for checks, tables and orders. The catalog follows runs and reads their events too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from iqa_tui.monitor.fold import fold
from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.trainer_code import made_by
from iqa_tui.slurm.look import Overheard
from training.runfolder.engines import RECORDED
from training.runfolder.errors import RunFolderError
from training.runfolder.evaluation import is_evaluation
from training.runfolder.events import read_events
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.read import read_spec
from training.runfolder.schema import ExitRecord, Result
from training.runfolder.spec import Spec
from training.runfolder.status import Seen, run_status


@dataclass(frozen=True, slots=True)
class ListedRun:
    """One run whose spec can be read."""

    run: RunFolder
    spec: Spec
    status: Status
    result: Result | None
    """None until it finished, and for a trainer that writes none."""
    exit: ExitRecord | None = None
    """Of the newest attempt; None until it ended."""

    @property
    def run_id(self) -> str:
        return self.run.run_id

    @property
    def is_recorded(self) -> bool:
        """It was measured elsewhere, and its log was imported."""
        return self.spec.engine == RECORDED

    @property
    def has_scores(self) -> bool:
        """It was tested here, image by image: every run but one that is an imported log."""
        return not self.is_recorded or is_evaluation(self.spec)

    @property
    def is_trial(self) -> bool:
        """A tuning run: it tries a value for another run, and its score is no result."""
        return bool(self.spec.trial)

    @property
    def phase(self) -> Phase:
        return self.status.phase

    @property
    def experiment(self) -> str:
        """Empty for a run started by hand."""
        return self.spec.experiment

    @property
    def group(self) -> str:
        return self.spec.group

    @property
    def split_seed(self) -> int:
        """Which random split of its data set it has; 0: the official one, or the one that all runs share."""
        return self.spec.split_seed

    @property
    def peak_gpu_memory_bytes(self) -> int | None:
        """Of the newest attempt, once it has ended; None on the CPU."""
        return self.exit.peak_gpu_memory_bytes if self.exit else None

    @property
    def trainer_digests(self) -> tuple[str, ...]:
        """See `made_by`. The events are read only if they may know more than the result: a result knows the code of
        the last attempt alone.
        """
        is_told_by_result = self.result is not None and self.status.attempt < 2
        begun = () if is_told_by_result or not self.status.attempt else _begun_digests(self.run)
        return made_by(begun, self.result, self.spec)


def specs_in(runs_dir: Path) -> Iterator[tuple[RunFolder, Spec | None]]:
    """Every run of a folder by name, so by time; None for a spec that cannot be read: `status` says why."""
    for run in list_runs(runs_dir):
        try:
            yield run, read_spec(run)
        except RunFolderError:
            yield run, None


def read_run(run: RunFolder, spec: Spec) -> ListedRun:
    """The run as it is now. Never raises: an unreadable run has the phase `unreadable`."""
    seen = Seen()
    status = run_status(run, spec=spec, seen=seen, slurm=Overheard())
    return ListedRun(run, spec, status, seen.result, seen.exit)


def read_runs(runs_dir: Path, group: str | None = None) -> list[ListedRun]:
    """Every run with a readable spec, by name, so by time.

    Args:
        group: only its runs are read; None: of all groups.
    """
    return [read_run(run, spec) for run, spec in specs_in(runs_dir) if spec and group in (None, spec.group)]


def _begun_digests(run: RunFolder) -> tuple[str, ...]:
    try:
        found = run.events.stat()
    except OSError:
        return ()
    return _begun_digests_at(run, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=1000)
def _begun_digests_at(run: RunFolder, size: int, modified_ns: int) -> tuple[str, ...]:  # noqa: ARG001  the file's state
    """Kept, for a screen must not read all events at every look."""
    return fold(RunState(run, Status(Phase.FINISHED)), read_events(run)).begun_digests
