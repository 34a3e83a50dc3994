"""How an attempt exits: the kinds, and the exit codes of our trainer that say more than failure."""

from __future__ import annotations

import re
from enum import StrEnum

EXIT_STOPPED = 75
"""Exit code of a trainer that was asked to stop, wrote its checkpoint and can be resumed (EX_TEMPFAIL)."""
EXIT_TAKEN_OVER = 76
"""Exit code of a trainer that found its run taken over by another attempt, and wrote nothing more."""


NO_ENGINE_TEXT = re.compile(
    r"unable to find an engine to execute|Unable to find a valid cuDNN algorithm", re.IGNORECASE
)
"""What cuDNN prints if no way of computing fits into the memory that is left; it does not name memory."""
GPU_OUT_OF_MEMORY_TEXT = re.compile(
    r"CUDA out of memory|CUDA(?: driver)? error: out of memory|OutOfMemoryError|CUDA_ERROR_OUT_OF_MEMORY"
    r"|cudaErrorMemoryAllocation|\bCU[A-Z]+_(?:STATUS_)?ALLOC_FAILED|RESOURCE_EXHAUSTED: Out of memory"
    rf"|{NO_ENGINE_TEXT.pattern}",
    re.IGNORECASE,
)
"""How torch, CuPy, JAX, cuBLAS and cuDNN say that a GPU has no memory left."""


class ExitKind(StrEnum):
    """Why a trainer ended, as far as it matters for what happens next."""

    FINISHED = "finished"
    """Return code 0, and a result if one is expected."""
    STOPPED = "stopped"
    """A user or a signal asked for it."""
    FAILED = "failed"
    """An error of its own."""
    USAGE = "usage"
    """Return code 2: its flags were refused."""
    GPU_OUT_OF_MEMORY = "gpu out of memory"
    HOST_OUT_OF_MEMORY = "host out of memory"
    NOT_FINITE = "loss not finite"
    DRIVER = "driver lost"
    """The GPU or its driver failed."""
    SIGNAL = "signal"
    """Killed by a signal that this program did not send."""
    TIME_LIMIT = "time limit"
    """It had run as long as it may."""
    DISK_FULL = "disk full"
    """There was no room left for what it wrote."""
    NOT_STARTED = "not started"
    """The trainer's command could not be run."""
