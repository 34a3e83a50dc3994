"""Logs as the published trainer writes them, made up line by line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from iqa_tui.importing.published import read_published
from iqa_tui.importing.record import Wish, import_log
from iqa_tui.importing.row import row_named
from iqa_tui.plans.plan import load_plan
from training.runfolder.layout import RunFolder

TABLE = "Epoch\tTrain_Loss\tTrain_SRCC\tTest_SRCC\tTest_PLCC"
LOSS_WORDS = {
    "l1": "L1 (MAE)",
    "l2": "L2 (MSE)",
    "srcc": "SRCC (Spearman)",
    "rank": "Rank (Pairwise Ranking)",
    "pairwise": "Pairwise Fidelity",
}
SCORES = ((4.850, 0.8823, 0.9193, 0.9346), (3.004, 0.9553, 0.9354, 0.9448), (2.501, 0.9723, 0.9340, 0.9430))
"""Of three epochs: loss, train SRCC, test SRCC, test PLCC."""
STEPS = 100
"""Of an epoch."""


def header(loss_type: str | None = "l1", *, dataset: str = "koniq-10k", lr: str = "5e-06", epochs: int = 3) -> str:
    """What stands before the table.

    Args:
        loss_type: None: as before the trainer knew more than one.
    """
    loss = [f"  Primary Loss Type:        {LOSS_WORDS[loss_type]}"] if loss_type else []
    lines = [
        "Training log will be saved to: /data/iqa/logs/swin_multiscale_ranking_alpha0_20251222_161625.log",
        "=" * 80,
        "Random seed set to 42 for reproducibility",
        "",
        "EXPERIMENT CONFIGURATION",
        f"Dataset:                    {dataset}",
        "Model Size:                 base",
        f"Epochs:                     {epochs}",
        "Batch Size:                 32",
        f"Learning Rate:              {lr}",
        "Loss Function:",
        *loss,
        "  Ranking Loss Alpha:       0",
        "Training Strategy:",
        "  Test Random Crop:         True",
        f"Training and testing on {dataset} dataset for 1 rounds...",
        "  Train: 7046 images, Test: 2010 images",
        "  Loading images: 100%|##########| 7046/7046 [01:20<00:00, 87.30img/s]",
        "Early stopping enabled with patience=5",
    ]
    return "\n".join(lines) + "\n"


def bars(epoch: int, epochs: int = 3, *, steps: int = STEPS, with_loss: bool = True) -> str:
    """An epoch's training bars, ten seconds of them, and two seconds of testing."""
    texts = []
    for step in range(steps + 1):
        loss = f", loss={10 / (10 * epoch + step // 10):.4f}" if with_loss else ""
        seconds = f"00:{10 * step // steps:02}<00:10"
        texts.append(
            f"\rEpoch {epoch}/{epochs}: {100 * step // steps:3}%|###  | {step}/{steps} [{seconds}, 9.1batch/s{loss}]"
        )
    texts.append(
        "\nTesting:   0%|     | 0/63 [00:00<?, ?batch/s]\rTesting: 100%|#####| 63/63 [00:02<00:00, 31batch/s]\r"
    )
    return "".join(texts) + " " * 60 + "\r"


def epoch_line(epoch: int, scores: Sequence[float], parts: str = "") -> str:
    loss, train_srcc, test_srcc, test_plcc, *others = scores
    more = "".join(f"\t{score:.4f}" for score in others)
    return f"{epoch}\t{loss:.3f}{parts}\t\t{train_srcc:.4f}\t\t{test_srcc:.4f}\t\t{test_plcc:.4f}{more}\n"


def table(rows: Sequence[Sequence[float]] = SCORES, *, spaq: bool = False, with_bars: bool = True) -> str:
    text = TABLE + ("\tSPAQ_SRCC\tSPAQ_PLCC" if spaq else "") + "\n"
    for number, row in enumerate(rows, 1):
        text += (bars(number, len(rows)) if with_bars else "") + epoch_line(number, row)
        text += "  ⭐ New best model saved!\n"
    return text + "Best test SRCC 0.935400, PLCC 0.944800\n"


def write_log(path: Path, text: str | None = None, **changes: str) -> Path:
    """A whole log, or this text. `changes` are those of `header`."""
    path.write_bytes((header(**changes) + table() if text is None else text).encode())  # type: ignore[arg-type]
    return path


def record_run(runs_dir: Path, row: str = "F1", *, text: str | None = None) -> RunFolder:
    """A recorded run of the KonIQ-10k preset, of a whole log or of this text."""
    plan = load_plan("koniq-losses")
    log = write_log(runs_dir / f"{row}.log", header(None) + table() + f"{row}\n" if text is None else text)
    (imported,) = import_log(read_published(log), row_named(plan, row), Wish(runs_dir, plan, plan.name))
    return imported.run
