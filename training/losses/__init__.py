"""The losses, one a file: `LOSSES` maps a flag to its function, `PUBLISHED` to the published code's."""

from training.losses.table import LOSSES, PUBLISHED, Criterion, build_criterion

__all__ = ["LOSSES", "PUBLISHED", "Criterion", "build_criterion"]
