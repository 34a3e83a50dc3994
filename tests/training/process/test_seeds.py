"""Several seeds by hand: `--train_test_num N`. The trainer of a seed is faked here; test_tensorboard has the real one."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.fakes import seed_trainer
from training import __main__ as program
from training.flags import parse, without_flags
from training.process import seeds as repetitions
from training.runfolder.exits import EXIT_STOPPED

TRAINER = Path(seed_trainer.__file__)


@pytest.fixture(autouse=True)
def fake_trainer(monkeypatch: pytest.MonkeyPatch) -> None:
    true_command = repetitions._command

    def command(*args: object, **kwargs: object) -> list[str]:
        return [sys.executable, str(TRAINER), *true_command(*args, **kwargs)[3:]]  # type: ignore[arg-type]

    monkeypatch.setattr(repetitions, "_command", command)


def train(*flags: object) -> int:
    return program.main(["--dataset", "demo", *map(str, flags)])


def started(folder: Path) -> list[str]:
    return (folder / "started").read_text().splitlines()


def test_every_seed_is_a_run_and_the_end_tells_each_and_the_mean(tmp_path, capsys):
    assert train("--train_test_num", 3, "--seed", 42, "--runs_dir", tmp_path) == 0
    assert started(tmp_path) == ["42 new", "43 new", "44 new"]
    runs = sorted(path for path in tmp_path.iterdir() if path.is_dir())
    assert [run.name.rpartition("_")[2] for run in runs] == ["s42", "s43", "s44"]
    assert len({run.name.rpartition("_")[0] for run in runs}) == 1
    assert all((run / "result.json").exists() for run in runs)
    assert capsys.readouterr().out.splitlines()[-4:] == [
        "seed 42  SRCC 0.4200  PLCC 0.5000",
        "seed 43  SRCC 0.4300  PLCC 0.5000",
        "seed 44  SRCC 0.4400  PLCC 0.5000",
        "mean ± SD of 3 of 3 seeds, test: SRCC 0.4300 ± 0.0100  PLCC 0.5000 ± 0.0000",
    ]


def test_a_series_that_was_stopped_before_a_run_began_promises_no_resume(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(repetitions, "_command", lambda *_, **__: [sys.executable, "-c", f"exit({EXIT_STOPPED})"])
    assert train("--train_test_num", 2, "--runs_dir", tmp_path) == EXIT_STOPPED
    assert "--resume" not in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_the_mean_names_the_seeds_it_is_of(tmp_path, capsys):
    (tmp_path / "constant_43").touch()
    assert train("--train_test_num", 3, "--seed", 42, "--runs_dir", tmp_path) == 0
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "seed 43  SRCC –  PLCC –",
        "seed 44  SRCC 0.4400  PLCC 0.5000",
        "mean ± SD of 2 of 3 seeds (42, 44), test: SRCC 0.4300 ± 0.0141  PLCC 0.5000 ± 0.0000",
    ]


def test_a_folder_that_was_named_gets_the_seed_behind_it(tmp_path, capsys):
    assert train("--train_test_num", 2, "--seed", 7, f"--run_folder={tmp_path / 'mine'}") == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine_s7", "mine_s8", "started"]


def test_two_series_that_start_in_one_second_take_other_names(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(repetitions, "run_name", lambda *_: "now_l1_s42")
    (tmp_path / "now_l1_s43").mkdir()
    assert train("--train_test_num", 2, "--runs_dir", tmp_path) == 0
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_dir()) == ["now_l1-2_s42", "now_l1-2_s43", "now_l1_s43"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_the_seed_at_work_and_the_rest_and_a_resume_goes_on(tmp_path, capsys, number):
    (tmp_path / "fails_42").write_text("1")
    series = ["--train_test_num", 3, "--runs_dir", tmp_path]

    def stop_when_one_began() -> None:
        deadline = time.monotonic() + 60
        while not (tmp_path / "started").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    (tmp_path / "hangs").touch()
    stopper = threading.Thread(target=stop_when_one_began)
    stopper.start()
    assert train(*series) == EXIT_STOPPED
    stopper.join()
    assert started(tmp_path) == ["42 new"]
    (run,) = (path for path in tmp_path.iterdir() if path.is_dir())
    out = capsys.readouterr().out.splitlines()
    assert out[-1] == f"go on with --run_folder {str(run).removesuffix('_s42')} --resume and the same flags"
    assert "mean ± SD of 0 of 3 seeds, test: SRCC – ± –  PLCC – ± –" in out

    (tmp_path / "hangs").unlink()
    base = str(run).removesuffix("_s42")
    assert train(*series, "--run_folder", base, "--resume") == 1
    (tmp_path / "fails_42").unlink()
    assert train(*series, "--run_folder", base, "--resume") == 0
    assert started(tmp_path) == ["42 new", "42 resumed", "43 new", "44 new", "42 resumed"]
    assert "seed 43 (2 of 3) is finished" in capsys.readouterr().out


@pytest.mark.parametrize(("code", "ended", "seeds"), [(1, 1, 3), (2, 2, 2), (4, 4, 2)])
def test_one_seed_that_fails_leaves_the_others_but_bad_flags_or_data_end_all(tmp_path, capsys, code, ended, seeds):
    (tmp_path / "fails_43").write_text(str(code))
    assert train("--train_test_num", 3, "--runs_dir", tmp_path) == ended
    assert len(started(tmp_path)) == seeds
    out = capsys.readouterr().out
    assert "seed 43  not finished" in out
    assert ("mean ± SD of 2 of 3 seeds" if code == 1 else "mean ± SD of 1 of 3 seeds") in out


def test_a_series_that_never_began_is_not_resumed(tmp_path, capsys):
    assert train("--train_test_num", 2, "--run_folder", tmp_path / "mine", "--resume") == 2
    assert "mine_s42 to _s43 ever began" in capsys.readouterr().err


def test_one_seed_one_run_of_the_launcher_and_a_resume_of_one_run_are_no_series(tmp_path, monkeypatch):
    assert program._is_series(parse(["--dataset", "demo"]))
    assert not program._is_series(parse(["--dataset", "demo", "--train_test_num", "1"]))
    (tmp_path / "spec.json").write_text("{}")
    assert not program._is_series(parse(["--dataset", "demo", "--run_folder", str(tmp_path), "--resume"]))
    monkeypatch.setenv("IQA_TUI_ATTEMPT", "1")
    assert not program._is_series(parse(["--dataset", "demo"]))


def test_flags_are_left_out_in_either_way_of_writing_them():
    argv = ["--seed", "1", "--no_spaq", "--seed=2", "--lr", "1", "--resume", "--run_folder=x"]
    left = without_flags(argv, {"--seed": 1, "--resume": 0, "--run_folder": 1})
    assert left == ["--no_spaq", "--lr", "1"]
