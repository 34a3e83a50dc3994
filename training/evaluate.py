"""`python -m training.evaluate RUN|CHECKPOINT --dataset NAME`: test a trained network on a whole data set.

Exit codes: 0 tested, 2 flags refused, 4 the network, the device, the data set or the output file cannot be used,
130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.config import RESIZE, TrainConfig
from training.dataset_flag import DATASETS
from training.errors import BadCheckpoint, BadData, BadUsage, TrainingError
from training.flag_values import positive, resize, scale
from training.flags import DEVICES, PRECISIONS, Parser, parse, refusal
from training.predicting.progress import Progress
from training.process.output import let_go_of_output
from training.runfolder.text import plain, plain_lines, speak_leniently

if TYPE_CHECKING:
    from training.predicting.whole_set import Evaluated

SPLITS = ("test", "val", "train", "all")
SCORES_SUFFIX = ".csv"
INTERRUPTED = 130
ROWS = {"srcc": "SRCC", "plcc": "PLCC", "krcc": "KRCC", "rmse": "RMSE"}
FITTED_ROWS = {"plcc_fitted": "PLCC after a logistic fit", "rmse_fitted": "RMSE after a logistic fit"}


def main(argv: list[str] | None = None) -> int:
    speak_leniently()
    asked, data = _read_flags(argv)
    try:
        _evaluate(asked, data)
        code = 0
    except TrainingError as error:
        print(f"error: {plain_lines(str(error))}", file=sys.stderr)
        code = BadData.exit_code if isinstance(error, BadCheckpoint) else error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = INTERRUPTED
    let_go_of_output()
    return code


def _evaluate(asked: argparse.Namespace, data: TrainConfig) -> None:
    from training.predicting.evaluation_folder import Told, write_evaluation  # noqa: PLC0415 - torch takes seconds
    from training.predicting.whole_set import evaluate_on, open_for  # noqa: PLC0415 - as above
    from training.run.evaluate import write_scores  # noqa: PLC0415 - as above
    from training.run.scorer import Wish, open_scorer  # noqa: PLC0415 - as above

    output = _output(asked)
    began = time.monotonic()
    scorer = open_scorer(asked.network, Wish(asked.test_patch_num, asked.device, asked.precision, asked.batch_size))
    data = as_the_run_read_it(data, scorer.config)
    dataset = open_for(scorer, data, asked.split)
    line = _Line()
    try:
        evaluated = evaluate_on(scorer, dataset, line)
    finally:
        line.clear()
    if output is not None:
        try:
            if output.suffix == SCORES_SUFFIX:
                write_scores(output, replace(evaluated.evaluation, attention=None))
            else:
                told = Told(str(asked.network), asked.split, data, time.monotonic() - began)
                write_evaluation(output, scorer, dataset, evaluated, told)
        except OSError as error:
            raise BadData(f"{output}: {error.strerror or error}") from error
    print((as_json if asked.json else as_table)(asked, evaluated))


def _output(asked: argparse.Namespace) -> Path | None:
    """Where scores are written; None: nowhere.

    Raises:
        BadUsage: something is there.
    """
    if asked.output is None:
        return None
    output = Path(asked.output)
    is_empty_folder = output.is_dir() and not any(output.iterdir()) and output.suffix != SCORES_SUFFIX
    if output.exists() and not is_empty_folder:
        what = "folder is not empty" if output.is_dir() else "file exists"
        raise BadUsage(f"--output {output}: the {what}; delete it, or give another name")
    return output


def as_the_run_read_it(data: TrainConfig, run: TrainConfig) -> TrainConfig:
    """The flags of the data set, completed from those of the run: its split, and of a CSV its scale, if the set is the
    run's own; of any CSV the size of images.
    """
    run = next((each for each in run.of_each_dataset() if each.dataset == data.dataset), run)
    if data.dataset != run.dataset:
        return data
    if data.dataset != "csv":
        return replace(data, split_seed=run.split_seed)
    if data.resize == RESIZE:
        data = replace(data, resize=run.resize)
    if data.data_folder.resolve() != run.data_folder.resolve():
        return data
    lower_is_better = data.lower_is_better or run.lower_is_better
    return replace(data, scale=data.scale or run.scale, lower_is_better=lower_is_better, split_seed=run.split_seed)


class _Line:
    """Progress of one thing after another, at a terminal."""

    def __init__(self) -> None:
        self._unit = ""
        self._progress = Progress(None, is_shown=False)

    def __call__(self, unit: str, done: int, total: int) -> None:
        if unit != self._unit:
            self.clear()
            self._unit = unit
            self._progress = Progress(total, is_shown=sys.stderr.isatty(), unit=unit)
        self._progress.reach(done)

    def clear(self) -> None:
        self._progress.clear()


def as_table(asked: argparse.Namespace, evaluated: Evaluated) -> str:
    """A line a metric, below what a reader must know."""
    evaluation = evaluated.evaluation
    lines = [f"# {plain(note)}" for note in evaluation.notes]
    lines += [
        f"{asked.dataset}, {_split_words(asked)}: {len(evaluation.names):,} images",
        f"{'':<26}{'value':>9}   95% interval",
    ]
    for name, title in (ROWS | FITTED_ROWS).items():
        value, ends = evaluation.metrics[name], evaluated.intervals.get(name)
        shown = "none" if value is None else f"{value:.4f}"
        lines.append(f"{title:<26}{shown:>9}" + ("" if ends is None else f"   {ends[0]:.4f} to {ends[1]:.4f}"))
    return "\n".join([*lines, evaluated.units])


def _split_words(asked: argparse.Namespace) -> str:
    words = "all splits" if asked.split == "all" else f"split {asked.split}"
    return words if asked.limit is None else f"{words}, at most {asked.limit:,} drawn images"


def as_json(asked: argparse.Namespace, evaluated: Evaluated) -> str:
    """Everything but the scores, full precision."""
    evaluation = evaluated.evaluation
    content: dict[str, Any] = {
        "network": str(asked.network),
        "dataset": asked.dataset,
        "split": asked.split,
        "limit": asked.limit,
        "images": len(evaluation.names),
        "metrics": evaluation.metrics,
        "intervals": evaluated.intervals,
        "units": evaluated.units,
        "notes": evaluation.notes,
    }
    return json.dumps(content, indent=2)


def _read_flags(argv: list[str] | None) -> tuple[argparse.Namespace, TrainConfig]:
    """The flags, and those of the data set as the trainer takes them."""
    parser = _parser()
    asked = parser.parse_args(argv)
    data = replace(
        parse([]),
        dataset=asked.dataset,
        data_path=asked.data_path,
        scale=asked.scale,
        lower_is_better=asked.lower_is_better,
        resize=asked.resize or RESIZE,
        limit_test_images=asked.limit,
    )
    if reason := refusal(data):
        parser.error(reason)
    return asked, data


def _parser() -> Parser:
    parser = Parser(
        prog="python -m training.evaluate",
        description="Test a trained network on a whole data set.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "network",
        type=Path,
        metavar="RUN|CHECKPOINT",
        help="a run's folder, its best.pt or best.safetensors, or a published checkpoint (.pkl, .pt, .safetensors)",
    )
    data = parser.add_argument_group("data")
    data.add_argument(
        "--dataset", required=True, choices=DATASETS, metavar="NAME", help=f"one of {', '.join(DATASETS)}"
    )
    data.add_argument(
        "--data_path", help="folder of the data set, or the file for csv; otherwise $IQA_TUI_DATA/NAME or data/NAME"
    )
    data.add_argument("--split", choices=SPLITS, default="test", help="(default: %(default)s)")
    data.add_argument("--limit", type=positive, metavar="N", help="a quick look: only N images, always the same ones")
    data.add_argument(
        "--scale", type=scale, metavar="LOW,HIGH", help="csv: the labels' scale; otherwise as far as labels reach"
    )
    data.add_argument("--lower_is_better", action="store_true", help="csv: a low label means a good image")
    data.add_argument(
        "--resize",
        type=resize,
        metavar="N|none",
        help=f"csv: shrink images to this short side, pixels; otherwise as the run did, or {RESIZE}",
    )
    parser.add_argument(
        "--output",
        metavar="FILE.csv|FOLDER",
        help="a name in .csv: write image, mos, pred of every image there; else a folder with them and what was "
        "measured, which `iqa-tui import FOLDER` puts into a table",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="auto: a GPU if torch can use one")
    parser.add_argument("--precision", choices=PRECISIONS, help="otherwise as the run was tested")
    parser.add_argument("--batch_size", type=positive, help="crops that go through the network at once")
    parser.add_argument(
        "--test_patch_num", type=positive, help="crops of an image, whose mean is its score; otherwise as the run's"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
