"""What a login node does not show is left to the job, and a typing error is still easy to see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.doctor.finding import Finding, blocked
from iqa_tui.doctor.not_here import data_not_seen, left_to_the_job, lines_on, not_seen_here, paths_read
from training.runfolder.facts import TrainerFacts

FACTS = TrainerFacts({}, "l1", "koniq-10k", "clean", "net", "backbone", "none", "/data", "cache")


def reading(*folders: Path, weights: str = "none") -> TrainerFacts:
    return replace(FACTS, data_folders=[str(folder) for folder in folders], weights=weights)


def finding_on(*folders: Path) -> Finding:
    found = data_not_seen(reading(*folders))
    assert found is not None
    assert not found.blocks
    assert not found.is_good
    return found


def test_data_that_are_here_are_no_matter(tmp_path: Path) -> None:
    (tmp_path / "koniq-10k").mkdir()
    (tmp_path / "koniq-10k" / "labels.csv").touch()
    assert data_not_seen(reading(tmp_path / "koniq-10k", tmp_path / "koniq-10k" / "labels.csv")) is None
    assert data_not_seen(reading()) is None  # the demo has no files


def test_a_misspelt_folder_is_named_with_the_one_that_is_alike(tmp_path: Path) -> None:
    (tmp_path / "sets" / "koniq-10k").mkdir(parents=True)
    found = finding_on(tmp_path / "sets" / "konik-10k" / "images")
    path = tmp_path / "sets" / "konik-10k" / "images"
    assert found.words == f"koniq-10k: {path} is not seen on this machine; the job will look"
    assert found.remedy == f"Is {tmp_path}/sets/koniq-10k/images meant? {tmp_path}/sets has no konik-10k"


def test_of_a_path_that_is_nowhere_the_part_that_is_here_is_named(tmp_path: Path) -> None:
    found = finding_on(tmp_path / "scratch" / "ann" / "koniq-10k")
    assert found.remedy == f"{tmp_path} is here and has no scratch: correct the path if the nodes have none either"


def test_an_empty_folder_may_be_where_the_nodes_mount_the_data(tmp_path: Path) -> None:
    found = finding_on(tmp_path)
    assert found.words == f"koniq-10k: {tmp_path} is empty on this machine; the job will look"
    assert "at which the nodes mount" in found.remedy


def test_of_several_data_sets_the_absent_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").touch()
    assert str(tmp_path / "b") in finding_on(tmp_path / "a", tmp_path / "b").words


def test_runs_that_read_the_same_have_one_line(tmp_path: Path) -> None:
    gone, weights = tmp_path / "gone", str(tmp_path / "w.pt")
    facts = {"A": reading(gone), "B": reading(gone, weights=weights), "C": reading()}
    assert [(each.experiments, each.finding.subject) for each in not_seen_here(facts)] == [
        (("A", "B"), "data"),
        (("B",), "weights"),
    ]
    assert lines_on(facts)[0] == f"warning: A, B: koniq-10k: {gone} is not seen on this machine; the job will look"
    assert paths_read(facts) == [gone, Path(weights)]


@pytest.mark.parametrize("is_blocked", [True, False])
def test_what_would_block_here_is_left_to_the_job(is_blocked: bool) -> None:
    found = blocked("weights", "not here, and the hub is silent", "") if is_blocked else Finding("weights", "there")
    left = left_to_the_job(found)
    assert not left.blocks
    assert left.words.endswith("(on this machine); the job will look") is is_blocked
