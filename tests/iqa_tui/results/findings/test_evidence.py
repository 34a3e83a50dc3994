"""What a run cost and how steadily it was trained, from its events."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.results.findings import evidence
from tests.fakes.ablation import LOSSES, UNSTEADINESS, make_ablation


def test_speed_and_steadiness_come_from_the_recorded_steps(tmp_path: Path) -> None:
    (run,) = make_ablation(tmp_path, {"F4": LOSSES["F4"][:1]}, images=20).values()
    found = evidence.run_evidence(run)
    assert found.images_per_second == 40.0
    assert found.stability.sd == pytest.approx(UNSTEADINESS["F4"], rel=0.25)
    assert found.stability.largest_fall == 0.0


def test_a_run_without_events_and_one_with_too_many_have_nothing_to_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = make_ablation(tmp_path, {"F4": LOSSES["F4"][:1]}, images=20).values()
    monkeypatch.setattr(evidence, "LARGEST_BYTES", run.events.stat().st_size - 1)
    assert evidence.run_evidence(run) == evidence.NOTHING
    run.events.unlink()
    assert evidence.run_evidence(run) == evidence.NOTHING
