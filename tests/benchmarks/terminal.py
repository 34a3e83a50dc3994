"""What the app sends its terminal, what that costs, and how long a key takes: idle, under load, on a slow line.

Eight living runs print 100 lines and two steps a second each. The same app with Textual's own painting is what bytes are
compared with.
"""

from __future__ import annotations

import contextlib
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figure import report
from tests.fakes.run_folders import FakeRun, hold_dispatcher_lock, loss_at
from tests.fakes.terminal import Terminal

OURS = "import sys; from pathlib import Path; from iqa_tui.app import run_app; sys.exit(run_app(Path(sys.argv[1])))"
TEXTUALS = (
    "from textual.app import App; from iqa_tui.widgets.painting import PaintsDifferences; "
    f"PaintsDifferences._display = App._display; {OURS}"
)
SIZE = (140, 40)
RUNS, LINES_A_SECOND, STEPS_A_SECOND = 8, 100, 2
SETTLE_SECONDS, WATCH_SECONDS = 6.0, 20.0
KEYS = 40
SLOW_BYTES_A_SECOND = 5_000
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def opened(runs: Path, code: str = OURS, *, answers: bool = False) -> Iterator[Terminal]:
    environment = {"IQA_TUI_LEASES": str(runs.parent / "leases"), "IQA_TUI_STATE": str(runs.parent / "state")}
    terminal = Terminal([sys.executable, "-c", code, str(runs)], *SIZE, environment, answers=answers)
    with terminal:
        terminal.wait_for_words("q leave")
        terminal.read(SETTLE_SECONDS)
        yield terminal


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def watched(terminal: Terminal, seconds: float = WATCH_SECONDS) -> tuple[float, float]:
    """Bytes a second, and the share of a core, while nothing is pressed."""
    received, busy, began = terminal.received_bytes, processor_seconds(terminal.process.pid), time.monotonic()
    terminal.read(seconds)
    taken = time.monotonic() - began
    busy = processor_seconds(terminal.process.pid) - busy
    return (terminal.received_bytes - received) / taken, busy / taken


@contextlib.contextmanager
def load(runs: Path) -> Iterator[None]:
    """Eight living runs, in a thread, until the block ends."""
    fakes = [
        FakeRun.queue(runs, f"F{2 + number % 4}", seed=number).start(gpu=number).train(300) for number in range(RUNS)
    ]
    held = [descriptor for fake in fakes for descriptor in fake.hold()]
    stopping = threading.Event()
    thread = threading.Thread(target=_write, args=(fakes, stopping), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
        for descriptor in held:
            os.close(descriptor)


def _write(fakes: list[FakeRun], stopping: threading.Event) -> None:
    writers = [fake.writer() for fake in fakes]
    noise = random.Random(7)
    step, beats_a_second = 300, 10
    while not stopping.wait(1 / beats_a_second):
        step += 1
        for fake, writer in zip(fakes, writers, strict=True):
            lines = [f"epoch 2/5  line {step}.{number}  loss {loss_at(step, 1, noise):.4f}" for number in range(10)]
            fake.print("\n".join(lines[: LINES_A_SECOND // beats_a_second]) + "\n")
            if step % (beats_a_second // STEPS_A_SECOND) == 0:
                writer.write("step", epoch=2, step=step, loss=loss_at(step, 1, noise), lr=5e-6, images_per_second=412.0)


def under_load(folder: Path) -> None:
    with load(folder / "runs"):
        figures = {}
        for name, code in (("ours", OURS), ("Textual's", TEXTUALS)):
            with opened(folder / "runs", code) as terminal:
                figures[name] = (*watched(terminal), key_bytes(terminal))
                if name == "ours":
                    seconds = key_seconds(terminal)
                    report("memory_under_load", resident_bytes(terminal.process.pid) / 1e6, "MB", "RSS", at_most=75)
        ours, theirs = figures["ours"], figures["Textual's"]
        report("load_processor", ours[1], "of a core", f"Textual's painting: {theirs[1]:.3f}", at_most=0.05)
        report("load_bytes", ours[0] / 1000, "KB/s", f"Textual's painting: {theirs[0] / 1000:.1f} KB/s", at_most=4)
        report("key_bytes", ours[2] / 1000, "KB", f"a `j`; Textual's painting: {theirs[2] / 1000:.1f} KB", at_most=3)
        report("key_median", statistics.median(seconds) * 1000, "ms", "`j` under load to the first byte", at_most=30)
        report("key_95", statistics.quantiles(seconds, n=20)[-1] * 1000, "ms", "as above, 95%", at_most=45)
        for answers in (False, True):
            lag = slow_key_seconds(folder / "runs", answers=answers)
            kind = "that answers" if answers else "that never answers"
            against = f"a word typed into a terminal {kind} and takes 5 KB/s, under load, until it is shown"
            report(f"slow_key_{'answering' if answers else 'silent'}", lag, "s", against, at_most=1)


def key_bytes(terminal: Terminal) -> float:
    """Of one `j`, without what the load makes meanwhile, which is measured around it."""
    between, pressed = [], []
    for number in range(8):
        for sizes in (between, pressed):
            before = terminal.received_bytes
            if sizes is pressed:
                terminal.press("jk"[number % 2])
            terminal.read(0.7)
            sizes.append(terminal.received_bytes - before)
    return max(0.0, statistics.median(pressed) - statistics.median(between))


def key_seconds(terminal: Terminal) -> list[float]:
    seconds = []
    for number in range(KEYS):
        terminal.read(0.13)
        before, began = terminal.received_bytes, time.monotonic()
        terminal.press("jk"[number // 4 % 2])
        while terminal.received_bytes == before:
            terminal.read(0.002)
        seconds.append(time.monotonic() - began)
    return seconds


def slow_key_seconds(runs: Path, *, answers: bool) -> float:
    """The median of three words."""
    seconds = []
    with opened(runs, answers=answers) as terminal:
        for word in ("koala", "zebra", "otter"):
            began = time.monotonic()
            terminal.press(f"\x1b/{word}")
            while word not in terminal.text and time.monotonic() < began + 60:
                terminal.read(0.05, at_most_bytes=int(SLOW_BYTES_A_SECOND * 0.05))
            seconds.append(time.monotonic() - began)
    return statistics.median(seconds)


def idle(folder: Path) -> None:
    for number in range(20):
        FakeRun.queue(folder / "runs", f"F{2 + number % 4}", seed=number).start().train(400).finish()
    with opened(folder / "runs") as terminal:
        terminal.press("d")  # the devices, whose load changes
        terminal.read(2.0)
        sent, busy = watched(terminal)
    report("idle_bytes", sent, "B/s", "20 finished runs", at_most=0)
    report("idle_processor", busy, "of a core", "20 finished runs", at_most=0.005)


def main() -> None:
    for measure in (idle, under_load):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["IQA_TUI_STATE"] = str(Path(folder) / "state")
            held = hold_dispatcher_lock(Path(folder) / "runs")
            measure(Path(folder))
            os.close(held)


if __name__ == "__main__":
    main()
