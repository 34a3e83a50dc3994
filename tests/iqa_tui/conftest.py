from tests.fakes.lab import lab, queued
from tests.fakes.nvml import gpus
from tests.fakes.other_users import place
from tests.fakes.shell import shell

__all__ = ["gpus", "lab", "place", "queued", "shell"]
