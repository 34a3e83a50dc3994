"""Disks of a size that a test chooses."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.lab import Lab


@pytest.fixture
def small_disk(lab: Lab) -> Iterator[Path]:
    """A disk of 4 MiB of its own, as the folder of runs."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(lab.runs_dir)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("this container may not mount a small disk")
    yield lab.runs_dir
    lab.sweep()
    subprocess.run(["umount", "--lazy", str(lab.runs_dir)], check=True)
