"""The scores that an interrupted command left in its output file, so that the next one goes on after them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.errors import BadUsage
from training.predicting.lines import CSV_HEADER
from training.runfolder.write import write_atomic

TOLERANCE = 0.02
"""How far a kept score may be from the same image's new one, in parts of the score (at least of 1): another precision
or device gives other last digits, another network another score."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What an output file holds."""

    content: bytes
    """Its whole lines with a score; lines with an error are left out, since their images are tried again."""
    scores: dict[str, float]
    """Image to score."""

    def is_of(self, image: str, score: float) -> bool:
        """Whether the same network may have given this image its score in the file."""
        kept = self.scores[image]
        return abs(kept - score) <= TOLERANCE * max(1.0, abs(kept))


def read_kept(path: Path, form: str) -> Kept:
    """What `path` holds; nothing if it is not there.

    Args:
        path: of an output file. Its last line may be torn.
        form: csv or jsonl.

    Raises:
        BadUsage: it holds something else; the text names the line.
        OSError: it cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        content = b""
    whole = content[: content.rfind(b"\n") + 1].decode(errors="surrogateescape")
    while form == "csv" and whole.count('"') % 2:  # torn within the name of an image that holds a line end
        whole = whole[: whole.rfind("\n", 0, -1) + 1]
    lines, scores = [], {}
    for line, image, score in (_csv_rows if form == "csv" else _json_rows)(path, whole):
        lines.append(line)
        if image is not None:
            scores[image] = score
    return Kept("".join(lines).encode(errors="surrogateescape"), scores)


def rewrite(path: Path, kept: Kept) -> None:
    """Leave nothing but what is kept in the file.

    Raises:
        OSError: it cannot be written; the old file stands.
    """
    if path.exists():
        write_atomic(path, kept.content)


Row = tuple[str, str | None, float]
"""A line to keep, and the image and score that it holds; no image: a header."""


def _csv_rows(path: Path, text: str) -> Iterator[Row]:
    rows = csv.reader(io.StringIO(text, newline=""))
    for row in rows:
        if rows.line_num == 1 and row == CSV_HEADER:
            yield _csv_line(row), None, 0.0
            continue
        if rows.line_num == 1 or len(row) != len(CSV_HEADER) or bool(row[1]) == bool(row[2]):
            raise _other(path, rows.line_num, "csv")
        image, score, _ = row
        if not score:
            continue
        try:
            yield _csv_line(row), image, float(score)
        except ValueError:
            raise _other(path, rows.line_num, "csv") from None


def _csv_line(row: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(row)
    return line.getvalue()


def _json_rows(path: Path, text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n")[:-1], 1):
        try:
            record = json.loads(line)
            if "error" not in record:
                yield f"{line}\n", str(record["image"]), float(record["score"])
        except (ValueError, KeyError, TypeError):
            raise _other(path, number, "jsonl") from None


def _other(path: Path, line: int, form: str) -> BadUsage:
    return BadUsage(
        f"--resume: line {line} of {path} is none that this program writes as {form}; the file is left as it is, give "
        "another --output"
    )
