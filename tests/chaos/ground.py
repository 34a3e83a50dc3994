"""The place of a chaos run: folders, a small disk, a clock, and every process that was started there, by id."""

from __future__ import annotations

import contextlib
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

from iqa_tui.processes.marks import environment_of

SHIM = Path(__file__).with_name("shim")
TRAINER = Path(__file__).with_name("trainer.py")
ROOT = Path(__file__).parents[2]
DISK_MIB = 64
MARK = "CHAOS_GROUND"


class Ground:
    """Use it in a `with` block: at its end every process of it is gone, and so are its folders."""

    def __init__(self, slots: int, breaks: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="iqa-tui-chaos-"))
        self.disk, self.witness = self.folder / "disk", self.folder / "witness"
        for folder in (self.disk, self.witness):
            folder.mkdir()
        self.has_small_disk = self._mount()
        self.runs_dir = self.disk / "runs"
        self.runs_dir.mkdir()
        self._clock = self.folder / "clock"
        self.step_clock(0.0)
        os.environ.update(
            {
                MARK: str(self.folder),
                "CHAOS_CLOCK": str(self._clock),
                "CHAOS_BREAK": breaks,
                "IQA_TUI_LEASES": str(self.folder / "leases"),
                "IQA_TUI_STATE": str(self.folder / "state"),
                "IQA_TUI_CPU_SLOTS": str(slots),
                "IQA_TUI_BEAT_PATIENCE": "2",
                "OMP_NUM_THREADS": "1",
                "PYTHONPATH": os.pathsep.join([str(SHIM), str(ROOT)]),
                "PYTHONDONTWRITEBYTECODE": "1",
            }
        )
        os.environ.pop("CUDA_VISIBLE_DEVICES", None)
        self._apps: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while left := self.processes():
            for pid in left:
                self.kill(pid)
            time.sleep(0.05)
        for app in self._apps:
            app.wait()
        if self.has_small_disk:
            subprocess.run(["umount", "--lazy", str(self.disk)], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _mount(self) -> bool:
        """Whether a disk of its own could be had; only root may mount one."""
        command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(self.disk)]
        try:
            return os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0
        except OSError:
            return False

    def step_clock(self, offset_seconds: float) -> None:
        """All programs of the ground but this one live so much later from now on."""
        if not self._clock.exists():
            self._clock.write_bytes(struct.pack("d", offset_seconds))
            return
        with self._clock.open("r+b") as file:  # in place: it is mapped
            file.write(struct.pack("d", offset_seconds))

    def fill_disk(self) -> None:
        ballast = self.disk / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)):
                        pass

    def free_disk(self) -> None:
        (self.disk / "ballast").unlink(missing_ok=True)

    def open_app(self) -> None:
        """The real app, on a terminal that no one looks at."""
        controller, terminal = pty.openpty()
        app = subprocess.Popen(
            [sys.executable, "-m", "iqa_tui", "--runs-dir", str(self.runs_dir)],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"},
            start_new_session=True,
        )
        os.close(terminal)
        self._apps.append(app)
        threading.Thread(target=_drain, args=(controller,), daemon=True).start()

    def processes(self) -> dict[int, str]:
        """Every living process that was started here, ourselves left out, and what it is.

        app, dispatcher, supervisor, trainer, worker, daemon, driver (asks for GPUs), command.
        """
        for app in self._apps:
            app.poll()
        found = {}
        for name in os.listdir("/proc"):  # noqa: PTH208  names alone
            if name.isdecimal() and int(name) != os.getpid() and self._is_ours(int(name)):
                found[int(name)] = _role(int(name))
        return found

    def _is_ours(self, pid: int) -> bool:
        try:
            environment = environment_of(pid).split(b"\0")
        except OSError:
            return False
        return f"{MARK}={self.folder}".encode() in environment

    def kill(self, pid: int) -> bool:
        """kill -9, by a descriptor of the very process, and only if it is one of ours."""
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return False
        try:
            if not self._is_ours(pid):
                return False
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        except ProcessLookupError:
            return False
        finally:
            os.close(descriptor)
        return True


def _role(pid: int) -> str:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        comm = Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return "gone"
    if comm.startswith("chaos-"):
        return comm.removeprefix("chaos-")
    words = {
        b"chaos/trainer.py": "trainer",
        b"iqa_tui.service.supervisor": "supervisor",
        b"iqa_tui.service.dispatcher": "dispatcher",
        b"iqa_tui.devices.gpus": "driver",
        b"-m\0iqa_tui\0": "app",
    }
    return next((role for word, role in words.items() if word in command), "command")


def _drain(controller: int) -> None:
    with contextlib.suppress(OSError):  # its other end is closed when the app is gone
        while os.read(controller, 65536):
            pass
    os.close(controller)
