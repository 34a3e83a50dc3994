"""`--train_test_num N` by hand: N seeds one after another, each a run of its own in a process of its own.

Each seed has a process of its own, so that nothing of one seed (weights, generators, GPU memory) reaches the next.
This process waits for hours and must cost nothing.
"""

from __future__ import annotations

import contextlib
import signal
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Self

from training.config import TrainConfig
from training.errors import BadUsage, NoDevice
from training.flags import without_flags
from training.runfolder.exits import EXIT_STOPPED
from training.runfolder.folders import run_name
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result

GIVEN_BY_US = {"--run_folder": 1, "--seed": 1, "--train_test_num": 1, "--resume": 0}
"""Flags that each repetition gets anew, and how many words follow each."""
SAME_FOR_EVERY_SEED = (BadUsage.exit_code, NoDevice.exit_code)
"""An error with one of these codes (flags, device, weights, data) would end the other seeds too."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """One seed of a series."""

    seed: int
    run: RunFolder


def repeat(config: TrainConfig, argv: Sequence[str]) -> int:
    """Train every seed from `--seed` on that is not finished yet; print a line a seed, then mean and SD.

    Returns:
        0 if all seeds are finished; the exit code of the seed that ended the series; 1 if single seeds failed.

    Raises:
        BadUsage: `--resume` on a series that never began.
        RunFolderError: a seed's result cannot be read.
        OSError: the folders cannot be made.
    """
    base = _series(config)
    series = [Repetition(seed, _folder(base, seed)) for seed in _seeds(config)]
    with _Child() as child:
        code = _train_all(config, argv, series, child)
    for repetition in series:  # the empty folders of seeds that never began, made to reserve their names
        with contextlib.suppress(OSError):
            repetition.run.path.rmdir()
    print("\n".join(_summary(series)), flush=True)
    if code == EXIT_STOPPED and any(repetition.run.spec.exists() for repetition in series):
        print(f"go on with --run_folder {base} --resume and the same flags", flush=True)
    return code


def _seeds(config: TrainConfig) -> range:
    return range(config.seed, config.seed + config.train_test_num)


def _folder(base: Path, seed: int) -> RunFolder:
    return RunFolder(base.with_name(f"{base.name}_s{seed}"))


def _series(config: TrainConfig) -> Path:
    """The path that, with `_s<seed>` behind it, names each run: `--run_folder`, else a new one below `--runs_dir`."""
    if config.run_folder is None:
        return _new_series(config)
    base = Path(config.run_folder).resolve()
    if config.resume and not any(_folder(base, seed).spec.exists() for seed in _seeds(config)):
        raise BadUsage(f"--resume: no run of {base}_s{config.seed} to _s{_seeds(config)[-1]} ever began")
    return base


def _new_series(config: TrainConfig) -> Path:
    """All folders are made at once: a series that starts in the same second takes other names."""
    now = datetime.now()  # noqa: DTZ005 - people read it
    name = run_name(now, config.dataset, config.network_name, config.loss_type, config.seed, config.split_seed)
    first = Path(config.runs_dir).resolve() / name.removesuffix(f"_s{config.seed}")
    first.parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        base = first if number == 1 else first.with_name(f"{first.name}-{number}")
        made: list[Path] = []
        try:
            for seed in _seeds(config):
                _folder(base, seed).path.mkdir()
                made.append(_folder(base, seed).path)
        except FileExistsError:
            for path in made:
                path.rmdir()
            number += 1
            continue
        return base


def _train_all(config: TrainConfig, argv: Sequence[str], series: list[Repetition], child: _Child) -> int:
    failed = False
    for number, repetition in enumerate(series, start=1):
        if config.resume and repetition.run.result.exists():
            print(f"seed {repetition.seed} ({number} of {len(series)}) is finished: {repetition.run.path}", flush=True)
            continue
        print(f"seed {repetition.seed} ({number} of {len(series)}): {repetition.run.path}", flush=True)
        code = child.run(_command(argv, repetition, resume=config.resume and repetition.run.spec.exists()))
        if child.asked_to_stop or code == EXIT_STOPPED:
            return EXIT_STOPPED
        if code in SAME_FOR_EVERY_SEED:
            return code
        failed = failed or code != 0
    return 1 if failed else 0


def _command(argv: Sequence[str], repetition: Repetition, *, resume: bool) -> list[str]:
    own = ["--train_test_num", "1", "--seed", str(repetition.seed), "--run_folder", str(repetition.run.path)]
    return [sys.executable, "-m", "training", *without_flags(argv, GIVEN_BY_US), *own, *["--resume"] * resume]


def _summary(series: list[Repetition]) -> list[str]:
    read = {repetition.seed: read_record(repetition.run.result, Result) for repetition in series}
    results = {seed: result for seed, result in read.items() if result is not None}
    lines = [
        f"seed {one.seed}  " + (_scores(results[one.seed]) if one.seed in results else "not finished") for one in series
    ]
    scored = {seed: result for seed, result in results.items() if _scored(result).get("srcc") is not None}
    tests = [_scored(result) for result in scored.values()]
    means = "  ".join(f"{name.upper()} {_mean_and_sd([test.get(name) for test in tests])}" for name in ("srcc", "plcc"))
    some = f" ({', '.join(map(str, scored))})" if 0 < len(scored) < len(series) else ""
    split = "test" if all("test" in result.metrics for result in scored.values()) else "validation"
    return [*lines, f"mean ± SD of {len(scored)} of {len(series)} seeds{some}, {split}: {means}"]


def _scored(result: Result) -> dict[str, float | None]:
    """The test split's metrics; of runs without a test the validation split's."""
    return result.metrics.get("test") or result.metrics.get("val", {})


def _scores(result: Result) -> str:
    test = _scored(result)
    return "  ".join(f"{name.upper()} {_shown(test.get(name))}" for name in ("srcc", "plcc"))


def _mean_and_sd(values: list[float | None]) -> str:
    """The sample's SD (n − 1); a single seed has none."""
    known = [value for value in values if value is not None]
    mean = statistics.fmean(known) if known else None
    return f"{_shown(mean)} ± {_shown(statistics.stdev(known) if len(known) > 1 else None)}"


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


class _Child:
    """Runs one process after another; TERM and Ctrl-C stop the running one, and no other starts."""

    def __init__(self) -> None:
        self.asked_to_stop = False
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def run(self, command: list[str]) -> int:
        """Its exit code, negative if a signal killed it."""
        self._process = subprocess.Popen(command)
        if self.asked_to_stop:  # while it was started
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """A terminal sends Ctrl-C to the child as well, so we pass the first one on as TERM, which may come twice."""
        del frame
        again, self.asked_to_stop = self.asked_to_stop, True
        if self._process is not None:
            self._process.send_signal(signal.SIGINT if again and number == signal.SIGINT else signal.SIGTERM)
