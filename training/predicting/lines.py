"""What is written for each image: a line of text, of CSV or of JSON as soon as it is scored, or one JSON object."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TextIO

from training.predicting.images import Failure
from training.runfolder.text import plain

if TYPE_CHECKING:
    from training.predicting.model import Model, Result

CSV_HEADER = ["image", "score", "error"]


class Text:
    """For people: a header that names the scale, a line an image; errors stand on standard error alone."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def begin(self, model: Model) -> None:
        scale = "higher is better"
        if model.scale is not None:
            low, high = model.scale
            scale = f"scale of {model.dataset}: {low:g} to {high:g}"
        self._say(f"{'score':>10}  image ({scale})")

    def add(self, result: Result) -> None:
        if not isinstance(result, Failure):
            self._say(f"{result.score:10.4f}  {plain(result.image)}")

    def end(self) -> None:
        pass

    def _say(self, line: str) -> None:
        print(line, file=self._file, flush=True)


class Csv:
    """`image,score,error` with every digit of the score; of score and error one is empty."""

    def __init__(self, file: TextIO, *, has_header: bool = False) -> None:
        """
        Args:
            file: written to; names on a terminal are made harmless.
            has_header: rows of an earlier command are in the file already.
        """
        self._file = file
        self._has_header = has_header
        self._rows = csv.writer(file, lineterminator="\n")

    def begin(self, _model: Model) -> None:
        if not self._has_header:
            self._write(CSV_HEADER)

    def add(self, result: Result) -> None:
        if isinstance(result, Failure):
            self._write([result.image, "", result.error])
        else:
            self._write([result.image, repr(result.score), ""])

    def end(self) -> None:
        pass

    def _write(self, row: list[str]) -> None:
        self._rows.writerow([plain(cell) for cell in row] if self._file.isatty() else row)
        self._file.flush()


class JsonLines:
    """One JSON object a line: image, score, attention and was_transparent, or image and error."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def begin(self, _model: Model) -> None:
        pass

    def add(self, result: Result) -> None:
        print(json.dumps(asdict(result)), file=self._file, flush=True)

    def end(self) -> None:
        pass


class Json:
    """One JSON object at the end, with the network, its scale and all scores; `errors` is image to reason."""

    def __init__(self, file: TextIO, network: str) -> None:
        self._file = file
        self._content: dict[str, Any] = {"network": network}
        self._scores: list[dict[str, Any]] = []
        self._errors: dict[str, str] = {}

    def begin(self, model: Model) -> None:
        calibration = model.scorer.calibration
        self._content |= {
            "dataset": model.dataset,
            "scale": None if model.scale is None else list(model.scale),
            "calibration": None if calibration is None else calibration.as_dict(),
            "note": model.scorer.note,
        }

    def add(self, result: Result) -> None:
        if isinstance(result, Failure):
            self._errors[result.image] = result.error
        else:
            self._scores.append(asdict(result))

    def end(self) -> None:
        content = self._content | {"scores": self._scores, "errors": self._errors}
        print(json.dumps(content, indent=2), file=self._file, flush=True)


Writer = Text | Csv | JsonLines | Json
