"""The losses of the ablation, one a file; `LOSSES` maps a flag to its function."""

from training.losses.table import LOSSES, build_criterion

__all__ = ["LOSSES", "build_criterion"]
