"""`python -m training FLAGS`: train one network on one data set, test it, and write a run folder.

Exit codes: 0 finished, 1 failed, 2 flags refused, 4 no device, weights or data, 75 stopped and resumable.
"""

from __future__ import annotations

import json
import os
import sys
import traceback

from training.attempt import Attempt, StopSignal, begin, end_by_hand, exit_code, is_gpu_out_of_memory, output_kept
from training.config import TrainConfig, parse
from training.errors import Stopped, TrainingError

SPIN_COUNT = "10000"
"""How long an idle thread of libgomp spins before it sleeps. Its default of 300,000 makes a run on busy cores many
times slower, because spinning threads take time from those that work; this costs 5% on idle ones (measured)."""


def main(argv: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if argv is None else argv
    config = parse(arguments)
    if config.check:
        print(json.dumps(config.as_dict()))
        return 0
    should_stop = StopSignal()
    try:
        attempt = begin(config, arguments, should_stop)
    except (TrainingError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return exit_code(error)
    with output_kept(attempt):
        return _train(config, attempt)


def _train(config: TrainConfig, attempt: Attempt) -> int:
    error: BaseException | None = None
    words = ""
    try:
        os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)  # read when torch is loaded
        from training.run import run  # noqa: PLC0415 - torch takes seconds, and flags are checked without it

        run(config, attempt)
    except (Exception, KeyboardInterrupt) as caught:  # noqa: BLE001 - whatever ends a run is told in its last line
        error, words = caught, _cause(caught)
        if not isinstance(caught, TrainingError | KeyboardInterrupt):
            traceback.print_exc()
        print(words if isinstance(caught, Stopped) else f"error: {words}", file=sys.stderr, flush=True)
    if attempt.by_hand:
        end_by_hand(attempt, error, words)
    return exit_code(error)


def _cause(error: BaseException) -> str:
    """One line for people."""
    if isinstance(error, TrainingError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
    if is_gpu_out_of_memory(error):
        return f"{first_line} Use a smaller --batch_size."
    return f"{type(error).__name__}: {first_line}"


if __name__ == "__main__":
    sys.exit(main())
