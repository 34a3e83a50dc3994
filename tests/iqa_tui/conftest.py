<<<<<<< HEAD
from tests.fakes.app import ablation, open_app, runs_dir
from tests.fakes.lab import lab
=======
from tests.fakes.lab import lab, queued
>>>>>>> main
from tests.fakes.nvml import gpus
from tests.fakes.other_users import place
from tests.fakes.shell import shell

<<<<<<< HEAD
__all__ = ["ablation", "gpus", "lab", "open_app", "place", "runs_dir"]
=======
__all__ = ["gpus", "lab", "place", "queued", "shell"]
>>>>>>> main
