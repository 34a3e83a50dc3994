"""`iqa-tui retry`."""

from __future__ import annotations

from tests.fakes.lab import Lab, wait_for_end
from tests.fakes.shell import Shell


def test_a_finished_run_is_not_tried_again(lab: Lab, shell: Shell) -> None:
    (run,) = lab.launch({})
    wait_for_end(run)
    shell("retry", "S1", code=1)
    assert "is finished. Launch its plan again" in shell.errors
