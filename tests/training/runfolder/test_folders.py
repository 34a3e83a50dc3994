"""The folder of a run is made and found."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from training.runfolder.folders import create_run_folder, list_runs, run_name
from training.runfolder.layout import RunFolder
from training.runfolder.write import write_json


def test_a_run_is_named_by_time_and_content() -> None:
    name = run_name(datetime(2026, 11, 23, 17, 5, 1), "koniq-10k", "swin base/x", "l2", 42)  # noqa: DTZ001
    assert name == "2026-11-23_17-05-01_koniq-10k_swin-base-x_l2_s42"


def test_a_run_is_named_by_its_split_only_if_that_is_not_the_one_that_all_share() -> None:
    name = run_name(datetime(2026, 11, 23, 17, 5, 1), "livec", "swin", "l2", 42, split_seed=3)  # noqa: DTZ001
    assert name == "2026-11-23_17-05-01_livec_split3_swin_l2_s42"


@pytest.mark.parametrize(
    ("loss", "words"), [("l1+0.5*srcc", "l1-0.5srcc"), ("0.25*plcc", "0.25plcc"), ("smooth_l1", "smooth-l1")]
)
def test_the_name_of_a_run_has_no_sign_that_a_shell_or_an_address_reads(loss: str, words: str) -> None:
    name = run_name(datetime(2026, 11, 23, 17, 5, 1), "demo", "swin-base", loss, 1)  # noqa: DTZ001
    assert name == f"2026-11-23_17-05-01_demo_swin-base_{words}_s1"


def test_runs_made_in_the_same_second_get_folders_of_their_own(tmp_path: Path) -> None:
    names = [create_run_folder(tmp_path / "runs", "a").run_id for _ in range(3)]
    assert names == ["a", "a-2", "a-3"]


def test_folders_without_a_spec_are_no_runs(tmp_path: Path) -> None:
    create_run_folder(tmp_path, "empty")
    write_json(create_run_folder(tmp_path, "real").spec, {})
    assert [run.run_id for run in list_runs(tmp_path)] == ["real"]
    assert list_runs(tmp_path / "absent") == []


def make_run(path: Path) -> RunFolder:
    path.mkdir()
    run = RunFolder(path)
    run.spec.write_text("{}")
    return run


def test_runs_of_any_name_are_listed(tmp_path: Path) -> None:
    names = [b"a\nb", b"\x1b]0;owned\x07", b"x" * 255, b"\xff\xfe", b" ", "損失".encode()]
    for name in names:
        make_run(tmp_path / os.fsdecode(name))
    assert sorted(os.fsencode(run.path.name) for run in list_runs(tmp_path)) == sorted(names)


def test_a_run_whose_spec_is_a_link_to_nothing_is_listed(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a")
    run.spec.unlink()
    run.spec.symlink_to("/nowhere/at/all")
    assert list_runs(tmp_path) == [run]


def test_links_are_followed_up_to_the_folder_of_runs_and_not_below_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    make_run(tmp_path / "real" / "a")
    (tmp_path / "runs").symlink_to("real")
    (tmp_path / "real" / "latest").symlink_to("a")
    (tmp_path / "real" / "itself").symlink_to("itself")
    (tmp_path / "real" / "elsewhere").symlink_to("/etc")
    runs = list_runs(tmp_path / "runs")
    assert [(run.run_id, bool(run.trouble)) for run in runs] == [("a", False), ("latest", True)]
