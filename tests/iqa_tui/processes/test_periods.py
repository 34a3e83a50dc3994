"""The periods of the programs that outlive the app, and the one setting that shortens them."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from iqa_tui.processes.periods import HASTE_VARIABLE, hastened

AS_USERS_HAVE_THEM = {
    "DISPATCHER_SECONDS": 0.4,
    "SUPERVISOR_SECONDS": 0.25,
    "SAMPLE_SECONDS": 10.0,
    "SAMPLER_PAUSE_SECONDS": 60.0,
    "LEASES_SECONDS": 5.0,
    "ORPHANS_SECONDS": 2.0,
    "FAILURES_SECONDS": 5.0,
    "XIDS_SECONDS": 10.0,
    "NEW_GPUS_SECONDS": 2.0,
    "TRY_AGAIN_SECONDS": 5.0,
    "TAKEN_SECONDS": 5.0,
}
TELL = """
import json
from iqa_tui.processes import periods
print(json.dumps({name: value for name, value in vars(periods).items() if name.endswith("_SECONDS")}))
"""


def periods(**env: str) -> dict[str, float]:
    kept = {name: value for name, value in os.environ.items() if name != HASTE_VARIABLE}
    done = subprocess.run([sys.executable, "-c", TELL], env=kept | env, capture_output=True, text=True, check=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def test_without_the_setting_the_periods_are_those_of_users() -> None:
    assert periods() == AS_USERS_HAVE_THEM


def test_one_setting_divides_all_of_them() -> None:
    assert periods(IQA_TUI_HASTE="5") == {name: value / 5 for name, value in AS_USERS_HAVE_THEM.items()}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1", 6.0), ("2.5", 2.4), *((text, 6.0) for text in ("0", "0.5", "-2", "inf", "nan", "", "fast"))],
)
def test_what_is_no_number_of_at_least_1_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, text: str, seconds: float
) -> None:
    monkeypatch.setenv(HASTE_VARIABLE, text)
    assert hastened(6.0) == pytest.approx(seconds)
