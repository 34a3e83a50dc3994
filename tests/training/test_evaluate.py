"""`python -m training.evaluate` on a finished run."""

import csv
import json
import subprocess
import sys

import pytest

from tests.fakes.photographs import write_csv_dataset
from training.evaluate import as_the_run_read_it, main
from training.flags import parse


@pytest.fixture
def run(finished):
    return finished[0]


@pytest.fixture
def labels(run):
    return run.path.parents[1] / "data" / "labels.csv"


def evaluate(*arguments):
    return main([*map(str, arguments), "--device", "cpu"])


def test_a_table_has_a_line_a_metric_and_the_scores_are_those_of_the_run(run, labels, tmp_path, capsys):
    output = tmp_path / "scores.csv"
    assert evaluate(run.path, "--dataset", "csv", "--data_path", labels, "--output", output) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "csv, split test: 4 images" in lines
    rows = {line[:26].strip(): line[26:].split() for line in lines}
    assert set(rows) >= {"SRCC", "PLCC", "KRCC", "RMSE", "RMSE after a logistic fit"}
    value, low, to, high = rows["RMSE"]
    assert (to, float(low) <= float(value) <= float(high)) == ("to", True)
    assert lines[-1] == "95% intervals: percentiles of 1,000 bootstrap resamples of the 4 images"
    with output.open() as found, run.score_file("csv", "test").open() as expected:
        for row, other in zip(csv.DictReader(found), csv.DictReader(expected), strict=True):
            assert (row["image"], row["mos"]) == (other["image"], other["mos"])
            assert float(row["pred"]) == pytest.approx(float(other["pred"]), rel=1e-4)
    assert [path.name for path in tmp_path.glob("*.csv")] == ["scores.csv"]
    assert evaluate(run.path, "--dataset", "csv", "--data_path", labels, "--output", output) == 2
    assert "the file exists" in capsys.readouterr().err


def test_json_holds_metrics_and_intervals(run, labels, capsys):
    flags = ["--split", "all", "--limit", "9", "--json"]
    assert evaluate(run.path, "--dataset", "csv", "--data_path", labels, *flags) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["images"], told["split"], told["limit"]) == (9, "all", 9)
    low, high = told["intervals"]["srcc"]
    assert low <= told["metrics"]["srcc"] <= high


def test_a_wrong_data_set_missing_images_and_a_wrong_network_are_named(run, labels, tmp_path, capsys):
    def refused(network, *flags):
        code = evaluate(network, *flags)
        return code, capsys.readouterr().err.splitlines()[-1]

    code, line = refused(run.path, "--dataset", "koniq-10k", "--data_path", labels.parent)
    assert (code, line.startswith(f"error: {labels.parent}/koniq10k_")) == (4, True)
    code, line = refused(run.path, "--dataset", "csv", "--data_path", labels.parent)
    assert (code, "--dataset csv takes the CSV file itself" in line) == (4, True)
    other = write_csv_dataset(tmp_path / "other")
    (other.parent / "pictures" / "test2.jpg").unlink()
    code, line = refused(run.path, "--dataset", "csv", "--data_path", other)
    assert (code, "test2.jpg: no such image, named in " in line) == (4, True)
    (tmp_path / "torn.pt").write_bytes(run.best_checkpoint.read_bytes()[:4000])
    code, line = refused(tmp_path / "torn.pt", "--dataset", "csv", "--data_path", labels)
    assert (code, "torn.pt: is damaged" in line) == (4, True)
    code, line = refused(tmp_path / "nothing", "--dataset", "csv", "--data_path", labels)
    assert (code, "nothing: no such file" in line) == (4, True)


def test_a_split_without_images_is_named_with_those_that_are_there(run, tmp_path, capsys):
    labels = write_csv_dataset(tmp_path / "data", test=0)
    assert evaluate(run.path, "--dataset", "csv", "--data_path", labels) == 4
    assert "no image in the split test; it has train, val" in capsys.readouterr().err


def test_flags_are_refused_in_a_process_without_torch():
    program = (
        "import sys; from training.evaluate import main\n"
        "try: main(['run', '--dataset', 'csv'])\n"
        "except SystemExit as left: assert 'torch' not in sys.modules; sys.exit(left.code)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("error: --dataset csv needs --data_path")


def test_a_csv_is_read_as_the_run_read_it_and_another_one_only_in_its_size():
    common = ["--dataset", "csv", "--data_path"]
    run = parse([*common, "a.csv", "--scale", "1,5", "--lower_is_better", "--resize", "none", "--split_seed", "3"])
    own = as_the_run_read_it(parse([*common, "./a.csv"]), run)
    assert (own.scale, own.lower_is_better, own.resize, own.split_seed) == ("1.0,5.0", True, "none", 3)
    other = as_the_run_read_it(parse([*common, "b.csv"]), run)
    assert (other.scale, other.lower_is_better, other.resize, other.split_seed) == (None, False, "none", 0)
    chosen = as_the_run_read_it(parse([*common, "a.csv", "--scale", "0,9", "--resize", "200"]), run)
    assert (chosen.scale, chosen.resize) == ("0.0,9.0", "200")
    demo = parse(["--dataset", "demo"])
    assert as_the_run_read_it(demo, run) == demo


def test_the_test_split_is_that_of_the_run_so_no_image_it_learnt_from_is_in_it():
    run = parse(["--dataset", "livec", "--split_seed", "7"])
    assert as_the_run_read_it(parse(["--dataset", "livec"]), run).split_seed == 7
    assert as_the_run_read_it(parse(["--dataset", "bid"]), run).split_seed == 0
