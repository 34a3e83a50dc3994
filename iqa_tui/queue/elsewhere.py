"""Taking over a run whose newest attempt is on another host: only if a user says that this host is gone."""

from __future__ import annotations

from dataclasses import dataclass

from iqa_tui.devices.survey import Surveyor
from iqa_tui.errors import LaunchError, cannot_be_written
from iqa_tui.processes.start import trainer_variables
from iqa_tui.queue.attempts import host_elsewhere, queue_again
from iqa_tui.queue.beginning import beginning_words
from iqa_tui.queue.dispatching import ensure_dispatcher
from iqa_tui.settings.read_only import order
from iqa_tui.slurm.submit import is_slurm
from iqa_tui.trust.ownership import is_ours
from iqa_tui.trust.signature import sign_run
from iqa_tui.words.people import owner_name
from iqa_tui.words.states import refusal, status_words
from training.runfolder.beat import beat_ns
from training.runfolder.errors import RunFolderError
from training.runfolder.layout import RunFolder
from training.runfolder.lock import is_held
from training.runfolder.phase import Phase, Status
from training.runfolder.read import read_spec
from training.runfolder.spec import Spec
from training.runfolder.status import run_status
from training.runfolder.text import plain


@dataclass(frozen=True, slots=True)
class Takeover:
    """A run that may be taken over, and what its owner should know before."""

    run: RunFolder
    spec: Spec
    status: Status
    host: str
    """Of its newest attempt."""
    beat_ns: int | None = None
    """The time stamp of its last sign of life when we looked; None if there was none."""

    @property
    def lines(self) -> list[str]:
        """What is known of the other host, and what two writers would do to the run."""
        begins = beginning_words(self.run, self.spec)
        lines = [f"{self.run.run_id}: {status_words(self.status)}; it would go on here, {begins}"]
        if self.status.phase.can_be_retried:
            return [*lines, f"  It has ended on {self.host}, so nothing there writes in its folder any more."]
        lines += [
            f"  If {self.host} still works on it, two trainers would write in one folder: the checkpoint of one",
            "  replaces that of the other, and events, scores and the result come from both. Such a result is worth",
            "  nothing.",
        ]
        if self.spec.trainer == "command":
            return [
                *lines,
                "  Its trainer is an external program, which looks at no owner.json: if its supervisor on",
                f"  {self.host} is dead, nothing stops it. It also goes on to write under the folder's old name after",
                "  the folder was moved.",
            ]
        return [
            *lines,
            f"  The trainer on {self.host} exits within seconds after the new owner.json is written, if it sees this",
            "  folder at all: with its network cut off it goes on, and exits when it sees the folder again.",
        ]


def takeover_of(run: RunFolder) -> Takeover:
    """What taking this run over would mean. Changes nothing.

    Raises:
        LaunchError: it is this host's own, another user's, queued, finished or unreadable, or certainly alive.
    """
    if not is_ours(run):
        raise LaunchError(f"{run.run_id} belongs to {owner_name(run.path)}, who alone can take it over.")
    if is_slurm(run):
        raise LaunchError(f"{run.run_id} is Slurm's. `iqa-tui retry {run.run_id}` tries it again once it ended.")
    status = run_status(run)
    if status.phase in (Phase.FINISHED, Phase.UNREADABLE, Phase.QUEUED):
        raise LaunchError(refusal(run, status, "there is nothing to take over from another host"))
    host = _host(run, status)
    if not host:
        raise LaunchError(
            f"{run.run_id} is this host's own. `iqa-tui retry {run.run_id}` tries it again once it ended."
        )
    if is_held(run.alive_lock):
        raise LaunchError(
            f"{run.run_id}: a living process holds its lock, so {host} is not gone. "
            f"`iqa-tui stop {run.run_id}` ends it."
        )
    try:
        return Takeover(run, read_spec(run), status, host, _beat_ns(run, status.attempt))
    except RunFolderError as error:
        raise LaunchError(str(error)) from error


def refuse_living(takeover: Takeover) -> None:
    """For after the question, which takes a user some seconds: a host that gave a sign of life meanwhile is not gone.

    Raises:
        LaunchError: it did.
    """
    if _beat_ns(takeover.run, takeover.status.attempt) != takeover.beat_ns:
        run_id = takeover.run.run_id
        raise LaunchError(
            f"{run_id} gave a sign of life on {takeover.host} while you were asked, so that host is not gone. "
            f"`iqa-tui stop {run_id}` ends it there; `retry --from-elsewhere --yes` takes it over all the same."
        )


def _beat_ns(run: RunFolder, attempt: int) -> int | None:
    return beat_ns(run.attempt(attempt)) if attempt else None


def _host(run: RunFolder, status: Status) -> str:
    """Also of a run on which another host of this name may work: the user knows whether there is one."""
    try:
        host = host_elsewhere(run)
    except RunFolderError as error:
        raise LaunchError(str(error)) from error
    return plain(host) or ("the other host of this name" if status.is_unsure else "")


@order("takes no run over")
def take_over(takeover: Takeover) -> str:
    """Queue the next attempt here, and sign the run anew as one that was queued on this host.

    Its supervisor writes `owner.json` when it starts, and waits then until an old writer must have seen it.

    Returns:
        What was done, in words.

    Raises:
        LaunchError: its folder cannot be written, or there is no folder for this user's key.
    """
    run, spec = takeover.run, takeover.spec
    says_kind = spec.devices is not None or spec.device_kind
    kind = "" if says_kind else Surveyor(honour_mask=False).survey().default_kind
    try:
        sign_run(run, variables=trainer_variables(), origin=f"taken over from {takeover.host}", device_kind=kind)
        queue_again(run, f"taken over from {takeover.host}; {status_words(takeover.status)}")
        ensure_dispatcher(run.runs_dir)
    except OSError as error:
        raise cannot_be_written(run.attempts_dir, error) from error
    return f"{run.run_id} is taken over from {takeover.host} and queued here."
