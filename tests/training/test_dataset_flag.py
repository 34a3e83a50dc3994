"""`--dataset` and `--data_path` of one data set and of several."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.flags import command_of, parse


def test_each_data_set_is_read_by_settings_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = ["--dataset", "koniq-10k+csv+kadid-10k", "--scale", "1,5", "--lower_is_better", "--resize", "none"]
    monkeypatch.setenv("IQA_TUI_DATA", "/all")
    config = parse([*mixed, "--data_path", "csv=mine.csv:kadid-10k=~/kadid"])
    koniq, csv, kadid = config.of_each_dataset()
    assert [each.dataset for each in (koniq, csv, kadid)] == ["koniq-10k", "csv", "kadid-10k"]
    assert koniq.data_folder == Path("/all/koniq-10k")
    assert csv.data_folder == Path("mine.csv")
    assert kadid.data_folder == Path("~/kadid").expanduser()
    assert (csv.scale, csv.lower_is_better, csv.resize) == ("1.0,5.0", True, "none")
    assert (koniq.scale, koniq.lower_is_better, koniq.resize) == (None, False, "384")
    assert parse(["--dataset", "koniq-10k"]).of_each_dataset() == (parse(["--dataset", "koniq-10k"]),)


def test_one_folder_may_hold_all_data_sets_by_their_names() -> None:
    config = parse(["--dataset", "koniq-10k+kadid-10k", "--data_path", "/data"])
    assert [str(each.data_folder) for each in config.of_each_dataset()] == ["/data/koniq-10k", "/data/kadid-10k"]
    assert config.data_folder == Path("/data")
    assert "--dataset koniq-10k+kadid-10k --data_path /data" in command_of(config)


def test_places_by_name_serve_a_run_on_one_of_the_data_sets_too() -> None:
    """So that a plan's base can name all places, and its experiments choose."""
    both = ["--data_path", "koniq-10k=/a:kadid-10k=/b"]
    assert parse(["--dataset", "kadid-10k", *both]).data_folder == Path("/b")
    assert parse(["--dataset", "koniq-10k", "--data_path", "/a=b"]).data_folder == Path("/a=b")


def test_a_mixed_run_is_not_tested_elsewhere_on_what_it_was_trained_on(tmp_path: Path) -> None:
    for name in ("spaq", "kadid-10k", "agiqa-3k", "koniq-10k"):
        (tmp_path / name).mkdir()
    config = parse(["--dataset", "koniq-10k+kadid-10k", "--data_path", str(tmp_path)])
    assert set(config.cross_folders()) == {"spaq", "agiqa-3k"}
    assert parse(["--dataset", "koniq-10k+demo", "--data_path", str(tmp_path)]).cross_folders() == {}


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["koniq-10k+koniq-10k"], "has koniq-10k twice: write it once"),
        (["koniq-10k+"], "lacks a data set beside a +"),
        (["koniq-10k+kadid"], "'kadid' is no data set: write one of koniq-10k, spaq"),
        (["koniq-10k+live", "--protocol", "published"], "the published protocol trains on one data set"),
        (
            ["koniq-10k+csv", "--data_path", "/data", "--scale", "1,5"],
            "needs the file of csv: --data_path csv=FILE.csv",
        ),
        (["koniq-10k+csv", "--data_path", "csv=a.csv"], "so name it: --scale LOW,HIGH"),
        (["koniq-10k+live", "--data_path", "koniq=/a"], "--data_path gives a place to koniq, which is no data set"),
        (["koniq-10k+live", "--scale", "1,5"], "are for --dataset csv"),
    ],
)
def test_what_cannot_be_trained_on_together_is_refused(
    flags: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["--dataset", *flags])
    assert ended.value.code == 2
    assert words in capsys.readouterr().err.splitlines()[-1]
