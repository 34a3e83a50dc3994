"""Reads a log of the published trainer (github.com/cny123222/Perceptual-IQA-CS3324).

    Epoch⇥Train_Loss⇥Train_SRCC⇥Test_SRCC⇥Test_PLCC
    Epoch 1/5:   5%|5         | 233/4404 [01:10<20:58,  3.31batch/s, loss=3.0086]␍ …
    1⇥4.850⇥⇥0.8823⇥⇥0.9193⇥⇥0.9346

Settings stand before the table. Between two of its lines lie tens of thousands of bars, each begun by a carriage
return. With SPAQ the table has two columns more; with a ranking loss the two parts of the loss stand behind it in
parentheses; each round of `--train_test_num` begins the table anew. The log is read as a stream: a large one takes
time, not memory.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from iqa_tui.importing.bars import Bar, BarClock, bar_in
from iqa_tui.importing.header import Header, moment_in
from iqa_tui.importing.pieces import BadLog, LogFile, Piece
from iqa_tui.importing.table import Epoch, Round
from training.runfolder.text import plain

COLUMNS = ("Epoch", "Train_Loss", "Train_SRCC", "Test_SRCC", "Test_PLCC")
SCORES = {
    "Train_SRCC": ("train", "srcc"),
    "Test_SRCC": ("test", "srcc"),
    "Test_PLCC": ("test", "plcc"),
    "SPAQ_SRCC": ("spaq", "srcc"),
    "SPAQ_PLCC": ("spaq", "plcc"),
}
"""Column to split and metric; other columns are passed over."""
EXPECTED = ", ".join(COLUMNS)
LINE = re.compile(rb"\s*\d+\s")
"""Begins a line of the table."""
PARTS = re.compile(rb"\s*\([^)]*\)")
"""What a loss is made of: ` (L1:4.123,Rank:0.123)`."""
NUMBER = re.compile(rb"[-+]?(\d{1,300}(\.\d*)?|\.\d+)(e[-+]?\d{1,4})?|[-+]?(nan|inf)", re.IGNORECASE)
WHOLE_NUMBER = re.compile(rb"[-+]?\d+\.\d{4,}|nan")
"""The last number of a whole line: four decimals."""
ESCAPE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
EPOCH_BAR = re.compile(rb"Epoch (\d{1,6})/(\d{1,6})$")
ENDINGS = (b"Best test SRCC", b"Early stopping triggered")
MOST_EPOCHS = 100_000
MOST_ROUNDS = 1_000
LONGEST_LINE_BYTES = 2000
"""Of a line that is not passed over."""
MOST_TOLD_BYTES = 256 << 10
"""Of the lines that are kept."""
SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class PublishedLog:
    """What a log says."""

    path: Path
    sha256: str
    modified: float
    """Unix seconds."""
    header: Header
    rounds: tuple[Round, ...]
    """Those that measured something; at least one."""
    told: bytes
    """What the trainer printed besides bars, from the beginning, as it stands there."""

    @property
    def started(self) -> float:
        """Unix seconds, as the log says it; else as far before the file's last change as its bars count."""
        said = self.header.started or moment_in(self.path.name)
        return said if said is not None else self.modified - sum(each.seconds for each in self.rounds)


def read_published(path: Path) -> PublishedLog:
    """Read all of a log.

    Raises:
        BadLog: it cannot be read, is no such log, or measured nothing; the text names the file, and the line if one
            line is to blame.
    """
    file, reading = LogFile(path), _Reading(path)
    for piece in file.pieces():
        reading.take(piece)
    return PublishedLog(path, file.sha256, file.modified, reading.header, reading.finish(), bytes(reading.told))


class _Reading:
    """Where in the log it is, and what is known so far."""

    def __init__(self, path: Path) -> None:
        self.header = Header()
        self.told = bytearray()
        self._path = path
        self._rounds: list[Round] = []
        self._clock = BarClock()
        self._began = 0
        """The clock when the round began."""
        self._last_loss = (0, b"")
        """With its epoch."""
        self._shown = (b"", b"")
        """The bar that was looked at last: what stands before it, and from its loss on."""
        self._passed_over = b""
        self._line = 0

    def take(self, piece: Piece) -> None:
        self._line, text, _ = piece
        if b"%|" in text:
            now = text[: text.find(b":")], text[text.find(b"loss=") :]
            if now == self._shown:  # nine in ten: the same bar, a step further, with the same loss
                self._passed_over = text
                return
            self._catch_up()
            bar = bar_in(text)
            if bar is not None:
                self._shown = now
                self._take_bar(bar)
                return
        self._catch_up()
        if len(piece.text) <= LONGEST_LINE_BYTES:
            self._take_line(piece)

    def _catch_up(self) -> None:
        """Look at the last of the bars that were passed over: it tells how much time went by."""
        bar = bar_in(self._passed_over) if self._passed_over else None
        if bar is not None:
            self._clock.see(bar)
        self._passed_over = b""

    def _take_bar(self, bar: Bar) -> None:
        self._clock.see(bar)
        found = EPOCH_BAR.search(bar.what)
        if found is None or not self._rounds:
            return
        epoch, this = int(found[1]), self._rounds[-1]
        this.steps_per_epoch, this.epochs_asked = bar.total, int(found[2])
        if bar.loss and (epoch, bar.loss) != self._last_loss and NUMBER.fullmatch(bar.loss):
            self._last_loss = epoch, bar.loss
            this.steps.add((epoch - 1) * bar.total + max(1, bar.done), self._since(), float(bar.loss))

    def _since(self) -> float:
        return float(self._clock.seconds - self._began)

    def _take_line(self, piece: Piece) -> None:
        text = ESCAPE.sub(b"", piece.text) if b"\x1b" in piece.text else piece.text
        if not text.strip():
            return
        if len(self.told) + len(text) < MOST_TOLD_BYTES:
            self.told += text + b"\n"
        names = tuple(word.decode(errors="replace") for word in text.split())
        if names[: len(COLUMNS)] == COLUMNS:
            self._begin(names)
        elif self._rounds and LINE.match(text):
            self._take_epoch(text, is_whole=piece.is_whole)
        elif self._rounds and any(ending in text for ending in ENDINGS):
            self._rounds[-1].is_complete = True
        elif not self._rounds:
            self.header.take(text.decode(errors="replace"))

    def _begin(self, columns: tuple[str, ...]) -> None:
        self._close()
        if len(self._rounds) >= MOST_ROUNDS:
            raise BadLog(f"{self._path}, line {self._line}: more than {MOST_ROUNDS:,} tables are no log of a trainer.")
        self._rounds.append(Round(len(self._rounds) + 1, self._line, columns))
        self._began, self._last_loss = self._clock.seconds, (0, b"")

    def _close(self) -> None:
        if self._rounds:
            self._rounds[-1].seconds = self._since()

    def _take_epoch(self, text: bytes, *, is_whole: bool) -> None:
        this = self._rounds[-1]
        cells = PARTS.sub(b"", text).split()
        wanted = [name for name in this.columns if name in COLUMNS or name in SCORES]
        numbers = [cell for cell in cells[: len(wanted)] if NUMBER.fullmatch(cell)]
        if not is_whole and (len(numbers) < len(COLUMNS) or WHOLE_NUMBER.fullmatch(cells[-1]) is None):
            this.is_cut = True
            return
        if len(numbers) < max(len(COLUMNS), min(len(cells), len(wanted))):
            if b"\t" in text:
                raise self._wrong(text, f"expected numbers under {', '.join(wanted)}")
            return  # a sentence that begins with a number
        values = dict(zip(wanted, map(_number, numbers), strict=False))
        number = int(values["Epoch"] or 0)
        if number <= (this.epochs[-1].number if this.epochs else 0) or number > MOST_EPOCHS:
            last = f"after epoch {this.epochs[-1].number}" if this.epochs else "of the table"
            raise self._wrong(text, f"expected the next epoch {last}")
        scores: dict[str, dict[str, float | None]] = {}
        for name, (split, metric) in SCORES.items():
            value = values.get(name)
            if value is not None and not -1 <= value <= 1:
                raise self._wrong(text, f"expected {name} from -1 to 1")
            if name in values:
                scores.setdefault(split, {})[metric] = value
        this.epochs.append(Epoch(number, values["Train_Loss"], scores, self._since()))

    def _wrong(self, text: bytes, expected: str) -> BadLog:
        shown = plain(text.decode(errors="replace").strip(), SHOWN_CHARACTERS)
        return BadLog(f"{self._path}, line {self._line}: “{shown}” is no line of the table: {expected}.")

    def finish(self) -> tuple[Round, ...]:
        """Raises as `read_published`."""
        self._catch_up()
        self._close()
        if not self._rounds:
            raise BadLog(
                f"{self._path}: is no log of the published trainer: none of its {self._line:,} lines begins with "
                f"{EXPECTED}, separated by tabs."
            )
        measured = tuple(each for each in self._rounds if each.best is not None)
        if not measured:
            found = "no epoch has a test SRCC" if any(each.epochs for each in self._rounds) else "no epoch follows"
            raise BadLog(f"{self._path}, line {self._rounds[0].line}: the table begins here, but {found}.")
        return measured


def _number(text: bytes) -> float | None:
    """None if it is not finite."""
    number = float(text)
    return number if math.isfinite(number) else None
