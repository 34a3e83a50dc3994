"""What is known of one run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from iqa_tui.monitor.fold import fold
from iqa_tui.monitor.state import RunState
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.schema import Event, Place, ProcessRecord
from training.runfolder.spec import Spec

RUN = RunFolder(Path("a-run"))
SPEC = Spec("a-run", "losses", "L1", [], 0.0, experiment="F1", priority="low")


def on(*devices: dict[str, Any], host: str = "") -> RunState:
    process = ProcessRecord("boot", 1, 1, started=5.0, host="here", devices=list(devices))
    return RunState(RUN, Status(Phase.RUNNING, attempt=1, host=host), SPEC, process)


def test_a_device_is_named_by_kind_and_index_and_by_host_if_it_is_another_one() -> None:
    gpu, slice_ = (
        {"key": "GPU-a", "kind": "gpu", "index": 0},
        {"key": "MIG-b", "kind": "gpu", "index": 1, "instance": 2},
    )
    assert on(gpu, slice_).device_label == "GPU 0, 1:2"
    assert on(gpu, host="nodeb").device_label == "nodeb GPU 0"
    assert on(gpu).device_keys == ("GPU-a",)
    assert on().device_label == ""


def test_the_priority_is_that_of_the_launch_until_a_user_changes_it() -> None:
    assert RunState(RUN, Status(Phase.QUEUED), SPEC).priority == "low"
    changed = Place(by="ann", when=0.0, priority="high")
    assert RunState(RUN, Status(Phase.QUEUED), SPEC, place=changed).priority == "high"
    held = Place(by="ann", when=0.0, held=True)
    assert RunState(RUN, Status(Phase.QUEUED), SPEC, place=held).priority == "low"


def test_of_an_unreadable_run_only_its_name_is_known() -> None:
    state = RunState(RUN, Status(Phase.UNREADABLE, "spec.json is torn"))
    assert (state.label, state.experiment, state.group, state.priority) == ("a-run", "", "", "")
    assert state.trainer_digests == ()


def test_steps_count_from_one_within_each_epoch() -> None:
    def state(step: int, steps_per_epoch: int = 4) -> RunState:
        return RunState(RUN, Status(Phase.RUNNING), SPEC, step=step, steps_per_epoch=steps_per_epoch)

    assert [state(step).step_in_epoch for step in (0, 1, 4, 5)] == [0, 1, 4, 1]
    assert state(5, steps_per_epoch=0).step_in_epoch == 0


def test_a_run_has_an_age_only_once_it_has_started() -> None:
    assert RunState(RUN, Status(Phase.QUEUED), SPEC).elapsed_seconds(9.0) is None
    process = ProcessRecord("boot", 1, 1, started=5.0, host="here")
    assert RunState(RUN, Status(Phase.RUNNING), SPEC, process).elapsed_seconds(9.0) == 4.0
    assert RunState(RUN, Status(Phase.LOST), SPEC, process).elapsed_seconds(9.0) is None


def test_the_age_of_a_run_counts_what_the_clock_was_set_back_during_this_attempt() -> None:
    process = ProcessRecord("boot", 1, 1, started=5000.0, host="here")
    running = RunState(RUN, Status(Phase.RUNNING, attempt=2), SPEC, process)
    before, during = [Event("step", t, 1, {"step": t}) for t in (900.0, 600.0)], (5010.0, 1410.0)
    state = fold(running, [*before, *(Event("step", t, 2, {"step": t}) for t in during)])
    assert state.elapsed_seconds(1420.0) == 20.0
    not_yet_begun = fold(running, [*before, Event("step", 500.0, 1, {"step": 1})])
    assert not_yet_begun.elapsed_seconds(5020.0) == 20.0
