"""Shared by the tests of the screens."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.plans.request import LaunchRequest
from iqa_tui.screens import launching
from tests.fakes.eight_gpus import open_on_eight

__all__ = ["open_on_eight"]


PLAN = """
name = "small"
title = "A small plan"
baseline = "A"
[base]
dataset = "koniq-10k"
lr = 5e-6
[[experiment]]
id = "A"
label = "L1 (MAE)"
flags = { loss_type = "l1" }
expected_hours = 1.5
selected = false
[[experiment]]
id = "B"
label = "L2 (MSE)"
flags = { loss_type = "l2" }
expected_hours = 2.0
expected_srcc = [0.93, 0.935]
notes = "a note"
[[experiment]]
id = "C"
label = "SRCC"
flags = { loss_type = "srcc" }
expected_hours = 2.0
"""


@pytest.fixture
def plan_file(tmp_path: Path) -> str:
    path = tmp_path / "small.toml"
    path.write_text(PLAN)
    return str(path)


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[LaunchRequest]:
    """What would have been queued; nothing is started."""
    requests: list[LaunchRequest] = []
    monkeypatch.setattr(launching, "failing_runs", lambda *_: [])
    monkeypatch.setattr(launching, "check", lambda _request: None)
    monkeypatch.setattr(launching, "enqueue", lambda request, _facts: requests.append(request))
    return requests
