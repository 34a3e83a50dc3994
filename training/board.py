"""`--tensorboard`: the run's events once more, as TensorBoard event files in the run folder.

Reads nothing but events, so what TensorBoard shows is what the app shows. The axis is that of steps for scores too: an
epoch's scores stand at its last step.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.config import TrainConfig
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_events
from training.runfolder.write import EventWriter

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

STEP_SCALARS = ("loss", "lr", "images_per_second")
METRICS = ("srcc", "plcc", "krcc", "rmse")
FLUSH_SECONDS = 10
LEFT_OUT = ("check", "resume", "run_folder", "runs_dir", "tensorboard")
"""Flags that say nothing about a run."""


def open_events(run: RunFolder, attempt: int, config: TrainConfig) -> EventWriter:
    """The events of this attempt, shown on a board too where `--tensorboard` asks for it."""
    return BoardedEvents(run, attempt, config) if config.tensorboard else EventWriter(run.events, attempt)


class BoardedEvents(EventWriter):
    """Writes each event, then shows it. A board that cannot be written is given up with a warning; the run goes on."""

    def __init__(self, run: RunFolder, attempt: int, config: TrainConfig) -> None:
        super().__init__(run.events, attempt)
        self._board: Board | None = Board(run, config)

    def write(self, kind: str, **fields: Any) -> None:
        super().write(kind, **fields)
        if self._board is None:
            return
        try:
            self._board.show(kind, fields)
        except OSError as error:
            self._board = None
            super().write("warning", text=f"TensorBoard's files cannot be written any more: {error}")

    def close(self) -> None:
        super().close()
        if self._board is not None:
            self._board.close()


class Board:
    """Event files of one attempt. A resumed one hides the steps that it repeats, and shows no score twice."""

    def __init__(self, run: RunFolder, config: TrainConfig) -> None:
        self._folder = run.tensorboard
        self._config = config
        self._step, told = _told_before(run)
        self._shown = told if self._folder.exists() else set()
        self._writer: SummaryWriter | None = None

    def show(self, kind: str, fields: dict[str, Any]) -> None:
        if kind == "step":
            self._show_step(fields)
        elif kind == "evaluated":
            self._show_scores(fields["split"], fields["metrics"])

    def _show_step(self, fields: dict[str, Any]) -> None:
        self._step = fields["step"]
        writer = self._opened(purge_step=self._step)
        for name in STEP_SCALARS:
            writer.add_scalar(name, fields[name], self._step)

    def _show_scores(self, split: str, metrics: dict[str, float | None]) -> None:
        if (self._step, split) in self._shown:
            return
        writer = self._opened(purge_step=None)
        for name in METRICS:
            value = metrics.get(name)
            if value is not None:
                writer.add_scalar(f"{name}/{split}", value, self._step)
        writer.flush()

    def _opened(self, purge_step: int | None) -> SummaryWriter:
        """Opened with the first thing to show: its step is where this attempt goes on.

        The first step of an attempt is always an event, so all that stands at it and behind it is repeated.
        """
        if self._writer is None:
            if purge_step is not None:
                self._shown = {(step, split) for step, split in self._shown if step < purge_step}
            self._writer = _writer(self._folder, purge_step, self._config)
        return self._writer

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def _told_before(run: RunFolder) -> tuple[int, set[tuple[int, str]]]:
    """The last step of earlier attempts, and the scores they told: step and split."""
    step, told = 0, set()
    for event in read_events(run):
        if event.kind == "step":
            step = event.fields["step"]
        elif event.kind == "evaluated":
            told.add((step, event.fields["split"]))
    return step, told


def _writer(folder: Path, purge_step: int | None, config: TrainConfig) -> SummaryWriter:
    logging.getLogger("tensorboard").setLevel(logging.WARNING)
    from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - an optional package
    from torch.utils.tensorboard.summary import hparams  # noqa: PLC0415 - as above

    is_first = not folder.exists()
    writer = SummaryWriter(str(folder), purge_step=None if is_first else purge_step, flush_secs=FLUSH_SECONDS)
    if is_first:
        flags = {name: value for name, value in config.as_dict().items() if name not in LEFT_OUT}
        writer.add_text("command", f"    {config.command()}")
        writer.add_text("flags", f"    {json.dumps(flags)}")
        shown = {name: value for name, value in flags.items() if value is not None}
        # add_hparams would make a second run of it, in a folder of its own.
        assert writer.file_writer is not None
        for summary in hparams(shown, {f"{name}/test": 0.0 for name in METRICS}):
            writer.file_writer.add_summary(summary)
    return writer
