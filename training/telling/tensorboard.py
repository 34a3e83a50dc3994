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
from training.flags import command_of
from training.runfolder.events import read_events
from training.runfolder.layout import RunFolder
from training.runfolder.write import EventWriter

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

STEP_SCALARS = ("loss", "lr", "grad_norm", "images_per_second")
METRICS = ("srcc", "plcc", "krcc", "rmse")
FLUSH_SECONDS = 10
LEFT_OUT = ("check", "resume", "run_folder", "runs_dir", "tensorboard")
"""Flags that say nothing about what is trained."""


def open_events(run: RunFolder, attempt: int, config: TrainConfig) -> EventWriter:
    """The events of this attempt, shown on a board too if `--tensorboard` is given."""
    return BoardedEvents(run, attempt, config) if config.tensorboard else EventWriter(run.events, attempt)


class BoardedEvents(EventWriter):
    """Writes each event, then shows it. A board that cannot be written is dropped with a warning; the run goes on."""

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
    """Event files of one attempt. A resumed attempt hides the steps that it repeats, and shows no score twice."""

    def __init__(self, run: RunFolder, config: TrainConfig) -> None:
        self._folder = run.tensorboard
        self._config = config
        self._step = 0
        self._shown: set[tuple[int, str]] = set()
        """Step and split of the scores that stand."""
        for event in read_events(run):
            self._follow(event.kind, event.fields)
        self._hidden_from: int | None = None
        """The first step that this attempt repeats."""
        if not self._folder.exists():  # earlier attempts showed nothing
            self._shown.clear()
        self._writer: SummaryWriter | None = None

    def show(self, kind: str, fields: dict[str, Any]) -> None:
        if self._follow(kind, fields):
            self._add(kind, fields)

    def _follow(self, kind: str, fields: dict[str, Any]) -> bool:
        """Follow the run; returns True if there is something new to show."""
        if kind == "resumed":
            self._go_back_to(fields["step"] + 1)
            self._step = fields["step"]
        elif kind == "step":
            if fields["step"] <= self._step:  # the attempt found no checkpoint and began anew
                self._go_back_to(fields["step"])
            self._step = fields["step"]
            return True
        elif kind == "evaluated" and (self._step, fields["split"]) not in self._shown:
            self._shown.add((self._step, fields["split"]))
            return True
        return False

    def _go_back_to(self, step: int) -> None:
        self._hidden_from = step
        self._shown = {(shown_at, split) for shown_at, split in self._shown if shown_at < step}

    def _add(self, kind: str, fields: dict[str, Any]) -> None:
        if self._writer is None:
            self._writer = _writer(self._folder, self._hidden_from, self._config)
        if kind == "step":
            parts = [name for name in fields if name.startswith("loss_")]
            scalars = {name: fields.get(name) for name in (*STEP_SCALARS, *parts)}
        else:
            scalars = {f"{name}/{fields['split']}": fields["metrics"].get(name) for name in METRICS}
        for name, value in scalars.items():
            if value is not None:
                self._writer.add_scalar(name, value, self._step)
        if kind == "evaluated":
            self._writer.flush()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def _writer(folder: Path, purge_step: int | None, config: TrainConfig) -> SummaryWriter:
    logging.getLogger("tensorboard").setLevel(logging.WARNING)
    from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - an optional package
    from torch.utils.tensorboard.summary import hparams  # noqa: PLC0415 - as above

    is_first = not folder.exists()
    writer = SummaryWriter(str(folder), purge_step=None if is_first else purge_step, flush_secs=FLUSH_SECONDS)
    if is_first:
        flags = {name: value for name, value in config.as_dict().items() if name not in LEFT_OUT}
        writer.add_text("command", f"    {command_of(config)}")
        writer.add_text("flags", f"    {json.dumps(flags)}")
        shown = {name: value for name, value in flags.items() if value is not None}
        # add_hparams would make a second run of it, in a folder of its own.
        assert writer.file_writer is not None
        for summary in hparams(shown, {f"{name}/test": 0.0 for name in METRICS}):
            writer.file_writer.add_summary(summary)
    return writer
