"""`iqa-tui stop`: the runs that are meant."""

from __future__ import annotations

from tests.fakes.lab import Lab, state, stub, wait_for_end, words
from tests.fakes.shell import Shell
from training.runfolder.phase import Phase


def test_a_run_is_stopped_by_its_experiment_and_tried_again_by_a_part_of_its_id(lab: Lab, shell: Shell) -> None:
    (run,) = lab.launch({"flags": {"seconds": 60}})
    stub(run)
    assert "asked to stop" in shell("stop", "s1", "--why", "wrong data")
    wait_for_end(run)
    assert words(run).endswith(": wrong data")
    shell("stop", "S1", code=1)
    assert "there is nothing to stop" in shell.errors
    assert "queued again" in shell("retry", run.run_id[:-3])


def test_all_runs_are_stopped_and_none_takes_the_others_place(lab: Lab, shell: Shell) -> None:
    first, second = lab.launch({"flags": {"seconds": 60}}, {"flags": {"seconds": 60}})
    stub(first)
    shell("stop", "--all")
    wait_for_end(first, second)
    assert not (second.path / "stub.json").exists()
    assert {state(run) for run in (first, second)} == {Phase.STOPPED}


def test_a_text_that_means_several_runs_is_refused_with_their_names(lab: Lab, shell: Shell) -> None:
    runs = lab.launch({}, {})
    shell("stop", "stub", code=2)
    assert all(run.run_id in shell.errors for run in runs)
