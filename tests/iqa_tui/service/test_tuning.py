"""What a tuned run is trained with: the best value by the validation split, written once, never one outside the grid."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.queue.dispatching import revive_dispatcher
from iqa_tui.service.supervisor_exits import EXIT_NOT_QUEUED
from iqa_tui.service.tuning import NothingChosen, has_trials_to_come, tuned_flags
from tests.fakes.lab import Lab, change_spec, exit_record, process, state, wait_for_end, words
from tests.fakes.runs import end_run, fail_run, finish_run, queue_run
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_record, read_spec
from training.runfolder.tuned import Tuned
from training.runfolder.write import write_record

GRID = (1e-5, 2e-5, 4e-5)


def tried(runs_dir: Path, number: int, srcc: float | None, *, seed: int = 1, **config: object) -> RunFolder:
    """A tuning run that finished with this validation SRCC."""
    rate = GRID[number]
    run = queue_run(runs_dir, f"t{number}s{seed}", trial={"values": {"lr": rate}}, seed=seed)
    return finish_run(run, None, None, metrics={"val": {"srcc": srcc}}, config={"lr": rate, **config})


def tuned_run(runs_dir: Path, tried: list[RunFolder], seeds: tuple[int, ...] = (1,), **tune: object) -> RunFolder:
    asked = {"grid": {"lr": list(GRID)}, "seeds": list(seeds), "trials": [run.run_id for run in tried], **tune}
    return queue_run(runs_dir, "run", tune={"epochs": 2, "images": None, **asked})


def flags(run: RunFolder) -> list[str]:
    return tuned_flags(run, read_spec(run))


def chosen(run: RunFolder) -> Tuned:
    tuned = read_record(run.tuned, Tuned)
    assert tuned is not None
    return tuned


def test_the_value_with_the_best_validation_score_is_appended_and_written_down(tmp_path: Path) -> None:
    run = tuned_run(tmp_path, [tried(tmp_path, number, srcc) for number, srcc in enumerate((0.5, 0.7, 0.6))])
    assert flags(run) == ["--lr", "2e-5"]
    assert chosen(run) == Tuned(
        choice={"lr": 2e-5},
        grid={"lr": list(GRID)},
        scores=[
            {"values": {"lr": rate}, "srcc": srcc, "runs": [{"run_id": name, "seed": 1, "srcc": srcc, "why": ""}]}
            for rate, srcc, name in zip(GRID, (0.5, 0.7, 0.6), ("t0s1", "t1s1", "t2s1"), strict=True)
        ],
        edge=[],
        epochs=2,
    )


@pytest.mark.parametrize(
    ("scores", "choice", "edge"),
    [
        ((0.7, 0.7, 0.7), 1e-5, ["lr"]),
        ((0.5, 0.7, 0.7), 2e-5, []),
        ((0.5, 0.6, 0.7), 4e-5, ["lr"]),
        ((None, 0.1, None), 2e-5, []),
        ((-0.2, -0.1, None), 2e-5, []),
    ],
)
def test_of_equal_scores_the_smaller_value_counts_and_the_edge_of_the_grid_is_said(
    tmp_path: Path, scores: tuple[float | None, ...], choice: float, edge: list[str]
) -> None:
    run = tuned_run(tmp_path, [tried(tmp_path, number, srcc) for number, srcc in enumerate(scores)])
    flags(run)
    assert (chosen(run).choice, chosen(run).edge) == ({"lr": choice}, edge)


def test_seeds_are_averaged_and_a_value_that_fails_with_one_of_them_is_not_judged_by_the_others(tmp_path: Path) -> None:
    scores = {(0, 1): 0.9, (0, 2): 0.1, (1, 1): 0.6, (1, 2): 0.6, (2, 1): 0.95, (2, 2): None}
    trials = [tried(tmp_path, number, srcc, seed=seed) for (number, seed), srcc in scores.items()]
    run = tuned_run(tmp_path, trials, (1, 2))
    assert flags(run) == ["--lr", "2e-5"]
    assert [each["srcc"] for each in chosen(run).scores] == [0.5, 0.6, 0.95]


def test_without_a_value_that_every_seed_scored_those_with_the_most_seeds_are_compared(tmp_path: Path) -> None:
    scores = {(0, 1): 0.9, (0, 2): None, (1, 1): None, (1, 2): 0.95, (2, 1): None, (2, 2): None}
    trials = [tried(tmp_path, number, srcc, seed=seed) for (number, seed), srcc in scores.items()]
    assert flags(tuned_run(tmp_path, trials, (1, 2))) == ["--lr", "2e-5"]


def test_what_was_chosen_at_the_first_start_stays(tmp_path: Path) -> None:
    trials = [tried(tmp_path, number, srcc) for number, srcc in enumerate((0.5, 0.7, 0.6))]
    run = tuned_run(tmp_path, trials)
    flags(run)
    before = run.tuned.read_bytes()
    finish_run(trials[0], None, None, metrics={"val": {"srcc": 0.99}}, config={"lr": GRID[0]})
    assert flags(run) == ["--lr", "2e-5"]
    shutil.rmtree(trials[1].path)
    assert flags(run) == ["--lr", "2e-5"]
    assert run.tuned.read_bytes() == before


def test_each_tuning_run_without_a_score_says_why(tmp_path: Path) -> None:
    failed = fail_run(queue_run(tmp_path, "failed"), "out of memory")
    other = tried(tmp_path, 1, 0.99, lr=GRID[2])
    run = tuned_run(tmp_path, [failed, other, tried(tmp_path, 2, 0.3)])
    assert flags(run) == ["--lr", "4e-5"]
    told = [score["runs"][0]["why"] for score in chosen(run).scores]
    assert told == ["failed: out of memory", "its result is that of another value or seed", ""]


def test_a_result_of_another_seed_is_no_score(tmp_path: Path) -> None:
    trials = [tried(tmp_path, number, 0.5 + number / 10) for number in range(3)]
    finish_run(trials[2], None, None, seed=9, metrics={"val": {"srcc": 0.99}}, config={"lr": GRID[2]})
    assert flags(tuned_run(tmp_path, trials)) == ["--lr", "2e-5"]


def test_without_any_score_the_reasons_are_said_each_once(tmp_path: Path) -> None:
    first, second = (fail_run(queue_run(tmp_path, name), "the loss is not finite") for name in "ab")
    gone = queue_run(tmp_path, "c")
    run = tuned_run(tmp_path, [first, second, gone])
    shutil.rmtree(gone.path)
    with pytest.raises(NothingChosen) as raised:
        flags(run)
    assert str(raised.value) == (
        "no tuning run gave a score to choose by (lr=1e-5, lr=2e-5: failed: the loss is not finite; lr=4e-5: its folder "
        "is gone): retry those, then this run"
    )
    assert not run.tuned.exists()


def test_a_choice_outside_the_signed_grid_is_never_used(tmp_path: Path) -> None:
    run = tuned_run(tmp_path, [tried(tmp_path, number, 0.5) for number in range(3)])
    write_record(run.tuned, Tuned({"lr": 1e-5, "weights": "/tmp/evil"}, {}, []))
    with pytest.raises(NothingChosen, match=r"tuned\.json names lr=1e-5 weights=/tmp/evil, which is not in the grid"):
        flags(run)
    run.tuned.write_text("{")
    with pytest.raises(NothingChosen, match=r"tuned.json: .* Without it a retry chooses again"):
        flags(run)


@pytest.mark.parametrize(
    ("tune", "words"),
    [
        ({"grid": {}}, "names no grid"),
        ({"grid": {"lr": 1}}, "names no grid"),
        ({"grid": []}, "names no grid"),
        ({"trials": ["t0s1"]}, "does not name a tuning run for every value"),
        ({"trials": "t0s1"}, "does not name a tuning run for every value"),
    ],
)
def test_a_spec_that_was_made_by_hand_is_refused_in_words(tmp_path: Path, tune: dict[str, Any], words: str) -> None:
    run = tuned_run(tmp_path, [tried(tmp_path, number, 0.5) for number in range(3)], **tune)
    with pytest.raises(NothingChosen, match=words):
        flags(run)


def test_what_is_no_number_is_ranked_as_the_plan_names_it_and_has_no_edge(tmp_path: Path) -> None:
    grid = {"lr_scheduler": ["none", "cosine"], "no_spaq": [True, False]}
    trials = []
    for schedule in grid["lr_scheduler"]:
        for switch in grid["no_spaq"]:
            run = queue_run(tmp_path, f"{schedule}{switch}", seed=1)
            values = {"lr_scheduler": schedule, "no_spaq": switch}
            trials.append(finish_run(run, None, None, metrics={"val": {"srcc": 0.5}}, config=values))
    run = tuned_run(tmp_path, trials, grid=grid)
    assert flags(run) == ["--lr_scheduler", "none", "--no_spaq"]
    assert chosen(run).edge == []


def test_a_tuned_run_waits_for_what_is_queued_or_is_to_be_resumed(tmp_path: Path) -> None:
    trials = [tried(tmp_path, number, 0.5) for number in range(2)] + [queue_run(tmp_path, "last")]
    run = tuned_run(tmp_path, trials)
    assert has_trials_to_come(run, read_spec(run))
    end_run(trials[2], ExitKind.DRIVER)
    trials[2].events.touch()
    assert has_trials_to_come(run, read_spec(run)), "the dispatcher resumes it"
    end_run(trials[2], ExitKind.FAILED)
    assert not has_trials_to_come(run, read_spec(run))
    assert not has_trials_to_come(trials[0], read_spec(trials[0]))


def test_the_trainer_gets_the_chosen_value_at_every_attempt(lab: Lab, queued: Any) -> None:
    trials = [tried(lab.runs_dir, number, srcc) for number, srcc in enumerate((0.5, 0.7, 0.6))]
    run = queued(say="hello")
    program = "import json, pathlib, sys; pathlib.Path(sys.argv[1]).write_text(json.dumps(sys.argv[2:])); sys.exit(3)"
    told = lab.folder / "told"
    tune = {"grid": {"lr": list(GRID)}, "seeds": [1], "trials": [trial.run_id for trial in trials]}
    change_spec(run, argv=[*read_spec(run).argv[:1], "-c", program, str(told)], tune=tune)
    lab.supervise(run).wait()
    assert json.loads(told.read_text()) == ["--lr", "2e-5"]
    assert chosen(run).choice == {"lr": 2e-5}


def test_a_run_without_a_score_to_choose_by_ends_in_words(lab: Lab, queued: Any) -> None:
    trial = fail_run(queue_run(lab.runs_dir, "t"), "out of memory")
    run = queued()
    change_spec(run, tune={"grid": {"lr": [1e-5]}, "seeds": [1], "trials": [trial.run_id]})
    assert lab.supervise(run).wait() == 0
    assert words(run) == (
        "failed: no tuning run gave a score to choose by (lr=1e-5: failed: out of memory): retry those, then this run"
    )


def test_a_supervisor_that_finds_a_tuning_run_queued_again_leaves_the_run_queued(lab: Lab, queued: Any) -> None:
    trial = queue_run(lab.runs_dir, "t")
    run = queued()
    change_spec(run, tune={"grid": {"lr": [1e-5]}, "seeds": [1], "trials": [trial.run_id]})
    assert lab.supervise(run).wait() == EXIT_NOT_QUEUED
    assert state(run) is Phase.QUEUED


def test_the_dispatcher_starts_a_tuned_run_when_its_tuning_runs_have_ended(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two slots: the run could begin beside its tuning run."""
    monkeypatch.setenv("IQA_TUI_CPU_SLOTS", "2")
    made = tried(lab.folder / "elsewhere", 0, 0.7)
    trial, run = lab.queue({"expected_hours": 0.1}, {"expected_hours": 9.0, "priority": "high"})
    program = "import shutil, sys, time; time.sleep(1.5); shutil.copy(sys.argv[1], sys.argv[2] + '/result.json')"
    command = [sys.executable, "-c", program, str(made.result), "{run_folder}"]
    change_spec(trial, argv=command, trial={"values": {"lr": GRID[0]}})
    tune = {"grid": {"lr": list(GRID[:1])}, "seeds": [1], "trials": [trial.run_id]}
    change_spec(run, argv=[sys.executable, "-c", "import sys; print(sys.argv[1:])"], tune=tune)
    revive_dispatcher(lab.runs_dir)
    wait_for_end(trial, run)
    assert (state(trial), state(run)) == (Phase.FINISHED, Phase.FINISHED)
    assert process(run).started >= exit_record(trial).ended
    assert run.attempt(1).output.read_text() == "['--lr', '1e-5']\n"
