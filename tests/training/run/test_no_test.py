"""A run to choose by: it scores no test split. A run that was chosen for: its result says what was chosen."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.fakes.trainer_processes import train_here
from training.config import TrainConfig
from training.flags import parse
from training.run.finish import tuned_of
from training.runfolder.events import read_events
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result
from training.runfolder.tuned import Tuned
from training.runfolder.write import write_record

TUNED = Tuned(
    choice={"lr": 1e-3},
    grid={"lr": [5e-4, 1e-3]},
    scores=[{"values": {"lr": 5e-4}, "srcc": 0.5, "runs": []}, {"values": {"lr": 1e-3}, "srcc": 0.6, "runs": []}],
    edge=["lr"],
    epochs=2,
)


def without_test_pictures(labels: Path) -> None:
    with labels.open() as file:
        for row in csv.DictReader(file):
            if row["split"] == "test":
                (labels.parent / row["image"]).unlink()


def test_no_image_of_the_test_split_is_read_or_scored(
    tmp_path: Path, flags: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    without_test_pictures(Path(str(flags[-1])))
    run = train_here(tmp_path / "run", *flags, "--no_test")
    result = read_record(run.result, Result)
    assert result is not None
    assert set(result.metrics) == {"val"}
    assert result.metrics["val"]["srcc"] is not None
    assert result.images == {"train": 10, "val": 4, "test": 0}
    assert result.attention is None
    assert result.config["no_test"] is True
    assert "the test split was not read: this run was made to choose by" in result.notes
    assert {event.fields["split"] for event in read_events(run) if event.kind == "evaluated"} == {"val"}
    assert [path.name for path in run.scores.glob("*test*")] == []
    assert "the test split was not scored" in run.model_card.read_text()
    assert f"validation SRCC {result.metrics['val']['srcc']:.4f}" in capsys.readouterr().out.splitlines()[-1]


def test_validation_is_scored_as_it_is_with_a_test(tmp_path: Path, flags: list[object]) -> None:
    both = read_record(train_here(tmp_path / "both", *flags).result, Result)
    alone = read_record(train_here(tmp_path / "alone", *flags, "--no_test").result, Result)
    assert both is not None
    assert alone is not None
    assert alone.metrics["val"] == both.metrics["val"]


def test_the_published_protocol_has_nothing_else_to_score(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--no_test", "--protocol", "published"])
    assert "error: --no_test: the published protocol has no validation split" in capsys.readouterr().err


def test_no_other_data_set_is_tested_on(tmp_path: Path) -> None:
    (tmp_path / "kadid-10k").mkdir()
    named = ["--dataset", "bid", "--data_path", str(tmp_path / "bid")]
    assert "kadid-10k" in parse(named).cross_folders()
    assert parse([*named, "--no_test"]).cross_folders() == {}


def config_of(*flags: str) -> TrainConfig:
    return parse(["--dataset", "demo", *flags])


def test_an_attempt_of_the_time_before_this_flag_can_be_resumed() -> None:
    before = config_of().as_dict()
    del before["no_test"]
    assert config_of().what_differs(before) == []
    assert config_of("--no_test").what_differs(before) == ["no_test"]


def test_result_and_card_name_what_was_chosen(tmp_path: Path, flags: list[object]) -> None:
    run = RunFolder(tmp_path / "run")
    write_record(run.tuned, TUNED)
    train_here(run.path, *flags)
    result = read_record(run.result, Result)
    assert result is not None
    assert result.tuned == TUNED.as_dict()
    words = "lr 0.001 of 0.0005, 0.001, by SRCC on the validation split after runs of 2 epochs; at the edge of the grid"
    assert f"| Tuned | {words}" in run.model_card.read_text()


def test_a_run_that_was_not_trained_with_its_choice_says_so_and_claims_none(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert tuned_of(run, config_of()) == ({}, [])
    write_record(run.tuned, TUNED)
    assert tuned_of(run, config_of("--lr", "1e-3")) == (TUNED.as_dict(), [])
    nothing, (note,) = tuned_of(run, config_of("--lr", "5e-4"))
    assert nothing == {}
    assert note == "it was not trained with what tuned.json chose: --lr 0.0005 instead of 0.001"
    run.tuned.write_text("[]")
    nothing, (note,) = tuned_of(run, config_of())
    assert nothing == {}
    assert "what it was tuned with cannot be told" in note


@pytest.mark.parametrize(("flag", "value"), [("resize", 384), ("freeze_backbone", 2), ("no_spaq", True)])
def test_a_choice_is_compared_as_the_flag_means_it(tmp_path: Path, flag: str, value: object) -> None:
    run = RunFolder(tmp_path)
    write_record(run.tuned, Tuned(choice={flag: value}, grid={flag: [value]}, scores=[]))
    words = ["--no_spaq"] if value is True else [f"--{flag}", str(value)]
    dataset = ["--dataset", "csv", "--data_path", "x"]
    assert tuned_of(run, parse([*dataset, *words]))[0]["choice"] == {flag: value}
