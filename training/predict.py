"""`python -m training.predict RUN|CHECKPOINT IMAGE…`: score images with a trained network. In Python:

    from training.predict import load
    model = load("runs/RUN")
    scores = model.score(["a.png", "b.jpg"])  # a list of floats; `model.predictions` is an iterator

Exit codes: 0 all scored, 1 some images could not be scored (the others are), 2 flags refused, 4 the network, the device
or the output file cannot be used, 130 interrupted, 141 nothing reads the output any more.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from training.errors import BadCheckpoint, BadData, BadUsage, TrainingError
from training.flag_values import positive
from training.flags import DEVICES, PRECISIONS, Parser
from training.predicting.images import STANDARD_INPUT, Asked, Failure, asked_images, is_known_in_advance
from training.predicting.kept import Kept, read_kept, rewrite
from training.predicting.lines import Csv, Json, JsonLines, Text, Writer
from training.predicting.progress import Progress
from training.process.output import let_go_of_output
from training.runfolder.text import plain, plain_lines, speak_leniently

if TYPE_CHECKING:
    from training.predicting.model import Model

SOME_FAILED = 1
INTERRUPTED, BROKEN_PIPE = 130, 141
"""As a shell says it of a program that SIGINT or SIGPIPE ended."""
FORMATS = ("text", "csv", "jsonl", "json")
RESUMABLE = ("csv", "jsonl")


def load(
    network: str | Path,
    *,
    device: str = "auto",
    precision: str | None = None,
    batch_size: int | None = None,
    test_patch_num: int | None = None,
) -> Model:
    """A trained network that scores image files: `load("runs/RUN").score(["a.png"])`. Writes no file.

    Args:
        network: a run's folder, its best.pt or best.safetensors, or a published checkpoint (.pkl, .pt, .safetensors).
        device: auto, cpu or cuda.
        precision: auto, fp32, tf32 or bf16; None: as the run was tested.
        batch_size: crops that go through the network at once; None: what suits the device.
        test_patch_num: crops of an image, whose mean is its score; None: as the run was tested.

    Raises:
        BadCheckpoint: there is no such file, or it was written by another version of this program.
        NoWeights: damaged, a checkpoint for a resume, or tensors of an unknown network.
        NoDevice: the device or the precision is not to be had.
    """
    from training.predicting.model import Model  # noqa: PLC0415 - torch takes seconds, and flags are checked without it
    from training.run.scorer import Wish, open_scorer  # noqa: PLC0415 - as above

    return Model(open_scorer(Path(network), Wish(test_patch_num, device, precision, batch_size)))


def main(argv: list[str] | None = None) -> int:
    speak_leniently()
    asked = _read_flags(argv)
    try:
        code = _predict(asked)
        sys.stdout.flush()
    except TrainingError as error:
        print(f"error: {plain_lines(str(error))}", file=sys.stderr)
        code = BadData.exit_code if isinstance(error, BadCheckpoint) else error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = INTERRUPTED
    except BrokenPipeError:  # `| head` has read enough
        code = BROKEN_PIPE
    except OSError as error:  # of the output; images that cannot be read are failures
        print(f"error: {plain(asked.output or 'standard output')}: {error.strerror or error}", file=sys.stderr)
        code = BadData.exit_code
    let_go_of_output()
    return code


def _predict(asked: argparse.Namespace) -> int:
    kept = _earlier(asked)
    model = load(
        asked.network,
        device=asked.device,
        precision=asked.precision,
        batch_size=asked.batch_size,
        test_patch_num=asked.test_patch_num,
    )
    if kept.scores:
        refuse_another_network(asked.output, kept, model)
    images: Iterable[Asked] = asked_images(asked.images, is_recursive=asked.recursive, lines=_lines_of_input())
    images = (image for image in images if not (isinstance(image, str) and image in kept.scores))
    total = None
    if is_known_in_advance(asked.images):
        images = list(images)
        total = len(images)
    if kept.scores:
        print(f"# {len(kept.scores):,} images have their score in {plain(asked.output)} already", file=sys.stderr)
    with _output(asked, kept) as file:
        return write_all(model, images, _writer(asked, file, kept), Progress(total, is_shown=_shows_progress(asked)))


def write_all(model: Model, images: Iterable[Asked], writer: Writer, progress: Progress) -> int:
    """Score images and write each result as it comes; the exit code."""
    notes = sys.stdout if isinstance(writer, Text) else sys.stderr
    if model.scorer.note and not isinstance(writer, Json):
        print(f"# {model.scorer.note}", file=notes, flush=True)
    writer.begin(model)
    failed = 0
    transparent: list[str] = []
    try:
        for result in model.predictions(images):
            progress.clear()
            writer.add(result)
            if isinstance(result, Failure):
                failed += 1
                print(f"error: {plain(result.error)}", file=sys.stderr)
            elif result.was_transparent:
                transparent.append(result.image)
            progress.count()
    finally:
        progress.clear()
    writer.end()
    if transparent and not isinstance(writer, Json):
        print(f"# {_transparency_note(transparent)}", file=notes)
    return SOME_FAILED if failed else 0


def _transparency_note(images: list[str]) -> str:
    others = f" and {len(images) - 1:,} others" if len(images) > 1 else ""
    return f"transparent pixels are shown on white: {plain(images[0])}{others}"


def _shows_progress(asked: argparse.Namespace) -> bool:
    """Scores that appear on the terminal are progress enough."""
    return sys.stderr.isatty() and (asked.output is not None or not sys.stdout.isatty())


def _earlier(asked: argparse.Namespace) -> Kept:
    """The scores of an interrupted command.

    Raises:
        BadUsage: the output file must not be written, or is none of these formats.
    """
    if asked.output is None:
        return Kept(b"", {})
    path = Path(asked.output)
    if asked.resume:
        return read_kept(path, asked.format)
    if path.is_file() and path.stat().st_size:
        raise BadUsage(f"--output {path}: the file exists; --resume adds the images that it lacks, or delete it")
    return Kept(b"", {})


def refuse_another_network(output: str, kept: Kept, model: Model) -> None:
    """Score one image of the file again.

    Raises:
        BadUsage: it gets another score, so the file would hold scores of two networks.
    """
    for result in model.predictions(iter(kept.scores)):
        if isinstance(result, Failure):
            continue  # it is gone since; the next one tells as well
        if not kept.is_of(result.image, result.score):
            raise BadUsage(
                f"--resume: {result.image} has the score {kept.scores[result.image]:g} in {output} and "
                f"{result.score:g} from this network: it was another network, or had other flags"
            )
        return


@contextlib.contextmanager
def _output(asked: argparse.Namespace, kept: Kept) -> Iterator[TextIO]:
    if asked.output is None:
        yield sys.stdout
        return
    path = Path(asked.output)
    if asked.resume:
        rewrite(path, kept)
    with path.open("a", encoding="utf-8", errors="surrogateescape", newline="") as file:
        yield file


def _writer(asked: argparse.Namespace, file: TextIO, kept: Kept) -> Writer:
    match asked.format:
        case "csv":
            return Csv(file, has_header=bool(kept.content))
        case "jsonl":
            return JsonLines(file)
        case "json":
            return Json(file, str(asked.network))
    return Text(file)


def _lines_of_input() -> Iterator[bytes]:
    yield from sys.stdin.buffer


def _read_flags(argv: list[str] | None) -> argparse.Namespace:
    parser = _parser()
    asked = parser.parse_args(argv)
    if asked.format is None:
        ending = Path(asked.output or "").suffix.lstrip(".").lower()
        asked.format = ending if ending in FORMATS else "text"
    if asked.resume and (asked.output is None or asked.format not in RESUMABLE):
        parser.error("--resume goes on with an --output file of --format csv or jsonl")
    return asked


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
    parser.add_argument(
        "images",
        nargs="+",
        metavar="IMAGE",
        help=f"files, folders, patterns such as 'photos/**/*.png', or {STANDARD_INPUT} for a list of paths on "
        "standard input, one a line",
    )
    parser.add_argument("--recursive", action="store_true", help="look into the folders of a folder too")
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help="text, csv and jsonl are written image by image, json at the end; otherwise as the ending of --output "
        "says, or text",
    )
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")
    parser.add_argument("--output", metavar="FILE", help="write there instead of standard output")
    parser.add_argument(
        "--resume", action="store_true", help="keep the scores in FILE (csv, jsonl) and score the other images"
    )
    parser.add_argument(
        "--device", choices=DEVICES, default="auto", help="auto: a GPU if torch can use one (default: %(default)s)"
    )
    parser.add_argument("--precision", choices=PRECISIONS, help="otherwise as the run was tested")
    parser.add_argument(
        "--batch_size", type=positive, help="crops, of one image or several, that go through the network at once"
    )
    parser.add_argument(
        "--test_patch_num",
        type=positive,
        help="crops of an image, whose mean is its score; otherwise as the run was tested",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
