"""What the user should know before a launch that nothing forbids: the last step of both front ends."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from iqa_tui.monitor.listing import ListedRun, read_runs
from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.trainer_code import codes_of, other_code_words
from iqa_tui.plans.flags import group_name
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.settings import other_settings_words
from iqa_tui.plans.trainer_files import trainer_digest_of
from iqa_tui.trust.code_check import code_open_to_others
from training.runfolder.text import plain


def notes_before_launch(request: LaunchRequest, known: Iterable[ListedRun | RunState] | None = None) -> list[str]:
    """Lines on the group that the runs will join, and on code that another user may change. Harmless on a terminal;
    [] if there is nothing to know. Reads files: for a thread.

    Args:
        known: the runs of the folder, if the caller follows them; None: they are read.
    """
    group = group_name(request.plan, request.overrides)
    runs = read_runs(request.runs_dir, group) if known is None else known
    notes = _notes_on_group(request, runs, trainer_digest_of(request.plan, request.cwd))
    open_code = code_open_to_others(request.plan.command, request.cwd or Path.cwd())
    return notes + [plain(f"note: {line}: what these runs execute is as safe as that") for line in open_code]


def _notes_on_group(request: LaunchRequest, known: Iterable[ListedRun | RunState], digest: str) -> list[str]:
    """Lines on other trainer code and other settings in the group that the runs will join. Reads no file.

    Args:
        known: the runs of the folder, of all groups.
        digest: of the trainer now; empty if it is not known.
    """
    group = group_name(request.plan, request.overrides)
    members = [each for each in known if each.group == group]
    made = [(each.spec, each.phase) for each in members if each.spec is not None and not each.is_recorded]
    lines = other_code_words(group, codes_of(members), digest) + other_settings_words(group, request.plan, made)
    return [plain(line) for line in lines]
