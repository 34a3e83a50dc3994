"""The network of the plan is built by the trainer."""

from __future__ import annotations

import pytest

from iqa_tui.doctor.network import check_network
from iqa_tui.doctor.plan_needs import NetworkNeed
from tests.fakes.doctor import sign, trainer_that_checks


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; sys.exit('error: --backbone x: timm 1.0 has no such model')", "x: --backbone x: timm 1.0 has no"),
        ("print('{}')", "python -m training --check: it has no settings"),
        ("import time; time.sleep(30)", "x: not built within 0.5 s"),
    ],
)
def test_a_network_that_cannot_be_built_blocks(monkeypatch: pytest.MonkeyPatch, code: str, words: str) -> None:
    monkeypatch.setattr("iqa_tui.doctor.network.NETWORK_SECONDS", 0.5 if "sleep" in code else 60)
    trainer_that_checks(monkeypatch, code)
    finding, size = check_network(NetworkNeed("x", [], 1))
    assert (sign(finding), size) == ("blocked", 0)
    assert finding.words.startswith(words)
