"""What a run's page says of tuning, from the folders that hold it."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.colours import COLOURS, colours_of
from iqa_tui.monitor.curve_choice import chosen_for_curves
from iqa_tui.monitor.query import Asked, parse
from iqa_tui.monitor.run_details import read_details
from iqa_tui.monitor.run_facts import page_sections
from iqa_tui.monitor.run_words import run_names, short_names
from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.tuning_facts import tuning_facts
from tests.fakes.tuned import SCORES, FakeTuning
from training.runfolder.layout import RunFolder
from training.runfolder.write import write_json


def state_of(runs_dir: Path, run: RunFolder) -> RunState:
    return next(state for state in Catalog(runs_dir).refresh() if state.run_id == run.run_id)


def facts(runs_dir: Path, run: RunFolder) -> dict[str, str]:
    state = state_of(runs_dir, run)
    return {name: told for name, told, _ in tuning_facts(state, read_details(state))}


def test_a_tuning_run_names_what_it_tries_and_for_which_row(tmp_path: Path) -> None:
    tuning = FakeTuning(tmp_path, "F1").try_all(SCORES["F1"])
    told = facts(tmp_path, tuning.trials[2])
    assert (told["tries"], told["for"]) == ("lr 5e-6", "F1 L1 (MAE)")
    assert "the test split is not scored" in told["scored on"]


def test_a_run_that_waits_names_its_grid_and_why_it_waits(tmp_path: Path) -> None:
    tuning = FakeTuning(tmp_path, "F1").try_all((0.7,))
    run = tuning.queue()
    assert facts(tmp_path, run) == {"grid": "lr 1e-6, 2e-6, 5e-6, 1e-5", "chosen": "not yet: 4 tuning runs come first"}
    state = state_of(tmp_path, run)
    (first, *_) = page_sections(state, read_details(state), "waits for 3 of 4 tuning runs")
    assert {fact.name: fact.values for fact in first.facts}["waits"] == ("waits for 3 of 4 tuning runs",)


def test_a_choice_stands_with_all_scores_before_and_after_the_result(tmp_path: Path) -> None:
    tuning = FakeTuning(tmp_path, "F3").try_all(SCORES["F3"])
    run = tuning.queue()
    write_json(run.tuned, {**tuning.tuned(SCORES["F3"]).as_dict(), "format": 1})
    told = facts(tmp_path, run)
    assert told["chosen"] == "lr 1e-5 of 4"
    assert told["at the edge"] == "lr 1e-5 is the highest of its grid: a value beyond it may be better"
    assert told["by"] == "SRCC on the validation split, 2 epochs and 2,000 training images a tuning run"
    assert (told["lr 1e-6"], told["lr 1e-5"]) == ("0.7215", "0.7502 ← chosen")
    tuning.finish(run, SCORES["F3"], 0.93)
    assert facts(tmp_path, run) == told


def test_a_value_without_a_score_says_why(tmp_path: Path) -> None:
    tuning = FakeTuning(tmp_path, "F4").try_all(SCORES["F4"])
    run = tuning.finish(tuning.queue(), SCORES["F4"], 0.93)
    told = facts(tmp_path, run)
    assert told["lr 2e-6"] == "no score: failed: exit 1"
    assert "at the edge" not in told


def test_a_damaged_record_is_no_choice(tmp_path: Path) -> None:
    run = FakeTuning(tmp_path, "F1").try_all((0.7,)).queue()
    run.tuned.write_text("{")
    assert facts(tmp_path, run)["chosen"].startswith("not yet")


def test_names_tell_tuning_runs_apart_and_the_word_tuning_finds_them(tmp_path: Path) -> None:
    tuning = FakeTuning(tmp_path, "F1").try_all(SCORES["F1"])
    own = tuning.queue()
    states = Catalog(tmp_path).refresh()
    assert len(set(run_names(states).values())) == len(set(short_names(states).values())) == 5
    assert run_names(states)[own.run_id] == "F1 L1 (MAE)"
    assert short_names(states)[tuning.trials[0].run_id] == "F1·lr 1e-6"
    query = parse("tuning")
    assert sum(query.fits(state, Asked()) for state in states) == 4


def test_tuning_changes_no_colour_and_no_dash_of_a_run_and_no_curves_of_its_group(tmp_path: Path) -> None:
    tuning = FakeTuning(tmp_path, "F2").try_all(SCORES["F2"])
    own = tuning.finish(tuning.queue(), SCORES["F2"], 0.93)
    states = Catalog(tmp_path).refresh()
    looks = colours_of(states)
    assert looks[own.run_id] == 1
    assert {look % COLOURS for look in looks.values()} == {1}
    assert len(set(looks.values())) == 5
    assert [state.run_id for state in chosen_for_curves(states)] == [own.run_id]
    trials = [state for state in states if state.is_trial]
    assert chosen_for_curves(trials) == trials
