"""What can end a run before its result, each with the exit code that tells the launcher what to do next."""

from __future__ import annotations

from typing import ClassVar

from training.runfolder.schema import EXIT_STOPPED, EXIT_TAKEN_OVER, ExitKind


class TrainingError(Exception):
    """A run cannot go on. The text names the flag, file or value, and what would help."""

    exit_code: ClassVar[int] = 1
    exit_kind: ClassVar[ExitKind] = ExitKind.FAILED


class BadUsage(TrainingError):
    """Flags that contradict each other or the run folder."""

    exit_code = 2
    exit_kind = ExitKind.USAGE


class NoDevice(TrainingError):
    """The device this run was given cannot be used."""

    exit_code = 4


class NoCompiler(TrainingError):
    """--torch_compile, on a machine that lacks what it takes."""

    exit_code = 4


class NoWeights(TrainingError):
    """The weights asked for are not to be had, or do not fit the network."""

    exit_code = 4


class BadData(TrainingError):
    """A data set is missing, incomplete or damaged."""

    exit_code = 4


class BadCheckpoint(TrainingError):
    """A checkpoint that cannot be continued from."""


class LossNotFinite(TrainingError):
    """Training diverged: a loss, a gradient or a weight is no number any more."""

    exit_kind = ExitKind.NOT_FINITE


class GpuOutOfMemory(TrainingError):
    """A training step does not fit the GPU."""

    exit_kind = ExitKind.GPU_OUT_OF_MEMORY


class CannotWrite(TrainingError):
    """A file that the result needs cannot be written; what was won before stands, and a resume goes on from it."""

    exit_code = 4
    exit_kind = ExitKind.DISK_FULL


class TakenOver(TrainingError):
    """Another attempt, perhaps of another host, has taken the run: no checkpoint, event or record is written then."""

    exit_code = EXIT_TAKEN_OVER


class Stopped(TrainingError):
    """Somebody asked for it; what was won is in the checkpoint."""

    exit_code = EXIT_STOPPED
    exit_kind = ExitKind.STOPPED
