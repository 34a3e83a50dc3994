from tests.fakes.lab import lab
from tests.fakes.nvml import gpus
from tests.fakes.other_users import place

__all__ = ["gpus", "lab", "place"]
