"""The device and the precision of this run, decided once and named in the result."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from training.errors import NoCompiler, NoDevice

NO_GPUS = ("", "-1", "NoDevFiles")
"""Values of CUDA_VISIBLE_DEVICES that hide every GPU."""
DEVICE_FILES = Path("/dev")
DRIVER_FILE = Path("/proc/driver/nvidia/version")
VRAM_VARIABLE = "IQA_TUI_VRAM_BYTES"
"""What the plan declared of a run that shares a GPU; the supervisor sets it."""
GIB = 1 << 30
CUDA_CONTEXT_BYTES = GIB // 2
"""About what CUDA and its libraries take of a GPU beside the tensors of a process."""
CPU_BF16_FLAGS = ("avx512_bf16", "amx_bf16")
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""From glibc's malloc.h."""
MMAP_THRESHOLD_BYTES = 32 << 20
"""The largest that glibc takes; larger blocks still go back at once."""
TRIM_THRESHOLD_BYTES = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Placement:
    """The device that holds the tensors, and the precision of matrix products."""

    device: torch.device
    name: str
    """For people, for example `NVIDIA H100 80GB HBM3` or `CPU (2 threads)`."""
    precision: str
    """fp32, tf32, bf16 or fp16, for scoring; for training too unless `trains_in_fp32`."""
    trains_in_fp32: bool = False

    @property
    def is_cuda(self) -> bool:
        return self.device.type == "cuda"

    @property
    def precision_in_words(self) -> str:
        """For people and the result."""
        return "fp32 training, bf16 scoring" if self.trains_in_fp32 else self.precision

    def autocast(self, *, training: bool) -> torch.autocast:
        """bf16 or fp16 for the operations that gain by it, if that is the precision; otherwise nothing changes."""
        enabled = self.precision in ("bf16", "fp16") and not (training and self.trains_in_fp32)
        dtype = torch.float16 if self.precision == "fp16" else torch.bfloat16
        return torch.autocast(self.device.type, dtype=dtype, enabled=enabled)

    def grad_scaler(self) -> torch.amp.GradScaler:
        """Scales losses in fp16, whose small gradients would be 0; for other precisions it does nothing."""
        return torch.amp.GradScaler(self.device.type, enabled=self.precision == "fp16")


def place(precision: str, asked: str = "auto") -> Placement:
    """Take the device that the launcher gave this run, else the one that the user asked for.

    Args:
        precision: auto, fp32, tf32, bf16 or fp16.
        asked: `--device`: cpu, cuda, or auto: a GPU if torch can use one, the CPU only of a machine that has none. If
            there is a GPU and torch cannot use it, the run is refused: on the CPU it could take days.

    Raises:
        NoDevice: torch cannot use the GPU, the launcher gave another device than the user asked for, the GPU has no
            bf16, or fp16 is asked of a CPU.
    """
    given = os.environ.get("IQA_TUI_DEVICE", "")
    if given not in ("", "cpu", "cuda"):
        raise NoDevice(f"IQA_TUI_DEVICE={given}: set it to cpu or cuda, or leave it unset")
    if given and asked not in ("auto", given):
        raise NoDevice(f"--device {asked}: the launcher gave this run the device {given}; leave the flag out")
    wanted = given or asked
    if wanted == "cpu":
        return _place_on_cpu(precision)
    if torch.cuda.is_available():
        return _place_on_cuda(precision)
    if given == "cuda":
        on_cpu = "--slurm gres=" if "SLURM_JOB_ID" in os.environ else "--devices cpu"
        raise NoDevice(f"{_why_no_cuda('a GPU was given to this run')}, or launch with {on_cpu}")
    if wanted == "cuda":
        raise NoDevice(f"{_why_no_cuda('--device cuda asks for a GPU')}, or take --device cpu")
    if reason := _why_a_gpu_is_expected():
        raise NoDevice(f"{_why_no_cuda(reason)}. If you mean the CPU, say so: --device cpu")
    return _place_on_cpu(precision)


def share_out(placement: Placement, processes: int) -> Placement:
    """The placement of one of several processes: a GPU each, or its part of the CPU's threads.

    Raises:
        NoDevice: there are fewer GPUs than processes.
    """
    if processes == 1:
        return placement
    if placement.is_cuda:
        count = torch.cuda.device_count()
        if count < processes:
            raise NoDevice(
                f"--processes {processes} needs as many GPUs, and this run has {count} "
                f"(CUDA_VISIBLE_DEVICES={os.environ.get('CUDA_VISIBLE_DEVICES', 'unset')}): give it more, or take fewer"
            )
        return replace(placement, name=f"{processes} × {placement.name}")
    threads = max(1, torch.get_num_threads() // processes)
    torch.set_num_threads(threads)
    each = f"{threads} thread{'s' if threads > 1 else ''}"
    return replace(placement, name=f"CPU ({processes} processes, {each} each)")


def suit_network(placement: Placement, precision: str, network: nn.Module) -> Placement:
    """Let a network with depthwise convolutions train in fp32 on a CPU, unless `--precision` says bf16.

    Measured on two cores with AMX, images a second in fp32 and bf16: training tf_efficientnet_lite0 56 and 39 (the
    backward pass of depthwise convolutions has no fast bf16), scoring with it 263 and 381; training Swin-Base 1.8
    and 3.3, scoring 5.5 and 13.
    """
    depthwise = any(isinstance(module, nn.Conv2d) and module.groups > 1 for module in network.modules())
    slow = placement.device.type == "cpu" and placement.precision == "bf16" and precision == "auto" and depthwise
    return replace(placement, trains_in_fp32=True) if slow else placement


def check_compiler(device: torch.device) -> None:
    """Compile a small function.

    Raises:
        NoCompiler: torch cannot compile here.
    """
    try:
        torch.compile(torch.sin)(torch.ones(8, device=device))
    except Exception as error:
        reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise NoCompiler(
            f"--torch_compile: torch {torch.__version__} cannot compile here ({reason}); a CPU takes a C++ compiler "
            "(`apt-get install g++`, or CXX), a GPU Triton and a C compiler. Or leave the flag out"
        ) from error


def _why_a_gpu_is_expected() -> str:
    """The sign that the user means a GPU, in words; empty if there is none."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return "" if visible.strip() in NO_GPUS else "CUDA_VISIBLE_DEVICES names a GPU"
    return "this machine has an NVIDIA GPU" if any(DEVICE_FILES.glob("nvidia[0-9]*")) else ""


def _why_no_cuda(reason: str) -> str:
    """That torch cannot use a GPU, with what is known of driver and build, and what would help."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "unset")
    build = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else "built without CUDA"
    driver = f"driver {version}" if (version := _driver_version()) else "no NVIDIA driver is loaded"
    remedy = "check the driver with `nvidia-smi`" if torch.version.cuda else "install a torch that is built for CUDA"
    return (
        f"{reason} (CUDA_VISIBLE_DEVICES={visible}), but torch {torch.__version__}, {build}, finds none ({driver}): "
        f"{remedy}"
    )


def _driver_version() -> str:
    """Of the loaded NVIDIA driver; empty if there is none."""
    try:
        found = re.search(r"\b\d+\.\d+(\.\d+)?\b", DRIVER_FILE.read_text())
    except OSError:
        return ""
    return found[0] if found else ""


def make_deterministic() -> None:
    """Let torch take algorithms that give the same bits each time, and refuse operations that have none.

    To be called before the GPU is used: cuBLAS reads its variable when it starts.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False


def memory_words() -> str:
    """`1.2 of 80.0 GiB are free`, of the current GPU."""
    free, total = torch.cuda.mem_get_info()
    return f"{free / GIB:.1f} of {total / GIB:.1f} GiB are free"


def cap_memory(variables: Mapping[str, str] = os.environ) -> None:
    """Hold this process to the GPU memory that its plan declared (`vram`), so that runs beside it keep theirs.

    torch's allocator counts tensors alone, so what CUDA itself takes is left out of its share.

    Raises:
        NoDevice: the variable holds no number.
    """
    text = variables.get(VRAM_VARIABLE, "0")
    if not (text.isascii() and text.isdecimal()):
        raise NoDevice(f"{VRAM_VARIABLE}={text[:40]}: must be a whole number of bytes; leave it unset")
    if declared := int(text):
        _, total = torch.cuda.mem_get_info()
        share = max(declared - CUDA_CONTEXT_BYTES, declared // 2) / total
        torch.cuda.set_per_process_memory_fraction(min(1.0, share))


def _place_on_cuda(precision: str) -> Placement:
    is_ampere = torch.cuda.get_device_capability()[0] >= 8  # older ones have no TF32 and emulate bf16 slowly
    if precision == "bf16" and not is_ampere:
        raise NoDevice(f"--precision bf16: {torch.cuda.get_device_name()} has no bf16; use --precision fp16 or fp32")
    chosen = ("bf16" if precision == "auto" else precision) if is_ampere or precision == "fp16" else "fp32"
    allow_tf32(chosen == "tf32")
    cap_memory()
    return Placement(torch.device("cuda"), torch.cuda.get_device_name(), chosen)


def allow_tf32(allowed: bool) -> None:
    """Let a GPU round the factors of fp32 products to 10 bits, or not; torch's own default does so in convolutions.

    By these two alone the older and the newer flags of torch agree; set through the newer ones, the older ones raise an
    error when torch.compile reads them.
    """
    torch.set_float32_matmul_precision("high" if allowed else "highest")
    torch.backends.cudnn.allow_tf32 = allowed


def _place_on_cpu(precision: str) -> Placement:
    if precision == "fp16":
        raise NoDevice("--precision fp16 is for GPUs, a CPU is slower with it; use --precision auto or fp32")
    threads = set_threads()
    keep_freed_memory()
    chosen = "bf16" if precision == "bf16" or (precision == "auto" and cpu_has_bf16()) else "fp32"
    return Placement(torch.device("cpu"), f"CPU ({threads} thread{'s' if threads > 1 else ''})", chosen)


def keep_freed_memory() -> bool:
    """Let the C library use freed memory again instead of giving it back; returns whether it took the advice.

    A step frees and asks for the same gigabyte again, and the kernel clears every page that it hands out: 6.3 s of
    user time went with 1.9 s of system time, now with 0.3 s, for six steps of tf_efficientnet_lite0 (16 crops of 224).
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES) and mallopt(M_TRIM_THRESHOLD, TRIM_THRESHOLD_BYTES))


def set_threads() -> int:
    """Use OMP_NUM_THREADS threads, the share the launcher gave; without it torch's own choice. Returns the number."""
    share = os.environ.get("OMP_NUM_THREADS", "")
    if share.isdecimal() and int(share) > 0:
        torch.set_num_threads(int(share))
    return torch.get_num_threads()


def cpu_has_bf16() -> bool:
    """Whether the processor multiplies bf16 in hardware (elsewhere autocast makes training slower)."""
    try:
        words = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        return False
    return any(flag in words for flag in CPU_BF16_FLAGS)
