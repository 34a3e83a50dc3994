"""Some cases of the fuzzers, always the same; `python -m tests.trust.fuzz` runs all of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from iqa_tui.plans.request import LaunchRequest
from tests.trust import looks
from tests.trust.fuzz import Figures, _try, fuzz
from tests.trust.fuzz_cases import Case, draw_case
from tests.trust.fuzz_ground import CREATED, Ground
from tests.trust.lease_fuzz import fuzz_leases
from tests.trust.watchdog import Watchdog
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_spec

CASES, SEED = 150, 20


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Into which other users can look."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_one_damaged_run_changes_no_other_row_and_no_reader_hangs_or_fails() -> None:
    figures = fuzz(CASES, SEED)
    assert figures.faults == []
    assert figures.cases == CASES


def test_what_is_put_beside_the_leases_spoils_its_own_device_alone() -> None:
    assert fuzz_leases(100, SEED).faults == []


def test_a_case_is_told_by_its_seed_and_number() -> None:
    assert [str(draw_case(3, number)) for number in range(50)] == [str(draw_case(3, number)) for number in range(50)]
    assert str(draw_case(3, 1)) != str(draw_case(4, 1))


def test_the_fuzzer_finds_a_reader_that_fails_one_that_hangs_and_one_that_changes_another_row(
    open_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judged(reader: object) -> Figures:
        figures = Figures()
        case = Case(0, "queued", "victim", "spec.json", "as it was", lambda path: None)
        with monkeypatch.context() as patched:
            patched.setattr(looks, "notes_before_launch", reader)
            _try(case, ground, watchdog, figures)
        return figures

    def fails(request: LaunchRequest) -> None:
        raise KeyError("colour")

    def hangs(request: LaunchRequest) -> None:
        with (tmp_path / "pipe").open():
            pass

    def changes(request: LaunchRequest) -> None:
        next(path for path in request.runs_dir.glob("*_l1_s42/result.json")).unlink(missing_ok=True)

    os.mkfifo(tmp_path / "pipe")
    ground, watchdog = Ground(open_folder), Watchdog()
    try:
        assert judged(lambda request: None).faults == []
        assert judged(fails).tracebacks == 1
        assert judged(hangs).hangs == 1
        assert judged(changes).rows_changed == 1
    finally:
        watchdog.close()
        ground.close()


def test_the_damaged_run_is_older_than_all_others(open_folder: Path) -> None:
    ground = Ground(open_folder)
    ground.close()
    (template,) = (open_folder / "templates" / "finished").iterdir()
    assert read_spec(RunFolder(template)).created < CREATED


def test_the_program_prints_one_line_of_figures() -> None:
    command = [sys.executable, "-m", "tests.trust.fuzz", "--cases", "3", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    assert figures["cases"] == 3
    assert set(figures) == {"cases", "hangs", "tracebacks", "rows_changed", "rows_missing", "slowest_seconds"}
