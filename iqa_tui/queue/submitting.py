"""Runs of Slurm that wait for a job, and jobs that were to stop: any command of their owner sees to them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence

from iqa_tui.errors import LaunchError
from iqa_tui.slurm.answers import last_answers
from iqa_tui.slurm.ask import (
    FOLDER_VARIABLE,
    SlurmError,
    SlurmRefused,
    SlurmSilent,
    folder_of_programs,
    has_slurm,
)
from iqa_tui.slurm.look import is_due
from iqa_tui.slurm.node import OF_ORDERS
from iqa_tui.slurm.orders import cancel_if_overdue
from iqa_tui.slurm.submit import submit
from training.runfolder.errors import RunFolderError
from training.runfolder.layout import RunFolder
from training.runfolder.spec import Spec

MOST_AT_ONCE = 200
"""Submitted by a command that is about something else; each takes Slurm some hundredths of a second."""


def passed(spec: Spec, variables: Mapping[str, str]) -> dict[str, str]:
    """Of the launching shell's variables those that the plan names; a job gets the others from its node.

    Those by which an order finds the same Slurm and the same keys later are kept as well, and do not reach the trainer.
    """
    if programs := folder_of_programs():
        variables = {**variables, FOLDER_VARIABLE: programs}
    return {name: variables[name] for name in (*spec.slurm.get("pass", []), *OF_ORDERS) if name in variables}


def submit_new(runs: Sequence[RunFolder]) -> None:
    """Submit runs that have just been queued, in this order.

    Raises:
        LaunchError: no run was submitted, or Slurm stopped answering; all of them stay queued.
    """
    submitted = 0
    refused: SlurmRefused | None = None
    for run in runs:
        try:
            submit(run, is_new=True)
            submitted += 1
        except SlurmRefused as refusal:  # such as for a limit of how many may wait: the next run may be another matter
            refused = refused or refusal
        except (SlurmError, RunFolderError, OSError) as error:
            raise LaunchError(
                f"{error}. {submitted} of {len(runs)} runs are submitted. All are queued: any iqa-tui command submits "
                "the others once it can."
            ) from error
    if refused is not None and not submitted:
        raise LaunchError(f"{refused}. The runs stay queued: `iqa-tui stop` takes them back.") from None


class _Seeing:
    lock = threading.Lock()
    thread: threading.Thread | None = None


def see_to_in_a_thread(unsubmitted: Sequence[RunFolder], asked_to_stop: Sequence[RunFolder]) -> None:
    """As `see_to`, in a thread of its own: a silent Slurm is waited for by no thread that has other work.

    While one thread sees to runs, no other is started.
    """
    with _Seeing.lock:
        if _Seeing.thread is not None and _Seeing.thread.is_alive():
            return
        thread = threading.Thread(target=see_to, args=(unsubmitted, asked_to_stop), name="submits", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads may be started
            return
        _Seeing.thread = thread


def see_to(unsubmitted: Iterable[RunFolder], asked_to_stop: Iterable[RunFolder]) -> list[str]:
    """Submit what waits for a job, and cancel what was to stop and did not. Never raises.

    Returns:
        What was done, in words.
    """
    done: list[str] = []
    if not has_slurm() or (last_answers().failures and not is_due(last_answers(), time.time())):
        return done
    try:
        done += [words for run in asked_to_stop if (words := cancel_if_overdue(run))]
        for run in list(unsubmitted)[:MOST_AT_ONCE]:
            try:
                words = submit(run)
            except SlurmSilent:
                break
            except (LaunchError, RunFolderError, OSError):  # its row says why
                continue
            done += [words] if words else []
    except (SlurmError, RunFolderError, OSError):
        pass
    return done
