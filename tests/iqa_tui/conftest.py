from tests.fakes.app import ablation, open_app, runs_dir
from tests.fakes.disks import small_disk
from tests.fakes.lab import lab, queued
from tests.fakes.nvml import gpus
from tests.fakes.other_users import place
from tests.fakes.shell import shell

__all__ = ["ablation", "gpus", "lab", "open_app", "place", "queued", "runs_dir", "shell", "small_disk"]
