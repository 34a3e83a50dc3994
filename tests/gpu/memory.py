"""GPU memory: too little on purpose, two runs on one card, and what the driver counts beside torch."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterable

from tests.gpu.check import Figure
from tests.gpu.driver import used_by, used_bytes
from tests.gpu.ground import LITE0, SWIN_BASE, Ground
from training.runfolder.exits import ExitKind

MIB, GIB = 1 << 20, 1 << 30
SHORT = ["--epochs", 1, "--train_patch_num", 4, "--test_patch_num", 8]
CAP = "IQA_TUI_VRAM_BYTES"


def too_little_for_training(ground: Ground) -> Iterable[Figure]:
    """A step that does not fit names the batch size; nothing is changed silently."""
    done = ground.train("small-step", *SWIN_BASE, *SHORT, "--precision", "fp32", **{CAP: str(3 * GIB)})
    assert done.returncode == 1, (done.returncode, done.last_line)
    assert done.last_line.startswith("error: CUDA out of memory at --batch_size 32, step 1 in epoch 1"), done.last_line
    (end,) = done.events("ended")
    assert end.fields["how"] == ExitKind.GPU_OUT_OF_MEMORY.value, end.fields
    return ()


def too_little_for_the_network(ground: Ground) -> Iterable[Figure]:
    """A network that does not fit is no question of the batch size."""
    done = ground.train("small-network", *SWIN_BASE, *SHORT, **{CAP: str(256 * MIB)})
    assert done.returncode == 1, (done.returncode, done.last_line)
    assert "CUDA out of memory while the network of" in done.last_line, done.last_line
    assert "batch_size" not in done.last_line, done.last_line
    return ()


def too_little_for_scoring(ground: Ground) -> Iterable[Figure]:
    """Scoring goes on in smaller batches, and the result says so."""
    for cap in (2048, 1536, 1280, 1152, 1024):
        flags = [*SWIN_BASE, *SHORT, "--epochs", 0, "--precision", "fp32"]
        done = ground.train(f"small-scoring-{cap}", *flags, **{CAP: str(cap * MIB)})
        if done.returncode == 0 and any("the GPU was out of memory" in note for note in done.result.notes):
            yield Figure("scoring_goes_on_at", cap, "MiB", "Swin-Base in fp32, batches that would need more")
            return
        assert done.returncode == 0, f"at {cap} MiB: {done.last_line}"
    raise AssertionError("scoring Swin-Base never ran out of memory, even with 1 GiB")


def shared_card(ground: Ground) -> Iterable[Figure]:
    """Two runs that declare their memory train on one card at once, and neither takes more than it declared."""
    declared = 6 * GIB
    flags = [*LITE0, "--epochs", 2, "--train_patch_num", 8, "--test_patch_num", 4]
    started = [ground.start(f"beside-{number}", *flags, **{CAP: str(declared)}) for number in (1, 2)]
    peaks: dict[int, int] = {}
    both_at_once = 0
    is_over = threading.Event()

    def look() -> None:
        nonlocal both_at_once
        while not is_over.is_set():
            found = used_by({process.pid for _, process in started})
            both_at_once = max(both_at_once, len(found))
            for pid, size in found.items():
                peaks[pid] = max(peaks.get(pid, 0), size)
            time.sleep(0.1)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        done = [ground.ended(run, process) for run, process in started]
    finally:
        is_over.set()
        looking.join()
    assert [one.returncode for one in done] == [0, 0], [one.last_line for one in done]
    assert all(size <= declared for size in peaks.values()), peaks
    against = f"{declared / GIB:g} GiB declared by each of two" if peaks else "the driver names no process here"
    yield Figure("shared_card_peak_gib", max(peaks.values(), default=0) / GIB, "GiB", against)
    yield Figure("shared_card_runs_at_once", both_at_once, "runs", "as the driver saw them")


def driver_beside_torch(ground: Ground) -> Iterable[Figure]:
    """What NVML counts more than torch: CUDA's own, which a declaration of `vram` must leave room for."""
    program = (
        "import sys, torch; tensor = torch.zeros(1 << 30, dtype=torch.uint8, device='cuda'); "
        "(tensor[:1024].float().view(32, 32) @ tensor[:1024].float().view(32, 32)).sum().item(); "
        "print(torch.cuda.memory_reserved(), flush=True); sys.stdin.read()"
    )
    before = used_bytes()
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        reserved = int(process.stdout.readline())
        seen = used_bytes() - before
        process.communicate("")
    assert seen >= reserved, (seen, reserved)
    yield Figure("cuda_beside_tensors_mib", (seen - reserved) / MIB, "MiB", "NVML's memory less torch's reserved")
