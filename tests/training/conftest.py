from pathlib import Path
from typing import Any

import pytest

from tests.fakes.photographs import write_csv_dataset
from tests.fakes.trainer_processes import SMALL, train
from tests.golden.expected import read_expected
from training.checkpoints import schedule
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder


@pytest.fixture
def expected_losses() -> Any:
    return read_expected("losses_expected.json")["six_images"]


@pytest.fixture
def expected_networks() -> Any:
    return read_expected("network_expected.json")


@pytest.fixture
def published_keys() -> Any:
    return read_expected("state_dict_keys.json")


@pytest.fixture(autouse=True)
def cache_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_CACHE", str(tmp_path / "cache"))
    for name in ("IQA_TUI_ATTEMPT", "IQA_TUI_DEVICE", "IQA_TUI_DATA"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, str]:
    """One run by hand, from flags to result, and what it printed."""
    folder = tmp_path_factory.mktemp("finished")
    labels = write_csv_dataset(folder / "data")
    ended = train(*SMALL, "--data_path", labels, "--runs_dir", folder / "runs", IQA_TUI_CACHE=str(folder / "cache"))
    assert ended.returncode == 0, ended.stderr
    (run,) = list_runs(folder / "runs")
    return run, ended.stdout


@pytest.fixture
def flags(tmp_path: Path) -> list[object]:
    return [*SMALL, "--data_path", write_csv_dataset(tmp_path / "data")]


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint at every step, however long it takes."""
    monkeypatch.setattr(schedule, "LARGEST_SHARE", 1e9)
