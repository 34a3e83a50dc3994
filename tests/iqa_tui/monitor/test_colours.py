"""The look of a run."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.colours import COLOURS, colours_of
from iqa_tui.widgets.palette import SERIES
from tests.fakes.run_folders import FakeRun


def looks_in(runs_dir: Path) -> dict[str, int]:
    """Loss and seed to look."""
    return {run_id.rpartition("base_")[2]: look for run_id, look in colours_of(Catalog(runs_dir).refresh()).items()}


def test_there_are_as_many_colours_as_the_palette_has() -> None:
    assert COLOURS == SERIES


def test_the_place_in_the_plan_gives_the_colour_and_seeds_share_it(tmp_path: Path) -> None:
    for experiment, seed in (("F3", 1), ("F2", 2), ("F2", 1)):
        FakeRun.queue(tmp_path, experiment, seed=seed, created=float(seed))
    FakeRun.queue(tmp_path, "F5", created=2.0, group="newer")
    before = looks_in(tmp_path)
    assert before == {"l2_s1": 1, "l2_s2": 1 + COLOURS, "srcc_s1": 2, "pairwise_s42": 4}
    FakeRun.queue(tmp_path, "F1", created=9.0)
    FakeRun.queue(tmp_path, "F2", seed=0, created=9.0)
    after = looks_in(tmp_path)
    assert {name: after[name] for name in before} == before
    assert (after["l1_s42"], after["l2_s0"]) == (0, 1 + 2 * COLOURS)


def test_runs_of_no_plan_come_behind_it_the_oldest_first(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", created=1.0)
    FakeRun.queue(tmp_path, "F4", experiment="", label="young", created=3.0)
    FakeRun.queue(tmp_path, "F3", experiment="", label="old", created=2.0)
    assert looks_in(tmp_path) == {"l2_s42": 1, "srcc_s42": 5, "rank_s42": 6}


def test_a_plan_of_another_form_than_ours_gives_a_look_too(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", plan={"experiment": "none"})
    FakeRun.queue(tmp_path, "F3", plan={"experiment": [1, {}]})
    assert sorted(looks_in(tmp_path).values()) == [1, 2]
