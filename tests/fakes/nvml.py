"""GPUs for machines without any: a libnvidia-ml.so.1 made of nvml.c, loaded by the real pynvml in child processes."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("nvml.c")
NOT_SUPPORTED = 3
NO_PERMISSION = 4
DRIVER_NOT_LOADED = 9
VERSION_MISMATCH = 18
GPU_IS_LOST = 15
NOT_READY = 27
UNKNOWN = 999


@cache
def _library(is_old: bool) -> Path:
    """Compiled once a test session."""
    library = Path(tempfile.mkdtemp(prefix="fake-nvml-")) / "libnvidia-ml.so.1"
    atexit.register(shutil.rmtree, library.parent, ignore_errors=True)
    options = ["-DWITHOUT_MEMORY_V2"] if is_old else []
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", *options, "-o", library, SOURCE], check=True)
    return library


@dataclass
class FakeGpus:
    """Four idle H100 unless told otherwise; `write` after every change. Pass `env` to the processes that shall see them."""

    folder: Path
    count: int = 4
    used_mib: dict[int, int] = field(default_factory=dict)
    percent: dict[int, int] = field(default_factory=dict)
    processes: list[tuple[int, int, int]] = field(default_factory=list)
    """(GPU, pid, MiB)."""
    failures: list[tuple[int, str, int]] = field(default_factory=list)
    """(GPU, field, NVML's error code)."""
    bus_ids: list[str] | None = None
    init: int = 0
    parts: list[tuple[int, int, int]] = field(default_factory=list)
    """MIG instances: (GPU, number, used MiB of 10 GiB)."""
    graphics: list[tuple[int, int, int]] = field(default_factory=list)
    """As `processes`, of those that draw."""
    clients: list[tuple[int, int, int]] = field(default_factory=list)
    """As `processes`, of an MPS server."""
    modes: dict[int, int] = field(default_factory=dict)
    """GPU to its compute mode: 2 prohibited, 3 exclusive process."""
    sleepy: list[int] = field(default_factory=list)
    """GPUs without persistence mode."""
    minors: dict[int, int] = field(default_factory=dict)
    """GPU to the number of its device file; the others have none."""
    xids: list[tuple[int, int]] = field(default_factory=list)
    """(GPU, XID); only ever added to, and told only to programs that listen already."""
    says: list[str] = field(default_factory=list)
    """Further lines of the file, as nvml.c explains them."""
    is_old: bool = False
    """A library that lacks version 2 of the memory question."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if shutil.which("gcc") is None:
            pytest.skip("a made NVIDIA driver library needs gcc")
        library = self.folder / "libnvidia-ml.so.1"
        shutil.copy(_library(self.is_old), library)
        self.write()

    @property
    def env(self) -> dict[str, str]:
        return {"LD_LIBRARY_PATH": str(self.folder), "FAKE_NVML": str(self.folder / "gpus.txt")}

    def part_uuid(self, gpu: int, number: int) -> str:
        return f"MIG-fake{gpu}-{number}-{self.folder.parent.name}"

    def uuid(self, number: int) -> str:
        return f"GPU-fake{number}-{self.folder.parent.name}"

    def write(self) -> None:
        """Say it from now on."""
        lines = [f"init {self.init}"]
        for number in range(self.count):
            bus_id = self.bus_ids[number] if self.bus_ids else f"00000000:{number + 1:02X}:00.0"
            used, percent = self.used_mib.get(number, 4), self.percent.get(number, 0)
            lines.append(f"gpu {self.uuid(number)} H100 {used} 81920 {percent} {bus_id}")
        lines += [f"process {gpu} {pid} {mib}" for gpu, pid, mib in self.processes]
        lines += [f"graphics {gpu} {pid} {mib}" for gpu, pid, mib in self.graphics]
        lines += [f"client {gpu} {pid} {mib}" for gpu, pid, mib in self.clients]
        lines += [f"minor {gpu} {minor}" for gpu, minor in self.minors.items()]
        lines += [f"mode {gpu} {mode}" for gpu, mode in self.modes.items()]
        lines += [f"persistence {gpu} 0" for gpu in self.sleepy]
        lines += [f"fail {gpu} {name} {code}" for gpu, name, code in self.failures]
        for gpu, number, used in self.parts:
            lines.append(f"mig {gpu} {number} {self.part_uuid(gpu, number)} MIG-1g.10gb {used} 10240")
        lines += [*self.says, *(f"xid {gpu} {xid}" for gpu, xid in self.xids)]
        aside = self.folder / "gpus.txt.aside"
        aside.write_text("\n".join(lines) + "\n")
        aside.replace(self.folder / "gpus.txt")

    def seen_by(self, monkeypatch: pytest.MonkeyPatch) -> FakeGpus:
        """Every process that the test starts from now on sees them."""
        for name, value in self.env.items():
            monkeypatch.setenv(name, value)
        return self


@pytest.fixture
def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGpus:
    """Two idle H100."""
    return FakeGpus(tmp_path / "driver", count=2).seen_by(monkeypatch)
