"""What the doctor asks, answered by the test."""

from __future__ import annotations

import sys

import pytest

from iqa_tui.doctor.finding import Finding


def sign(finding: Finding) -> str:
    return "ok" if finding.is_good else "blocked" if finding.blocks else "warning"


def trainer_that(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr("iqa_tui.doctor.data.CHECK_DATASET", [sys.executable, "-c", code])


def trainer_that_checks(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr("iqa_tui.doctor.network.program", lambda *_: [sys.executable, "-c", code])
