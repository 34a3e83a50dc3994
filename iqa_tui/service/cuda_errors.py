"""Whose fault an error of CUDA is: the run's own, the set-up's, or that of the driver and the hardware.

Sorted by the texts that cudaGetErrorString gives (CUDA 12.9, all 132 of them), which torch, CuPy and JAX repeat. The
last kind alone says something of the GPU: the run is resumed elsewhere, and two such ends withdraw the GPU for every
user of the machine. So an error that a user's own kernel can cause, or that every GPU of the machine would give, is not
of that kind. Standard library only: the supervisor uses it.
"""

from __future__ import annotations

import re

OF_THE_DRIVER = re.compile(
    r"GPU is lost|fallen off the bus|unable to determine the device handle"  # NVML, nvidia-smi
    r"|uncorrectable (ECC|NVLink) error"
    # CUDA names two causes, but a run has one GPU: it cannot be an access to another GPU's memory.
    r"|peer GPU memory over nvlink or a hardware error"
    r"|system not yet initialized"  # a daemon of the driver does not run (fabric manager): no run can start here
    r"|\bhardware error\b",
    re.IGNORECASE,
)
"""Of the driver or the hardware. Not "driver shutting down": a process says it of itself while it exits."""
OWN_KERNEL = re.compile(
    r"unspecified launch failure|illegal memory access|device-side assert|misaligned address|illegal instruction"
    r"|invalid program counter|operation not supported on global/shared address space"
    r"|hardware stack error"  # a stack that a kernel overran, in spite of its name
    r"|too many resources requested for launch|too many blocks in cooperative launch|the launch timed out and was"
    r"|tensor memory not completely freed|incorrect use of __syncthreads|cluster misconfiguration"
    r"|launch would exceed (maximum depth|cudaLimit)|launch failed because kernel uses",
    re.IGNORECASE,
)
"""A kernel did what it may not do, or asked for what this GPU does not have."""
OWN_CALL = re.compile(
    r"CUDA(?: driver)? error: (?:invalid|peer|the operation cannot be performed|operation not )", re.IGNORECASE
)
"""A call of CUDA with arguments that it refuses."""
SET_UP = (
    # A mask, a cgroup or a missing device file hides every GPU; NVML reports a lost GPU as lost.
    (
        r"no CUDA-capable device is detected|No CUDA GPUs are available",
        "CUDA was shown no GPU: `iqa-tui doctor` says which are forbidden",
    ),
    # Another process holds a GPU of exclusive mode, its mode is prohibited, or MIG is on without an instance.
    (
        r"CUDA-capable device\(?s?\)? (?:is/)?are busy or unavailable|exclusive-thread device already in use",
        "its compute mode lets in no second process, or none: `nvidia-smi -q -d COMPUTE` shows it",
    ),
    # After suspend, or a driver update: every GPU of the machine answers so until the module is loaded again.
    (
        r"CUDA(?: driver)? (?:unknown error|error: unknown error)|CUDA_ERROR_UNKNOWN",
        "mostly after suspend or an update: `sudo modprobe -r nvidia_uvm && sudo modprobe nvidia_uvm`, or reboot",
    ),
    (
        (
            r"driver version is insufficient|unsupported display driver|forward compatibility was attempted"
            r"|Driver/library version mismatch|is not supported in the installed CUDA driver|unsupported toolchain"
        ),
        "the versions of driver and CUDA do not fit: update the driver, and reboot after it",
    ),
    (
        r"no kernel image is available|device kernel image is invalid",
        "torch or an extension is not built for this GPU",
    ),
    (r"MPS (?:client|server)|multi-process service", "the MPS server of this machine refused it"),
    (r"CUDA(?: driver)? error: initialization error", "CUDA was used before a fork, or could not start at all"),
)
"""(texts, what helps): every GPU of the machine would answer this, so it says nothing of one."""
_SET_UP = tuple((re.compile(pattern, re.IGNORECASE), words) for pattern, words in SET_UP)


def is_of_the_driver(words: str) -> bool:
    """Whether driver or hardware failed, so that another GPU may do."""
    return OF_THE_DRIVER.search(words) is not None and OWN_KERNEL.search(words) is None


def fault_words(words: str) -> str:
    """Whose fault it is and what helps, for after the error; empty if CUDA has no part in it, or the driver has.

    Args:
        words: the line that says most.
    """
    if OWN_KERNEL.search(words):
        return "a fault of the run's own kernel, not of the GPU"
    if is_of_the_driver(words):
        return ""
    for pattern, remedy in _SET_UP:
        if pattern.search(words):
            return f"the machine's set-up, not this GPU: {remedy}"
    return "a fault of the run's own code, not of the GPU" if OWN_CALL.search(words) else ""
