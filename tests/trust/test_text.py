"""Labels, causes, holders and folder names that a terminal, a spreadsheet, LaTeX or a markup language would obey."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from iqa_tui.app import IqaApp
from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.gpus.sample import GpuProcess, GpuSample
from iqa_tui.devices.lease import Holder, take_lease
from iqa_tui.devices.lease_folder import lease_file
from iqa_tui.devices.survey import Survey
from iqa_tui.devices.withdrawn import withdraw
from tests.fakes.app import screen_text, settle
from tests.fakes.lab import Lab, lab
from tests.fakes.run_folders import FakeRun, hold_dispatcher_lock
from training.runfolder.exits import ExitKind
from training.runfolder.folders import list_runs
from training.runfolder.schema import Place
from training.runfolder.text import HARMFUL, HARMFUL_IN_A_LINE, plain
from training.runfolder.write import write_record

__all__ = ["lab"]

CLIPBOARD = "\x1b]52;c;cm0gLXJmIH4=\x07"
HOSTILE = f"=cmd|'/c calc'!A1 {CLIPBOARD}[red]mark[/red][link=file:///etc/passwd]x[/link]\nF9 finished\r\x9b2J\u202e損失\ufe0f"
FOLDER = f"2026-11-23_{CLIPBOARD.replace('/', '')}\nF7 finished"
WIDE = "損失関数の比較"

OPEN_APP = "import sys; from pathlib import Path; from iqa_tui.app import run_app; sys.exit(run_app(Path(sys.argv[1])))"

PLAN = {
    "name": "hostile",
    "title": HOSTILE,
    "base": {"dataset": HOSTILE},
    "experiment": [{"id": f"F{number}", "label": HOSTILE, "notes": HOSTILE} for number in range(1, 6)],
    "recorded": [{"id": "R", "label": HOSTILE, "source": HOSTILE, "protocol": HOSTILE, "srcc": 0.9}],
}


def queue(runs_dir: Path, identity: str, name: str = "", **spec: Any) -> FakeRun:
    fake = FakeRun.queue(
        runs_dir, identity, created=time.time() - 9000,
        **({"label": HOSTILE, "group": HOSTILE, "plan": PLAN, "dataset": HOSTILE} | spec),
    )  # fmt: skip
    if name:
        fake.run.path.rename(runs_dir / name)
        fake.run = type(fake.run)(runs_dir / name)
    return fake


@pytest.fixture
def attacked(lab: Lab) -> Iterator[Path]:
    """Runs, leases and journals as a user who wants harm would write them."""
    runs_dir = lab.runs_dir
    queue(runs_dir, "F1").start(gpu=0).end(ExitKind.FAILED, f"exit 1: {HOSTILE}")
    finished = queue(runs_dir, "F2").start(gpu=0).train(30)
    with contextlib.closing(finished.writer()) as writer:
        writer.write("warning", text=HOSTILE)
    finished.finish(notes=[HOSTILE], protocol=HOSTILE, source_digest=HOSTILE)
    queue(runs_dir, "F3", FOLDER).start(gpu=0).print(f"{HOSTILE}\n").finish()
    held = queue(runs_dir, "F4", experiment=HOSTILE)
    write_record(held.run.place, Place(by=HOSTILE, when=time.time(), held=True, why=HOSTILE))
    unreadable = runs_dir / f"2026-11-24_{CLIPBOARD.replace('/', '')}"
    unreadable.mkdir()
    (unreadable / "spec.json").write_text(f'{{"format": 99, "{HOSTILE}": 1')
    lease = take_lease("cpu-0", Holder("ann", "r"))
    lease_file("cpu-0").write_text(json.dumps({"user": HOSTILE, "run_id": HOSTILE, "label": HOSTILE}))
    withdraw("cpu-1", HOSTILE)
    dispatching = hold_dispatcher_lock(runs_dir)
    yield runs_dir
    os.close(dispatching)
    os.close(lease)


def iqa_tui(runs_dir: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "iqa_tui", "--runs-dir", str(runs_dir), *words],
        capture_output=True, check=False, timeout=100, env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip


def plan_file(folder: Path) -> str:
    path = folder / "hostile.toml"
    rows = "".join(
        f"[[experiment]]\nid = {json.dumps(row['id'])}\nlabel = {json.dumps(row['label'])}\nexpected_hours = 1\n"
        f"notes = {json.dumps(row['notes'])}\n"
        for row in PLAN["experiment"]  # type: ignore[attr-defined]
    )
    command = json.dumps([sys.executable, "-c", "pass", HOSTILE])
    path.write_text(f'name = "hostile"\ntitle = {json.dumps(HOSTILE)}\ncommand = {command}\n{rows}')
    return str(path)


COMMANDS = [
    ("status",),
    ("status", "--json"),
    ("export", "--format", "csv"),
    ("export", "--format", "markdown"),
    ("export", "--format", "latex"),
    ("export", "--format", "json"),
    ("export", "--group", CLIPBOARD),
    ("stop", HOSTILE),
    ("retry", f"2026-11-24_{CLIPBOARD.replace('/', '')}"),
    ("restore", "cpu-1"),
    ("hold", CLIPBOARD),
]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(map(plain, words))[:40])
def test_no_command_prints_what_a_terminal_would_obey(attacked: Path, words: tuple[str, ...]) -> None:
    done = iqa_tui(attacked, *words)
    text = (done.stdout + done.stderr).decode()
    assert "Traceback" not in text
    assert text
    assert HARMFUL_IN_A_LINE.search(text) is None
    assert not [line for line in text.splitlines() if line.startswith(("F9", "F7"))]


def test_a_plan_prints_its_labels_in_their_columns(attacked: Path, tmp_path: Path) -> None:
    done = iqa_tui(attacked, "plan", plan_file(tmp_path), "--gpus", "2")
    text = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, text
    assert HARMFUL_IN_A_LINE.search(text) is None
    assert text.count(plain(HOSTILE)) == 6
    assert len([line for line in text.splitlines() if line.startswith("  F")]) == 10


def test_wide_labels_keep_the_columns_of_status(lab: Lab) -> None:
    dispatching = hold_dispatcher_lock(lab.runs_dir)
    for number, label in enumerate((WIDE, "e\u0301", "✓\ufe0f ok", "L2"), 1):
        queue(lab.runs_dir, f"F{number}", label=label, group="g").start().end(cause="exit 1: x")
    lines = iqa_tui(lab.runs_dir, "status").stdout.decode().splitlines()
    rows = [line for line in lines if "failed: exit 1" in line]
    assert len(rows) == 4
    assert len({cell_len(line.partition("failed:")[0]) for line in rows}) == 1
    assert len({cell_len(line.partition("2026-")[0]) for line in rows}) == 1
    os.close(dispatching)


def test_the_exported_files_execute_nothing_and_break_no_table(attacked: Path) -> None:
    texts = {
        name: iqa_tui(attacked, "export", "--format", name).stdout.decode()
        for name in ("csv", "markdown", "latex", "json")
    }
    rows = list(csv.DictReader(io.StringIO(texts["csv"])))
    assert len(rows) == 6
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@＝＋－＠\t\r")]
    assert len([line for line in texts["markdown"].splitlines() if line.startswith("|")]) == 8
    assert texts["latex"].isascii() or texts["latex"].replace("損失", "").isascii()
    body = texts["latex"].partition(r"\begin{table}")
    assert all(line.startswith("%") for line in body[0].splitlines())
    assert body[2].isascii()
    labels = {row["label"] for row in json.loads(texts["json"])["rows"]}
    assert labels == {HOSTILE}


def test_a_run_of_a_hostile_name_is_found_by_it_and_by_what_is_shown(attacked: Path) -> None:
    (run,) = (run for run in list_runs(attacked) if run.path.name == FOLDER)
    for name in (FOLDER, run.run_id):
        done = iqa_tui(attacked, "stop", name)
        assert b"is finished: there is nothing to stop" in done.stderr, done
    assert run.path.is_dir()


class HostileSurveyor:
    def survey(self) -> Survey:
        process = GpuProcess(4711, HOSTILE, HOSTILE)
        sample = GpuSample(0, "GPU-0", HOSTILE, 20 << 30, 80 << 30, 40, 55, processes=(process,))
        device = Device("GPU-0", "gpu", 0, HOSTILE)
        other = DeviceState(device, False, f"held by {HOSTILE}", sample)
        ours = DeviceState(
            Device("GPU-1", "gpu", 1, "H100"), False, "", sample, (Holder(HOSTILE, HOSTILE, 1, HOSTILE),)
        )
        return Survey((other, ours), HOSTILE, time.time(), "gpu")


@pytest.mark.parametrize("size", [(140, 40), (80, 24)])
async def test_no_screen_obeys_what_stands_in_files(attacked: Path, tmp_path: Path, size: tuple[int, int]) -> None:
    app = IqaApp(attacked, make_surveyor=HostileSurveyor, plans=(plan_file(tmp_path),))
    copied: list[str] = []
    async with app.run_test(size=size) as pilot:
        await settle(pilot, lambda: app.latest_devices is not None and "failed" in screen_text(pilot))

        async def look(*keys: str) -> str:
            for key in keys:
                await pilot.press(key)
                await pilot.pause(0.05)
                assert_harmless(pilot)
            return screen_text(pilot)

        seen = screen_text(pilot)
        for _ in range(7):
            seen += await look("down", "y", "space")
            copied.append(app.clipboard)
        seen += await look("K", "escape", "c", "l", "x", "tab", "tab", "enter", "escape")
        seen += await look("question_mark", "escape", "slash", "m", "a", "enter", "escape")
        seen += await look("3")
        await settle(pilot, lambda: "recorded" in screen_text(pilot) or "◆" in screen_text(pilot))
        for _ in range(7):
            seen += await look("down", "y")
            copied.append(app.clipboard)
        seen += await look("e", "escape", "1")
        await settle(pilot, lambda: "Experiments" in screen_text(pilot))
        seen += await look("down", "y", "a", "a", "tab", "tab", "down")
        seen += await look("enter", "escape", "2", "q")
    assert "[red]mark" in seen  # it is shown, and as it is
    assert HARMFUL.search("".join(copied).replace("\t", "")) is None
    assert not [text for text in copied if text.startswith("=")]


def assert_harmless(pilot: Any) -> None:
    """No segment on its way to the terminal has it, no text is a link, and nothing else than its own lines is there."""
    width, height = pilot.app.size
    strips = pilot.app.screen._compositor.render_strips(pilot.app.size)
    assert len(strips) == height
    for strip in strips:
        for segment in strip:
            assert HARMFUL.search(segment.text) is None, ascii(segment.text)
            assert segment.style is None or not (segment.style.link or "").startswith("file:")
        assert cell_len(strip.text) == width


def test_the_terminal_of_the_app_gets_no_clipboard_of_a_label(attacked: Path) -> None:
    """What the driver writes, read on a real pseudo-terminal."""
    received = bytes_of_app(attacked)
    assert b"mark" in received
    assert b"\x1b]52" not in received
    assert "\x9b".encode() not in received
    assert "\u202e".encode() not in received


def bytes_of_app(runs_dir: Path) -> bytes:
    """All that the app writes until it has shown a failed run and its cause."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", OPEN_APP, str(runs_dir)],
        stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "COLUMNS": "140", "LINES": "40"},
    )  # fmt: skip
    os.close(terminal)
    received, until = b"", time.monotonic() + 40
    try:
        while time.monotonic() < until and not re.search(rb"failed.*mark", received, re.DOTALL):
            if select.select([controller], [], [], 0.1)[0]:
                received += os.read(controller, 65536)
    finally:
        process.kill()
        process.wait()
        os.close(controller)
    return received
