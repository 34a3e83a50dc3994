"""The losses, one a file: `LOSSES` maps a flag to its function, `PUBLISHED` to the published code's.

`MORE_OUTPUTS` holds those of networks with more than one output; each has a signature of its own.
"""

from training.losses.table import LOSSES, MORE_OUTPUTS, PUBLISHED, Criterion, build_criterion

__all__ = ["LOSSES", "MORE_OUTPUTS", "PUBLISHED", "Criterion", "build_criterion"]
