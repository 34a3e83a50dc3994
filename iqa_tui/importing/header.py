"""What the published trainer prints before its table: the settings, the data, when it began."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any

from training.runfolder.text import plain

NAMES = {
    "Dataset": "dataset",
    "Model Size": "model_size",
    "Epochs": "epochs",
    "Batch Size": "batch_size",
    "Learning Rate": "lr",
    "LR Ratio (backbone)": "lr_ratio",
    "Weight Decay": "weight_decay",
    "Train Patch Num": "train_patch_num",
    "Test Patch Num": "test_patch_num",
    "Primary Loss Type": "loss_type",
    "Ranking Loss Alpha": "ranking_loss_alpha",
    "Ranking Loss Margin": "ranking_loss_margin",
    "Drop Path Rate": "drop_path_rate",
    "Dropout Rate": "dropout_rate",
    "Patience": "patience",
    "LR Scheduler": "lr_scheduler",
    "Attention Fusion": "attention_fusion",
    "Test Random Crop": "test_random_crop",
    "Random Seed": "seed",
}
"""What a setting is called there, and as a flag."""
LOSSES = ("l1", "l2", "srcc", "rank", "pairwise")
"""The header has them in longer words, of which these are the first."""
SETTING = re.compile(r"\s*([A-Z][A-Za-z ()-]{2,30}):\s+(\S.*?)\s*")
SEED = re.compile(r"Random seed set to (\d{1,18})\b.*")
DATASET = re.compile(r"Training and testing on (\S+) dataset for .*")
IMAGES = re.compile(r"\s*Train: (\d{1,9}) images, Test: (\d{1,9}) images\s*")
SIZE = re.compile(r"Loading Swin Transformer (TINY|SMALL|BASE)\b.*")
STAMP = re.compile(r".*_(\d{8})_(\d{6})\.log\s*")
SAVED = "Training log will be saved to: "
LONGEST_VALUE = 200


@dataclass(slots=True)
class Header:
    """What is known so far; what stands twice counts as it stands first."""

    settings: dict[str, Any] = field(default_factory=dict)
    """Flag to value."""
    images: dict[str, int] = field(default_factory=dict)
    """Split to number of images."""
    started: float | None = None
    """Unix seconds, from the name of the log, by this machine's time zone; None if no name says it."""

    @property
    def loss_type(self) -> str:
        """Empty if the log does not say it: the published code had one loss alone before."""
        return str(self.settings.get("loss_type", ""))

    @property
    def dataset(self) -> str:
        return str(self.settings.get("dataset", ""))

    @property
    def seed(self) -> int | None:
        seed = self.settings.get("seed")
        return seed if isinstance(seed, int) and 0 <= seed < 2**63 else None

    @property
    def network(self) -> str:
        """`swin-base`."""
        size = self.settings.get("model_size")
        return f"swin-{size}" if size else ""

    def take(self, line: str) -> None:
        """One line of the log."""
        if found := SETTING.fullmatch(line):
            name = NAMES.get(found[1].strip())
            if name:
                value = value_of(found[2])
                self._set(name, _loss_type(str(value)) if name == "loss_type" else value)
        if found := SEED.fullmatch(line):
            self._set("seed", int(found[1]))
        elif found := DATASET.fullmatch(line):
            self._set("dataset", plain(found[1], LONGEST_VALUE))
        elif found := SIZE.fullmatch(line):
            self._set("model_size", found[1].lower())
        elif found := IMAGES.fullmatch(line):
            self.images = self.images or {"train": int(found[1]), "test": int(found[2])}
        elif line.startswith(SAVED) and self.started is None:
            self.started = moment_in(line)

    def _set(self, name: str, value: Any) -> None:
        self.settings.setdefault(name, value)


def value_of(text: str) -> Any:
    """A number, true or false, or the text itself, as one harmless line."""
    if text in ("True", "False"):
        return text == "True"
    if re.fullmatch(r"[-+]?\d{1,15}", text):
        return int(text)
    if re.fullmatch(r"[-+]?\d{1,15}(\.\d{0,15})?([eE][-+]?\d{1,2})?", text):
        return float(text)
    return plain(text, LONGEST_VALUE)


def _loss_type(text: str) -> str:
    first = text.partition(" ")[0].lower()
    return first if first in LOSSES else text


def moment_in(name: str) -> float | None:
    """Unix seconds from `…_20251222_161625.log`; None if it names no moment."""
    found = STAMP.fullmatch(name)
    if found is None:
        return None
    try:
        return time.mktime(time.strptime(found[1] + found[2], "%Y%m%d%H%M%S"))
    except (ValueError, OverflowError):
        return None
