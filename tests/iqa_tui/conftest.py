from tests.fakes.app import ablation, open_app, runs_dir
from tests.fakes.lab import lab
from tests.fakes.nvml import gpus
from tests.fakes.other_users import place

__all__ = ["ablation", "gpus", "lab", "open_app", "place", "runs_dir"]
