"""`python -m training FLAGS`: train one network on one data set, test it, and write a run folder.

Exit codes: 0 finished, 1 failed, 2 flags refused, 4 no device, weights, data or room on disk, 75 stopped and resumable,
76 the run was taken over by another attempt.

By hand `--train_test_num N` trains N seeds one after another, see `training.process.seeds`. Under a supervisor one
process trains one seed.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from dataclasses import replace
from pathlib import Path

from training.config import TrainConfig
from training.errors import CannotWrite, Stopped, TakenOver, TrainingError, exit_code, is_gpu_out_of_memory
from training.facts import facts_of
from training.flags import parse
from training.process.attempt import Attempt, begin, end_by_hand, is_under_launcher
from training.process.output import let_go_of_output, output_kept
from training.process.seeds import repeat
from training.process.stop_signal import StopSignal
from training.runfolder.descriptors import shown_path
from training.runfolder.errors import RunFolderError
from training.runfolder.facts import facts_line
from training.runfolder.layout import RunFolder
from training.runfolder.text import plain_lines, speak_leniently

SPIN_COUNT = "10000"
"""How long an idle thread of libgomp spins before it sleeps. Its default of 300,000 makes a run on busy cores many
times slower, because spinning threads take time from those that work; this costs 5% on idle ones (measured)."""


def main(argv: list[str] | None = None) -> int:
    speak_leniently()
    arguments = sys.argv[1:] if argv is None else argv
    config = parse(arguments)
    try:
        if config.check:
            print(facts_line(facts_of(config)))
            return 0
        if _is_series(config):
            return repeat(config, arguments)
        should_stop = StopSignal()
        attempt = begin(config, arguments, should_stop)
    except OSError as error:
        print(f"error: {plain_lines(_no_place_words(error))}", file=sys.stderr)
        return CannotWrite.exit_code
    except (TrainingError, RunFolderError) as error:
        print(f"error: {plain_lines(str(error))}", file=sys.stderr)
        return exit_code(error)
    with output_kept(attempt):
        code = _train(replace(config, train_test_num=1), attempt)
    let_go_of_output()
    return code


def _is_series(config: TrainConfig) -> bool:
    """Several seeds are asked for by hand. If `--resume` names the folder of one run, that run alone is meant."""
    one_run = config.resume and config.run_folder is not None and RunFolder(Path(config.run_folder)).spec.exists()
    return config.train_test_num > 1 and not is_under_launcher() and not one_run


def _train(config: TrainConfig, attempt: Attempt) -> int:
    error: BaseException | None = None
    words = ""
    try:
        os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)  # read when torch is loaded
        from training.run.story import run  # noqa: PLC0415 - torch takes seconds, and flags are checked without it

        run(config, attempt)
    except (Exception, KeyboardInterrupt) as caught:  # noqa: BLE001 - the last line says what ended the run
        error, words = caught, shown_path(_cause(caught))
        with contextlib.suppress(OSError):  # the output may lie on the disk that is full
            if not isinstance(caught, TrainingError | KeyboardInterrupt):
                traceback.print_exc()
            last_line = words if isinstance(caught, Stopped) else f"error: {words}"
            print(plain_lines(last_line), file=sys.stderr, flush=True)
    if attempt.by_hand and not isinstance(error, TakenOver):
        end_by_hand(attempt, error, words)
    return exit_code(error)


def _no_place_words(error: OSError) -> str:
    """Why there can be no run folder: its disk is full or read-only, or is not this user's."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}cannot be used for a run ({error.strerror or error}). Name another by --runs_dir or --run_folder."


def _cause(error: BaseException) -> str:
    """The cause in one line, for people."""
    if isinstance(error, TrainingError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
    if is_gpu_out_of_memory(error):
        return f"{first_line} Look with `nvidia-smi` for what else uses the GPU."
    return f"{type(error).__name__}: {first_line}"


if __name__ == "__main__":
    sys.exit(main())
