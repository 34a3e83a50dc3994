"""Which variables differ between the launches of a group: names, and never a value."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.monitor.environments import difference_lines, differing_variables, environments_of
from iqa_tui.trust.signature import write_signed
from tests.fakes.run_folders import FakeRun
from training.runfolder.read import read_spec


def test_the_runs_are_sorted_by_the_value_they_have(tmp_path: Path) -> None:
    launched = {
        "F1": {"OMP_NUM_THREADS": "4", "TOKEN": "a", "SHLVL": "1"},
        "F2": {"OMP_NUM_THREADS": "8", "TOKEN": "a", "SHLVL": "2"},
        "F3": {"OMP_NUM_THREADS": "8", "TOKEN": "s3cret", "SHLVL": "3"},
        "F4": {"TOKEN": "a"},
    }
    for identity, variables in launched.items():
        run = FakeRun.queue(tmp_path, identity).run
        write_signed(run, read_spec(run), variables)
    FakeRun.queue(tmp_path, "F5", signed=False)
    environments, closed = environments_of(tmp_path, "koniq-losses")
    assert closed == ["F5 seed 42"]
    assert difference_lines(differing_variables(environments)) == [
        "  OMP_NUM_THREADS: F2 seed 42, F3 seed 42 | F1 seed 42 | not set: F4 seed 42",
        "  TOKEN: F1 seed 42, F2 seed 42, F4 seed 42 | F3 seed 42",
    ]
    assert "s3cret" not in repr(environments)


def test_equal_environments_differ_in_nothing(tmp_path: Path) -> None:
    for identity in ("F1", "F2"):
        run = FakeRun.queue(tmp_path, identity).run
        write_signed(run, read_spec(run), {"A": "1", "TMUX_PANE": identity})
    environments, closed = environments_of(tmp_path, "koniq-losses")
    assert (differing_variables(environments), closed) == ({}, [])
    assert environments_of(tmp_path, "another group") == ({}, [])
