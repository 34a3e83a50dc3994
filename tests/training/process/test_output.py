"""What a run by hand prints is kept, and trouble with the output ends no run."""

from __future__ import annotations

from tests.fakes.photographs import write_csv_dataset
from tests.fakes.trainer_processes import SMALL, train
from training.runfolder.folders import list_runs
from training.runfolder.phase import Phase
from training.runfolder.status import run_status


def test_what_was_printed_is_kept_in_the_attempt(finished):
    run, printed = finished
    assert run.attempt(1).output.read_text() == printed


def test_a_log_that_lacks_a_sign_ends_no_run(tmp_path):
    labels = write_csv_dataset(tmp_path / "損失–data")
    flags = [*SMALL, "--data_path", labels, "--runs_dir", tmp_path / "runs–"]
    ended = train(*flags, PYTHONIOENCODING="ascii", PYTHONUTF8="0", IQA_TUI_CACHE=str(tmp_path / "cache"))
    assert ended.returncode == 0, ended.stderr
    (run,) = list_runs(tmp_path / "runs–")
    assert run_status(run).phase is Phase.FINISHED
    assert "?" in ended.stdout
