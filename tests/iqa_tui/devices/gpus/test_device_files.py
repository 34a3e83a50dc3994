"""GPUs that the driver lists and that this user may not open."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from iqa_tui.devices.gpus import device_files
from iqa_tui.devices.gpus.device_files import why_closed
from iqa_tui.devices.gpus.driver import Driver
from tests.fakes.nvml import NO_PERMISSION, FakeGpus

WAY_OUT = "a batch job, a container or the file's mode keeps it from you; ask for it there, the other GPUs go on"


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    """A folder of device files: those of the driver and of GPUs 0 to 3."""
    folder = tmp_path / "dev"
    folder.mkdir()
    for name in ("nvidiactl", *(f"nvidia{number}" for number in range(4))):
        (folder / name).touch()
    return folder


def test_a_file_that_opens_is_open(dev: Path) -> None:
    assert why_closed(2, dev) == ""
    assert why_closed(None, dev) == ""


@pytest.mark.parametrize("code", [errno.EPERM, errno.EACCES])
def test_a_file_that_is_refused_is_named_with_the_reason(dev: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refuse(path: Path, flags: int) -> int:
        assert flags & os.O_RDWR
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr(device_files.os, "open", refuse)
    words = f"it is forbidden to you: {dev}/nvidia2 cannot be opened ({os.strerror(code)}); {WAY_OUT}"
    assert why_closed(2, dev) == words


@pytest.mark.parametrize("code", [errno.EIO, errno.EBUSY, errno.EMFILE])
def test_a_file_that_fails_otherwise_is_not_forbidden(dev: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def fail(_path: Path, _flags: int) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(device_files.os, "open", fail)
    assert why_closed(2, dev) == ""


def test_a_machine_without_device_files_forbids_nothing(tmp_path: Path) -> None:
    assert why_closed(0, tmp_path) == ""


def test_a_gpu_that_is_forbidden_gets_no_run_and_the_others_count_as_cuda_counts_them(
    gpus: FakeGpus, dev: Path, open_driver: Callable[..., Driver]
) -> None:
    gpus.count = 4
    gpus.minors = {0: 3, 1: 2, 2: 1, 3: 0}  # the driver's numbers need not be those of the files
    gpus.write()
    (dev / "nvidia3").unlink()
    (dev / "nvidia1").unlink()
    samples = open_driver(str(dev)).look().samples
    assert [sample.uuid for sample in samples] == [gpus.uuid(number) for number in (1, 3, 0, 2)]
    assert [sample.index for sample in samples] == [0, 1, 2, 3]
    assert [bool(sample.problem) for sample in samples] == [False, False, True, True]
    assert samples[2].problem.startswith(f"it is forbidden to you: {dev}/nvidia3 cannot be opened (No such file or")
    assert all(sample.by_uuid for sample in samples)


def test_a_gpu_that_the_driver_itself_refuses_is_forbidden_and_not_to_be_reset(
    gpus: FakeGpus, open_driver: Callable[..., Driver]
) -> None:
    gpus.failures = [(0, "handle", NO_PERMISSION)]
    gpus.write()
    other, forbidden = open_driver().look().samples
    assert (other.uuid, other.index, other.problem) == (gpus.uuid(1), 0, "")
    assert forbidden.problem == f"it is forbidden to you: the driver refuses it (Insufficient Permissions); {WAY_OUT}"
