"""`iqa-tui import FOLDER`: a network that was trained elsewhere, in the table of the runs."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from iqa_tui.__main__ import main
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.queue.backlog import Backlog
from tests.fakes.ablation import make_ablation
from tests.fakes.evaluations import write_evaluation
from tests.fakes.photographs import write_csv_dataset
from tests.fakes.trainer_processes import SMALL, train
from training.evaluate import main as evaluate
from training.runfolder.folders import list_runs
from training.runfolder.read import read_spec

PAIR = {"F1": (0.93, 0.932, 0.931), "F3": (0.95, 0.952, 0.951)}


class Import:
    """Runs commands on a made ablation of two rows."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.runs_dir = folder, folder / "runs"
        self.errors = ""
        self._capsys = capsys
        self.runs = make_ablation(self.runs_dir, PAIR, images=80, source_digest="ba9876543210")

    def __call__(self, *words: object, code: int = 0) -> str:
        returned = main(["--runs-dir", str(self.runs_dir), *map(str, words)])
        captured = self._capsys.readouterr()
        self.errors = captured.err
        assert returned == code, captured
        return captured.out

    def json(self, *words: object) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self(*words, "--format", "json"))
        return found


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Import:
    return Import(tmp_path, capsys)


def noisy(image: str, mos: float, pred: float) -> tuple[str, float, float]:
    return image, mos, pred + Random(image).gauss(0, 0.1)


def test_a_network_from_elsewhere_is_a_row_with_an_interval_and_the_words_of_one_seed(call: Import) -> None:
    folder = write_evaluation(call.folder / "musiq", call.runs["F1", 1], noisy, seed=1)
    said = call("import", folder, "--as", "MUSIQ", "--label", "MUSIQ, published")
    assert "musiq is MUSIQ ◆ of koniq-losses: test SRCC 0.9100 and PLCC 0.9200 on 80 images" in said
    row = next(row for row in call.json("export")["rows"] if row["id"] == "MUSIQ")
    assert (row["label"], row["status"], row["recorded"], row["hours"]) == ("MUSIQ, published", "recorded", True, None)
    assert str(row["notes"]).startswith("tested here, musiq.pkl (weights abababababab), trained on spaq")
    findings = call.json("findings")
    estimate = next(each for each in findings["rows"] if (each["id"], each["metric"]) == ("MUSIQ", "srcc"))
    assert estimate["low"] < estimate["value"] < estimate["high"]
    found = next(each for each in findings["differences"] if (each["id"], each["metric"]) == ("MUSIQ", "srcc"))
    assert found["se"] == found["se_images"] > 0
    assert found["note"].split("; ") == [
        "one of the two networks was trained elsewhere: not paired by seed",
        "one seed: training noise is not in it",
    ]
    mean = next(each["value"] for each in findings["rows"] if (each["id"], each["metric"]) == ("F1", "srcc"))
    assert found["value"] == pytest.approx(estimate["value"] - mean)
    assert "  MUSIQ  ." not in call("findings")
    assert any("MUSIQ: trained elsewhere and tested here on the same images" in each for each in findings["limits"])


def test_it_is_never_the_best_row_nor_recommended(call: Import) -> None:
    perfect = write_evaluation(call.folder / "perfect", call.runs["F1", 1], lambda image, mos, _: (image, mos, mos))
    before = call.json("findings")
    call("import", perfect, "--as", "X")
    after = call.json("findings")
    assert after["recommendation"] == before["recommendation"]
    assert [each["answer"] for each in after["questions"]] == [each["answer"] for each in before["questions"]]


def test_the_paper_and_the_other_exports_have_its_row_and_nothing_starts_it(call: Import, tmp_path: Path) -> None:
    call("import", write_evaluation(call.folder / "musiq", call.runs["F1", 1], noisy), "--as", "MUSIQ")
    for form in ("csv", "markdown", "latex"):
        assert "MUSIQ" in call("export", "--format", form)
    call("paper", "--output", tmp_path / "paper")
    table = (tmp_path / "paper" / "table.tex").read_text()
    assert ("MUSIQ" in table, "over the seeds 1, 2, 3" in table) == (True, True)
    readme = (tmp_path / "paper" / "README.md").read_text()
    assert "iqa-tui launch koniq-losses --only F1,F3 --seeds 1,2,3\niqa-tui import FOLDER/musiq --as MUSIQ " in readme
    assert "iqa-tui import" not in readme.split("The trainers were started by these commands")[1]
    assert "MUSIQ seed 0" in (tmp_path / "paper" / "scores.csv").read_text().splitlines()[0]
    state = next(state for state in Catalog(call.runs_dir).refresh() if state.experiment == "MUSIQ")
    assert (state.is_recorded, state.test_srcc) == (True, 0.91)
    assert Backlog(call.runs_dir, own_only=True).read().queued == ()
    call("retry", state.run_id, code=1)
    assert "was imported, and nothing of it is ever started" in call.errors


def test_two_seeds_of_it_are_one_row(call: Import) -> None:
    folders = [
        write_evaluation(call.folder / name, call.runs["F1", 1], noisy, network=f"{name}.pkl", seed=7) for name in "ab"
    ]
    call("import", *folders, "--as", "MUSIQ")
    row = next(row for row in call.json("export")["rows"] if row["id"] == "MUSIQ")
    assert row["seeds"] == [7, 8]


def test_an_evaluation_joins_its_row_of_the_plan_once(call: Import) -> None:
    folder = write_evaluation(call.folder / "f3", call.runs["F3", 1], source_digest="0123456789ab")
    call("import", folder, "--as", "F3")
    assert "trainer code differs" not in call("status")
    rows = [row for row in call.json("export")["rows"] if row["id"] == "F3"]
    assert [(row["recorded"], row["label"]) for row in rows] == [(True, "SRCC"), (False, "SRCC")]
    call("import", folder, "--as", "F3", code=1)
    assert "was imported already, as F3 in " in call.errors
    call("import", folder, "--as", "F3", "--again")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Say which row each folder becomes: --as ID"),
        (("--as", "A,B"), "--as names 2 rows for 1 folders"),
        (("--as", "A", "--seeds", "1,2"), "--seeds names 2 seeds for 1 folders"),
        (("--as", "A", "--group", "nothing"), "has no group 'nothing'"),
    ],
)
def test_what_is_asked_wrongly_is_refused(call: Import, words: tuple[str, ...], told: str) -> None:
    call("import", write_evaluation(call.folder / "a", call.runs["F1", 1]), *words, code=2)
    assert told in call.errors


def test_what_was_tested_otherwise_is_refused_in_words_and_leaves_nothing(call: Import) -> None:
    folder = write_evaluation(call.folder / "spaq", call.runs["F1", 1], dataset="spaq")
    call("import", folder, "--as", "A", code=1)
    assert "is of the data set spaq, but koniq-losses is of koniq-10k" in call.errors
    call("import", folder, call.folder / "no.log", "--as", "A", code=2)
    assert "each by a command of their own" in call.errors
    assert len(list_runs(call.runs_dir)) == 6


def test_a_real_network_is_evaluated_and_its_row_has_the_numbers_of_its_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IQA_TUI_CACHE", str(tmp_path / "cache"))
    labels, runs_dir = write_csv_dataset(tmp_path / "data"), tmp_path / "runs"
    ended = train(*SMALL, "--data_path", labels, "--runs_dir", runs_dir)
    assert ended.returncode == 0, ended.stderr
    (run,) = list_runs(runs_dir)
    asked = [run.best_weights, "--dataset", "csv", "--data_path", labels, "--device", "cpu", "--output"]
    assert evaluate([*map(str, asked), str(tmp_path / "same")]) == 0
    assert evaluate([*map(str, asked), str(tmp_path / "all"), "--split", "all"]) == 0
    shell = ["--runs-dir", str(runs_dir), "import", "--as", "again"]
    assert main([*shell, str(tmp_path / "all")]) == 1
    assert "was tested on other images than the runs of by hand: " in capsys.readouterr().err
    assert main([*shell, str(tmp_path / "same")]) == 0
    capsys.readouterr()
    assert main(["--runs-dir", str(runs_dir), "export", "--format", "json"]) == 0
    recorded, own = json.loads(capsys.readouterr().out)["rows"]
    assert (recorded["id"], recorded["recorded"], recorded["protocol"]) == ("again", True, own["protocol"])
    assert recorded["srcc"] == own["srcc"]
    assert recorded["rmse"] == pytest.approx(own["rmse"], rel=1e-4)
    assert main(["--runs-dir", str(runs_dir), "findings"]) == 0
    imported = next(each for each in list_runs(runs_dir) if each.run_id != run.run_id)
    assert read_spec(imported).engine == "recorded"
