"""What the checks of a GPU share: made images, the trainer as a process, and what the driver says.

No test runner and no network is needed, so that the checks run on a borrowed machine with nothing but the trainer's
libraries.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from training.runfolder.events import read_events
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Event, Result

EXPERIMENT = [
    "--attention_fusion",
    "--ranking_loss_alpha",
    "0",
    "--loss_type",
    "l2",
    "--lr",
    "5e-6",
    "--weight_decay",
    "2e-4",
    "--drop_path_rate",
    "0.3",
    "--dropout_rate",
    "0.4",
    "--lr_scheduler",
    "cosine",
    "--test_random_crop",
    "--no_spaq",
    "--no_color_jitter",
    "--train_test_num",
    "1",
    "--patience",
    "5",
    "--weights",
    "none",
]
"""The experiment's settings, but for its pretrained weights, which no machine without network has."""
SWIN_BASE = ["--model_size", "base", "--batch_size", "32"]
LITE0 = ["--backbone", "tf_efficientnet_lite0", "--batch_size", "32"]
TINY = ["--backbone", "test_efficientnet", "--patch_size", "64", "--batch_size", "8"]
"""For a CPU."""
HEIGHT, WIDTH = 384, 512
PATIENCE_SECONDS = {True: 240, False: 1200}
"""For a trainer on a GPU or on a CPU, which may be busy."""


@dataclass(frozen=True)
class Ended:
    """A trainer that has exited."""

    run: RunFolder
    returncode: int
    output: str

    @property
    def last_line(self) -> str:
        return (self.output.strip().splitlines() or [""])[-1]

    @property
    def result(self) -> Result:
        result = read_record(self.run.result, Result)
        assert result is not None, self.output[-2000:]
        return result

    def events(self, kind: str) -> list[Event]:
        return [event for event in read_events(self.run) if event.kind == kind]


@dataclass
class Ground:
    """A folder of made images, and runs beside it."""

    folder: Path
    is_gpu: bool
    labels: Path = field(init=False)

    def __post_init__(self) -> None:
        counts = {"train": 64, "val": 8, "test": 16} if self.is_gpu else {"train": 12, "val": 4, "test": 4}
        self.labels = write_made(self.folder / "data", counts, HEIGHT if self.is_gpu else 72)

    def start(self, name: str, *flags: object, **env: str) -> tuple[RunFolder, subprocess.Popen[str]]:
        run = RunFolder(self.folder / name)
        words = ["--dataset", "csv", "--data_path", self.labels, "--run_folder", run.path, *EXPERIMENT, *flags]
        command = [sys.executable, "-m", "training", *map(str, words)]
        places = {"IQA_TUI_CACHE": str(self.folder / "cache"), "IQA_TUI_STATE": str(self.folder / "state")}
        device = {"IQA_TUI_DEVICE": "cuda"} if self.is_gpu else {"IQA_TUI_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **places, **device, **env},
        )
        return run, process

    def train(self, name: str, *flags: object, **env: str) -> Ended:
        run, process = self.start(name, *flags, **env)
        return self.ended(run, process)

    def killed_after(self, name: str, step: int, *flags: object) -> Ended:
        """Killed by SIGKILL once it has reported this step and a checkpoint stands."""
        run, process = self.start(name, *flags)
        deadline = time.monotonic() + PATIENCE_SECONDS[self.is_gpu]
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                steps = [event.fields["step"] for event in read_events(run) if event.kind == "step"]
                if max(steps, default=0) >= step and run.last_checkpoint.exists():
                    process.send_signal(signal.SIGKILL)
                    break
            time.sleep(0.02)
        done = self.ended(run, process)
        assert done.returncode == -signal.SIGKILL, f"not killed in the middle: {done.last_line}"
        return done

    def ended(self, run: RunFolder, process: subprocess.Popen[str]) -> Ended:
        """Wait for it. Raises AssertionError: it takes too long."""
        patience = PATIENCE_SECONDS[self.is_gpu]
        try:
            output, _ = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            raise AssertionError(f"{run.run_id} did not end within {patience} s: {output[-500:]}") from None
        return Ended(run, process.returncode, output)

    @property
    def network(self) -> list[str]:
        """The network of checks whose subject is not the network."""
        return LITE0 if self.is_gpu else TINY


def write_made(folder: Path, counts: dict[str, int], side: int) -> Path:
    """Photographs of nothing whose noise is their label; returns the labels' file."""
    (folder / "images").mkdir(parents=True)
    draw = np.random.default_rng(1)
    lines = ["image,mos,mos_sd,split"]
    width = WIDTH if side == HEIGHT else side
    for split, count in counts.items():
        for number in range(count):
            noise = number / max(count - 1, 1)
            smooth = np.linspace(40, 200, width)[None, :, None] + np.zeros((side, width, 3))
            pixels = smooth + draw.normal(0, 60 * noise, smooth.shape)
            name = f"images/{split}{number}.jpg"
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / name, quality=90)
            lines.append(f"{name},{5 - 4 * noise:.3f},0.5,{split}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return folder / "labels.csv"
