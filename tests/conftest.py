"""What all tests share."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A shell that starts tests in the background has them ignore Ctrl-C, and every program they start with them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Before anything is imported: the programs that tests start look five times as often as for users.
os.environ.setdefault("IQA_TUI_HASTE", "5")

# Machines are shared: how long drawing an example takes says nothing about the code.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


TIERS = ("unit", "process", "torch", "screen", "system")
FOLDERS = {
    "system": ("architecture", "chaos", "slurm", "system", "terminal", "trust"),
    "screen": ("iqa_tui/screens", "iqa_tui/test_app.py"),
}
"""Tier to the folders below `tests` that are of it, whatever their tests use."""
USED = {
    "torch": (
        "import torch",
        "from training.run.",
        "from training.run import",
        "training.losses",
        "trainer_processes",
        "open_dataset",
        "opened_datasets",
    ),
    "process": ("import subprocess", "tests.fakes.lab", "multiprocessing", "os.fork", "tests.fakes.nvml"),
}
"""Tier to what its test files mention; the first that fits counts."""


def tier_of(path: Path, fixtures: tuple[str, ...] = ()) -> str:
    """The tier of the tests of one file: what they need, and so how long they take."""
    name = path.relative_to(Path(__file__).parent).as_posix()
    for tier, folders in FOLDERS.items():
        if name.startswith(folders):
            return tier
    source = path.read_text()
    for tier, words in USED.items():
        if any(word in source for word in words):
            return tier
    return "process" if {"lab", "gpus"}.intersection(fixtures) else "unit"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With `-m unit` (or one other tier) the files of other tiers are not even imported: torch alone takes seconds."""
    asked = config.option.markexpr
    if asked in TIERS and collection_path.name.startswith("test_") and collection_path.suffix == ".py":
        tier = tier_of(collection_path)
        return None if tier == asked or (tier == "unit" and asked == "process") else True
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test its one tier, unless it names its own."""
    for item in items:
        if not any(item.get_closest_marker(tier) for tier in TIERS):
            fixtures = tuple(getattr(item, "fixturenames", ()))
            item.add_marker(tier_of(item.path, fixtures))


@pytest.fixture(autouse=True, scope="session")
def _folders_of_the_machine_and_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Neither the machine's leases nor the developer's own state and settings are touched, by no program that a test starts."""
    folder = tmp_path_factory.mktemp("machine")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IQA_TUI_LEASES", str(folder / "leases"))
        patch.setenv("IQA_TUI_STATE", str(folder / "state"))
        patch.setenv("IQA_TUI_SETTINGS", str(folder / "settings.toml"))
        for name in ("COLORFGBG", "IQA_TUI_READ_ONLY"):
            patch.delenv(name, raising=False)
        yield
