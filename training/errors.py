"""Errors that end a run before its result, each with the exit code and the kind by which the supervisor decides."""

from __future__ import annotations

from typing import ClassVar

from training.runfolder.exits import EXIT_STOPPED, EXIT_TAKEN_OVER, GPU_OUT_OF_MEMORY_TEXT, ExitKind


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
    """--torch_compile, on a machine that cannot compile."""

    exit_code = 4


class NoWeights(TrainingError):
    """The weights asked for cannot be found, or do not fit the network."""

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
    """Network, training step or evaluation do not fit the GPU; the text says which, and what would help there."""

    exit_kind = ExitKind.GPU_OUT_OF_MEMORY


class WorkerLost(TrainingError):
    """A process that shared the batches failed or was killed; a resume goes on from the last checkpoint."""


class CannotWrite(TrainingError):
    """A file that the result needs cannot be written; a resume goes on from the last checkpoint, if there is one."""

    exit_code = 4
    exit_kind = ExitKind.DISK_FULL


class TakenOver(TrainingError):
    """Another attempt, perhaps on another host, has taken the run: this one writes no checkpoint, event or record."""

    exit_code = EXIT_TAKEN_OVER


class Stopped(TrainingError):
    """The user or the dispatcher asked for it; the checkpoint holds how far it was."""

    exit_code = EXIT_STOPPED
    exit_kind = ExitKind.STOPPED


def exit_code(error: BaseException | None) -> int:
    """Of a process that this error ends; 0 without one."""
    if error is None:
        return 0
    return error.exit_code if isinstance(error, TrainingError) else 1


def exit_kind(error: BaseException | None) -> ExitKind:
    """How a run ended that this error ended; finished without one."""
    if error is None:
        return ExitKind.FINISHED
    if isinstance(error, TrainingError):
        return error.exit_kind
    if isinstance(error, KeyboardInterrupt):
        return ExitKind.STOPPED
    if isinstance(error, MemoryError):
        return ExitKind.HOST_OUT_OF_MEMORY
    return ExitKind.GPU_OUT_OF_MEMORY if is_gpu_out_of_memory(error) else ExitKind.FAILED


def is_gpu_out_of_memory(error: BaseException) -> bool:
    """Told by name and text: torch may not be imported here, and cuBLAS, cuDNN and the driver raise plain errors."""
    if isinstance(error, TrainingError):
        return isinstance(error, GpuOutOfMemory)
    is_named = type(error).__name__ == "OutOfMemoryError"
    return is_named or (isinstance(error, RuntimeError) and GPU_OUT_OF_MEMORY_TEXT.search(str(error)) is not None)
