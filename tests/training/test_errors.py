"""What an error means for the supervisor: an exit code and a kind."""

import pytest

from training.errors import BadData, BadUsage, CannotWrite, Stopped, TakenOver, exit_code, exit_kind
from training.runfolder.exits import EXIT_STOPPED, EXIT_TAKEN_OVER, ExitKind


class OutOfMemoryError(RuntimeError):
    """Named as torch names its own."""


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (None, 0, ExitKind.FINISHED),
        (BadUsage("flags"), 2, ExitKind.USAGE),
        (BadData("no such image"), 4, ExitKind.FAILED),
        (CannotWrite("no room"), 4, ExitKind.DISK_FULL),
        (Stopped("stopped"), EXIT_STOPPED, ExitKind.STOPPED),
        (TakenOver("taken"), EXIT_TAKEN_OVER, ExitKind.FAILED),
        (KeyboardInterrupt(), 1, ExitKind.STOPPED),
        (MemoryError(), 1, ExitKind.HOST_OUT_OF_MEMORY),
        (OutOfMemoryError("CUDA out of memory"), 1, ExitKind.GPU_OUT_OF_MEMORY),
        (ValueError("a bug"), 1, ExitKind.FAILED),
        (RuntimeError("CUDA error: out of memory"), 1, ExitKind.GPU_OUT_OF_MEMORY),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"), 1, ExitKind.GPU_OUT_OF_MEMORY),
        (RuntimeError("GET was unable to find an engine to execute this computation"), 1, ExitKind.GPU_OUT_OF_MEMORY),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), 1, ExitKind.GPU_OUT_OF_MEMORY),
        (RuntimeError("CUDA error: device-side assert triggered"), 1, ExitKind.FAILED),
        (BadData("a file says: CUDA out of memory"), 4, ExitKind.FAILED),
    ],
)
def test_an_error_gives_the_exit_code_and_the_kind(error, code, kind):
    assert (exit_code(error), exit_kind(error)) == (code, kind)
