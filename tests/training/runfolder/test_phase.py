"""What each phase means, and what a status keeps of what stood in the records."""

from __future__ import annotations

import pytest

from training.runfolder.phase import LONGEST_CAUSE, Phase, Status

MEANS = {
    Phase.QUEUED: set(),
    Phase.STARTING: {"is_alive"},
    Phase.RUNNING: {"is_alive"},
    Phase.STOPPING: {"is_alive"},
    Phase.FINISHED: {"is_over"},
    Phase.FAILED: {"is_over", "ended_without_result", "can_be_retried"},
    Phase.STOPPED: {"is_over", "ended_without_result", "can_be_retried"},
    Phase.LOST: {"is_over", "ended_without_result", "can_be_retried"},
    Phase.UNREADABLE: {"is_over", "ended_without_result"},
}


@pytest.mark.parametrize("phase", Phase)
def test_each_phase_is_alive_or_over_or_queued(phase: Phase) -> None:
    questions = ("is_alive", "is_over", "ended_without_result", "can_be_retried")
    assert {question for question in questions if getattr(phase, question)} == MEANS[phase]


def test_a_status_is_plain_and_bounded_whatever_stood_in_the_records() -> None:
    status = Status(Phase.FAILED, "exit 1 \x1b]52;c;aGk=\x07" + "x" * 2 * LONGEST_CAUSE, host="node\x1b[31m")
    assert "\x1b" not in status.cause + status.host
    assert len(status.cause) <= LONGEST_CAUSE
    assert Status(Phase.FAILED, 7).cause == "7"  # type: ignore[arg-type]
