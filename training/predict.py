"""`python -m training.predict RUN|CHECKPOINT IMAGE…`: score single images with a trained network.

Exit codes: 0 all scored, 1 no such network, 2 flags refused, 4 an image (the others are scored), the weights or the
device cannot be used, 130 interrupted, 141 nothing reads the output any more.
"""

from __future__ import annotations

import argparse
import json
import reprlib
import stat
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from training.errors import BadData, TrainingError
from training.flag_values import positive
from training.flags import DEVICES, PRECISIONS, Parser
from training.process.output import let_go_of_output
from training.runfolder.text import plain, plain_lines, speak_leniently

if TYPE_CHECKING:
    from training.run.scorer import Prediction, Scorer


INTERRUPTED, BROKEN_PIPE = 130, 141
"""As a shell says it of a program that SIGINT or SIGPIPE ended."""


def main(argv: list[str] | None = None) -> int:
    speak_leniently()
    asked = _parser().parse_args(argv)
    try:
        code = _score(asked)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = INTERRUPTED
    except BrokenPipeError:  # `| head` has read enough
        code = BROKEN_PIPE
    let_go_of_output()
    return code


def _score(asked: argparse.Namespace) -> int:
    from training.run.scorer import Wish, open_scorer  # noqa: PLC0415 - torch takes seconds, and flags are checked without it

    try:
        wish = Wish(asked.test_patch_num, asked.device, asked.precision, asked.batch_size)
        scorer = open_scorer(asked.network, wish)
    except TrainingError as error:
        print(f"error: {plain_lines(str(error))}", file=sys.stderr)
        return error.exit_code
    predictions, errors = score_all(scorer, asked.images)
    if asked.json:
        print(as_json(asked.network, scorer, predictions, errors))
    elif predictions:
        print(as_table(scorer, predictions))
    for reason in errors.values():
        print(f"error: {plain(reason)}", file=sys.stderr)
    return BadData.exit_code if errors else 0


def score_all(scorer: Scorer, images: list[str]) -> tuple[list[Prediction], dict[str, str]]:
    """Every image that can be scored, and why the others cannot: one bad file among thousands costs no score."""
    predictions, errors = [], {}
    for image in images:
        try:
            predictions.append(scorer.score(_file(image)))
        except BadData as error:
            errors[image] = str(error)
    return predictions, errors


def _file(image: str) -> Path:
    if "://" in image:
        raise BadData(f"{image}: is a web address; download the image and give its file")
    path = Path(image)
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise BadData(f"{image}: no such image") from None
    except (OSError, ValueError) as error:  # a name that is too long, or holds a NUL
        reason = error.strerror if isinstance(error, OSError) else error
        raise BadData(f"{reprlib.repr(image)}: {reason}") from None
    if stat.S_ISDIR(mode):
        raise BadData(f"{image}: is a folder; give its images, for example {path / '*.jpg'}")
    if not stat.S_ISREG(mode):  # opening a pipe would wait for its writer
        raise BadData(f"{image}: is no regular file; give an image file")
    return path


def _parser() -> Parser:
    parser = Parser(
        prog="python -m training.predict",
        description="Score images with a trained network; higher is better.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "network",
        type=Path,
        metavar="RUN|CHECKPOINT",
        help="a run's folder, its best.pt or best.safetensors, or a published checkpoint (.pkl, .pt, .safetensors)",
    )
    parser.add_argument("images", nargs="+", metavar="IMAGE")
    parser.add_argument(
        "--device", choices=DEVICES, default="auto", help="auto: a GPU if torch can use one (default: %(default)s)"
    )
    parser.add_argument("--precision", choices=PRECISIONS, help="otherwise as the run was tested")
    parser.add_argument("--batch_size", type=positive, help="crops that go through the network at once")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument(
        "--test_patch_num",
        type=positive,
        help="crops of an image, whose mean is its score; otherwise as the run was tested",
    )
    return parser


def as_table(scorer: Scorer, predictions: list[Prediction]) -> str:
    """A line an image, below a line that names the scale, and one with what a reader must know."""
    low, high = scorer.dataset.mos_range
    scale = f"scale of {scorer.dataset.name}: {low:g} to {high:g}" if scorer.has_scale else "higher is better"
    lines = [f"{prediction.score:10.4f}  {plain(prediction.image)}" for prediction in predictions]
    notes = [f"# {scorer.note}"] if scorer.note else []
    if transparent := [prediction.image for prediction in predictions if prediction.was_transparent]:
        others = f" and {len(transparent) - 1:,} others" if len(transparent) > 1 else ""
        notes.append(f"# transparent pixels are shown on white: {plain(transparent[0])}{others}")
    return "\n".join([*notes, f"{'score':>10}  image ({scale})", *lines])


def as_json(network: Path, scorer: Scorer, predictions: list[Prediction], errors: dict[str, str]) -> str:
    """Everything, full precision; `errors` is image to reason."""
    return json.dumps(
        {
            "network": str(network),
            "dataset": scorer.dataset.name,
            "scale": list(scorer.dataset.mos_range) if scorer.has_scale else None,
            "calibration": None if scorer.calibration is None else scorer.calibration.as_dict(),
            "note": scorer.note,
            "scores": [asdict(prediction) for prediction in predictions],
            "errors": errors,
        },
        indent=2,
    )


if __name__ == "__main__":
    sys.exit(main())
