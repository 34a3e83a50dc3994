"""Submits the runs of a folder that wait for a job: `python -m iqa_tui.queue.submit_next RUNS_DIR`, as a job ends."""

from __future__ import annotations

import sys
from pathlib import Path

from iqa_tui.queue.backlog import Backlog
from iqa_tui.queue.submitting import see_to


def main(argv: list[str]) -> int:
    waiting = Backlog(Path(argv[0]), own_only=True).read()
    for words in see_to([run for run, _ in waiting.unsubmitted], [run for run, _ in waiting.asked_to_stop]):
        print(words)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
