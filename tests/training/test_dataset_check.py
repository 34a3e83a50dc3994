"""What `python -m training.dataset_check` finds of a data set, before a run does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.photographs import write_koniq
from training.dataset_check import main


def test_a_complete_data_set_is_counted_and_decoded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_koniq(tmp_path / "koniq-10k", train=5)
    flags = ["--dataset", "koniq-10k", "--data_path", str(folder)]
    assert main(flags) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer == {"name": "koniq-10k", "images": {"train": 5, "val": 2, "test": 2}, "tested_on": []}
    last = folder / "1024x768" / "training4.jpg"
    last.write_bytes(last.read_bytes()[:2000])
    assert main(flags) == 4
    assert f"error: {last}: cannot be read as an image" in capsys.readouterr().err
    last.unlink()
    assert main(flags) == 4
    assert f"{last}: no such image" in capsys.readouterr().err


def test_another_data_set_beside_it_is_looked_at_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_koniq(tmp_path / "koniq-10k")
    (tmp_path / "kadid-10k").mkdir()
    assert main(["--dataset", "koniq-10k", "--data_path", str(folder)]) == 4
    assert "kadid-10k" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["iso-8859-1", "ascii"])
def test_an_encoding_that_lacks_a_sign_ends_no_check(tmp_path: Path, encoding: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "training.dataset_check",
            "--dataset",
            "csv",
            "--data_path",
            f"{tmp_path}/損失–\x1b[31m",
        ],
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 4
    assert b"Traceback" not in done.stderr
    assert rb"\x1b[31m" in done.stderr
    assert b"\x1b" not in done.stderr
