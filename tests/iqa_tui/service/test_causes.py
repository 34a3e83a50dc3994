"""Why a trainer ended, in words."""

from __future__ import annotations

import signal

import pytest

from iqa_tui.service.causes import MEANINGS, Ending, explain
from iqa_tui.service.ended import Ended
from training.runfolder.exits import ExitKind
from training.runfolder.schema import StopRequest

TRACEBACK = b"""loss 0.1\r\x1b[32mloss 0.2\x1b[0m
Traceback (most recent call last):
  File "train.py", line 3, in <module>
    step()
RuntimeError: shape mismatch
CUDA kernel errors might be reported later.
"""
CUDA_OOM = b"""Traceback (most recent call last):
  File "train.py", line 3, in <module>
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 24.00 GiB of which 409.60 MiB is free.
"""


def end(returncode: int, output: bytes = b"", **more: object) -> tuple[ExitKind, str]:
    return explain(Ending(returncode, output, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ending", "kind", "cause"),
    [
        (Ending(0, b"", has_result=True), ExitKind.FINISHED, ""),
        (Ending(0, b"", is_ours=False), ExitKind.FINISHED, ""),
        (Ending(-11, b"", has_result=True), ExitKind.FINISHED, ""),
        (Ending(0, b"bye"), ExitKind.FAILED, "exit 0 without a result"),
        (Ending(1, TRACEBACK), ExitKind.FAILED, "exit 1: RuntimeError: shape mismatch"),
        (Ending(4, b"a\nerror: no weights\n"), ExitKind.FAILED, "exit 4: no weights"),
        (Ending(3, b""), ExitKind.FAILED, "exit 3 without a word"),
        (Ending(2, b"usage: x\nerror: no --lose\n"), ExitKind.USAGE, "exit 2: no --lose"),
        (Ending(2, b"error: x\n", is_ours=False), ExitKind.FAILED, "exit 2: x"),
        (
            Ending(1, b"error: loss not finite at step 1,240\n"),
            ExitKind.NOT_FINITE,
            "exit 1: loss not finite at step 1,240",
        ),
        (
            Ending(1, CUDA_OOM, device="GPU 3"),
            ExitKind.GPU_OUT_OF_MEMORY,
            "exit 1: CUDA out of memory (GPU 3, 23.6 of 24.0 GiB)",
        ),
        (
            Ending(
                1,
                CUDA_OOM + b"error: CUDA out of memory at --batch_size 96, step 3: smaller\n",
                device="GPU 3",
                ended=Ended(ExitKind.GPU_OUT_OF_MEMORY, 1, 3),
            ),
            ExitKind.GPU_OUT_OF_MEMORY,
            "exit 1: CUDA out of memory at --batch_size 96, step 3: smaller (GPU 3, 23.6 of 24.0 GiB)",
        ),
        (
            Ending(1, b"error: gradient not finite at step 3\n"),
            ExitKind.NOT_FINITE,
            "exit 1: gradient not finite at step 3",
        ),
        (
            Ending(-7, b""),
            ExitKind.SIGNAL,
            f"killed by SIGBUS: {MEANINGS[signal.SIGBUS]}",
        ),
        (Ending(1, b"error: CUDA out of memory\n"), ExitKind.GPU_OUT_OF_MEMORY, "exit 1: CUDA out of memory"),
        (
            Ending(1, b"RuntimeError: CUDA error: GPU is lost\n"),
            ExitKind.DRIVER,
            "exit 1: RuntimeError: CUDA error: GPU is lost",
        ),
        (
            Ending(1, b"RuntimeError: CUDA driver error: out of memory\n", device="GPU 3"),
            ExitKind.GPU_OUT_OF_MEMORY,
            "exit 1: CUDA out of memory (GPU 3)",
        ),
        (
            Ending(1, b"RuntimeError: cuDNN error: CUDNN_STATUS_ALLOC_FAILED\n", device="GPU 3"),
            ExitKind.GPU_OUT_OF_MEMORY,
            "exit 1: CUDA out of memory (GPU 3)",
        ),
        (
            Ending(1, b"RuntimeError: GET was unable to find an engine to execute this computation\n"),
            ExitKind.GPU_OUT_OF_MEMORY,
            (
                "exit 1: RuntimeError: GET was unable to find an engine to execute this computation "
                "(mostly said if GPU memory is full)"
            ),
        ),
        (
            Ending(
                1,
                b"RuntimeError: [enforce fail at alloc_cpu.cpp:118] . DefaultCPUAllocator: can't allocate memory: you\n",
            ),
            ExitKind.HOST_OUT_OF_MEMORY,
            (
                "exit 1: RuntimeError: [enforce fail at alloc_cpu.cpp:118] . DefaultCPUAllocator: can't allocate memory: "
                "you: the machine ran out of memory"
            ),
        ),
        (
            Ending(-6, b"terminate called after throwing 'c10::Error'\n  what():  CUDA error: misaligned address\n"),
            ExitKind.SIGNAL,
            "killed by SIGABRT: CUDA error: misaligned address (a fault of the run's own kernel, not of the GPU)",
        ),
        (Ending(-9, b""), ExitKind.SIGNAL, f"killed by SIGKILL: {MEANINGS[signal.SIGKILL]}"),
        (Ending(-11, b""), ExitKind.SIGNAL, "killed by SIGSEGV: a crash in native code"),
        (Ending(-15, b""), ExitKind.SIGNAL, "killed by SIGTERM: from outside, by a user or the system"),
        (Ending(-6, b""), ExitKind.SIGNAL, f"killed by SIGABRT: {MEANINGS[signal.SIGABRT]}"),
        (
            Ending(
                -6, b"terminate called after throwing 'c10::Error'\n  what():  CUDA error: GPU is lost\nCompile ...\n"
            ),
            ExitKind.DRIVER,
            "killed by SIGABRT: CUDA error: GPU is lost",
        ),
        (
            Ending(139, b"run.sh: line 1: 17 Segmentation fault  python train.py\n", is_ours=False),
            ExitKind.SIGNAL,
            "exit 139: its command was killed by SIGSEGV: a crash in native code",
        ),
        (
            Ending(137, b"", is_ours=False, oom_kills=1),
            ExitKind.HOST_OUT_OF_MEMORY,
            "exit 137: its command was killed by SIGKILL: the machine ran out of memory",
        ),
        (Ending(255, b"error: x\n"), ExitKind.FAILED, "exit 255: x"),
        (
            Ending(1, CUDA_OOM.replace(b"409.60 MiB", b"0 bytes"), device="GPU 3"),
            ExitKind.GPU_OUT_OF_MEMORY,
            "exit 1: CUDA out of memory (GPU 3, 24.0 of 24.0 GiB)",
        ),
        (
            Ending(
                1,
                b"RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 23.65 GiB total capacity; 21.46 GiB already allocated; 512.00 MiB free; 21 GiB reserved)\n",
            ),
            ExitKind.GPU_OUT_OF_MEMORY,
            "exit 1: CUDA out of memory (23.1 of 23.6 GiB)",
        ),
        (Ending(-40, b""), ExitKind.SIGNAL, "killed by signal 40"),
        (
            Ending(1, b"OSError: [Errno 28] No space left on device\n"),
            ExitKind.DISK_FULL,
            "exit 1: OSError: [Errno 28] No space left on device",
        ),
        (
            Ending(1, b"step 4\n", disk_is_full=True),
            ExitKind.DISK_FULL,
            "exit 1: step 4 (the disk of the runs is full)",
        ),
        (
            Ending(1, b"MemoryError\n"),
            ExitKind.HOST_OUT_OF_MEMORY,
            "exit 1: MemoryError: the machine ran out of memory",
        ),
        (
            Ending(1, b"RuntimeError: DataLoader worker (pid 9) is killed by signal: Killed.\n", oom_kills=1),
            ExitKind.HOST_OUT_OF_MEMORY,
            "exit 1: RuntimeError: DataLoader worker (pid 9) is killed by signal: Killed.: the machine ran out of memory",
        ),
        (
            Ending(1, b"RuntimeError: DataLoader worker (pid 9) exited unexpectedly\n"),
            ExitKind.FAILED,
            "exit 1: RuntimeError: DataLoader worker (pid 9) exited unexpectedly",
        ),
        (Ending(-9, b"", oom_kills=1), ExitKind.HOST_OUT_OF_MEMORY, "killed by SIGKILL: the machine ran out of memory"),
        (Ending(-11, b"", oom_kills=1), ExitKind.SIGNAL, "killed by SIGSEGV: a crash in native code"),
        (Ending(75, b""), ExitKind.STOPPED, "stopped by a signal from outside"),
        (
            Ending(75, b"stopped; go on with --resume\n", ended=Ended(ExitKind.STOPPED, 2, 310)),
            ExitKind.STOPPED,
            "stopped by a signal from outside, at step 310 of epoch 2 without a checkpoint of it (see the warnings in its log)",
        ),
    ],
)
def test_each_end_has_its_kind_and_its_words(ending: Ending, kind: ExitKind, cause: str) -> None:
    assert explain(ending) == (kind, cause)


def test_a_stop_names_who_asked_and_when_and_why() -> None:
    stop = StopRequest(by="ann", when=0.0, why="wrong data")
    kind, cause = end(75, b"stopped\n", stop=stop, ended=Ended(ExitKind.STOPPED, 2, 3, saved=True))
    assert kind is ExitKind.STOPPED
    assert cause.startswith("stopped by ann, ")
    assert cause.endswith(", at step 3 of epoch 2: wrong data")


def test_a_stop_that_needed_force_says_so() -> None:
    stop = StopRequest(by="ann", when=0.0, grace_seconds=2)
    assert end(-signal.SIGKILL, stop=stop)[1].endswith("(killed, as it did not end within 2 s)")
    assert end(143, b"Terminated\n", is_ours=False, stop=stop)[1] == end(-15, stop=stop)[1]  # a shell script's child


def test_a_trainer_that_broke_while_it_was_being_stopped_says_how() -> None:
    stop = StopRequest(by="ann", when=0.0)
    assert end(1, b"OSError: gone\n", stop=stop)[1].endswith("(its own end: exit 1: OSError: gone)")
    assert end(-11, stop=stop)[1].endswith("(its own end: killed by SIGSEGV: a crash in native code)")


def test_the_end_of_its_time_is_a_kind_of_its_own() -> None:
    stop = StopRequest(by="its time limit of 2 h", when=0.0)
    kind, cause = end(75, stop=stop, at_time_limit=True)
    assert kind is ExitKind.TIME_LIMIT
    assert cause.startswith("stopped by its time limit of 2 h, ")


def test_a_run_that_got_its_result_out_is_finished_though_it_was_asked_to_stop() -> None:
    stop = StopRequest(by="ann", when=0.0)
    assert end(0, has_result=True, stop=stop) == (ExitKind.FINISHED, "")


def test_anothers_trainer_that_was_stopped_is_stopped_whatever_its_code() -> None:
    stop = StopRequest(by="ann", when=0.0)
    assert end(0, is_ours=False, stop=stop)[0] is ExitKind.STOPPED
