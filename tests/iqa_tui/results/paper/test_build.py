from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from iqa_tui.results.paper import build as room
from iqa_tui.results.paper.build import paper_of
from iqa_tui.results.paper.figures import WITHOUT
from tests.fakes.ablation import make_ablation
from tests.fakes.papers import made_content


def test_without_matplotlib_all_but_the_figures_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = made_content(tmp_path)
    monkeypatch.setattr(room, "why_not", lambda: WITHOUT)
    paper = paper_of(content)
    assert sorted(paper.files) == ["README.md", "findings.md", "numbers.tex", "report.html", "scores.csv", "table.tex"]
    assert paper.without == WITHOUT
    assert all(content.endswith(b"\n") for content in paper.files.values())
    assert b"pip install" in paper.files["README.md"]
    assert b"pip install" in paper.files["report.html"]


def test_two_exports_of_the_same_runs_are_the_same_bytes(tmp_path: Path) -> None:
    runs_dir = tmp_path / "runs"
    runs_dir.mkdir()
    make_ablation(runs_dir, {"F1": (0.9, 0.91), "F3": (0.92, 0.93)}, images=60, seeds=(1, 2))
    written = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        command = [sys.executable, "-m", "iqa_tui", "--runs-dir", str(runs_dir), "paper", "--output", str(folder)]
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": f"UTC-{seed}"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert len(written[0]) > 6
    assert written[0] == written[1]
