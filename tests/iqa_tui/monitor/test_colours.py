"""The colour of a run."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.colours import COLOURS, colours_of
from iqa_tui.widgets.palette import SERIES
from tests.fakes.run_folders import FakeRun


def test_there_are_as_many_colours_as_the_palette_has() -> None:
    assert COLOURS == SERIES


def test_the_place_in_the_group_gives_the_colour_and_seeds_share_it(tmp_path: Path) -> None:
    for experiment, seed in (("F3", 1), ("F2", 2), ("F2", 1)):
        FakeRun.queue(tmp_path, experiment, seed=seed, created=1.0)
    FakeRun.queue(tmp_path, "F5", created=2.0, group="newer")
    colours = {run_id[31:]: colour for run_id, colour in colours_of(Catalog(tmp_path).refresh()).items()}
    assert {name.rpartition("base_")[2]: colour for name, colour in colours.items()} == {
        "l2_s1": 0,
        "l2_s2": 0,
        "srcc_s1": 1,
        "pairwise_s42": 0,
    }
