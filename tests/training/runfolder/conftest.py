"""Golden run folders, copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.golden.make import GOLDEN, HERE
from training.runfolder import host


@pytest.fixture
def golden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy that a test may lock and change, on the host that wrote it."""
    monkeypatch.setattr(host, "host_name", lambda: "gpu1")
    for name in GOLDEN:
        shutil.copytree(HERE / name, tmp_path / name)
    return tmp_path
