"""From the folder of runs to a table and its findings, in a thread, told in messages: the table first, at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual.message import Message

from iqa_tui.results.shown import ShownFindings
from iqa_tui.results.table import Table, group_tables, read_entries, recorded_plan, table_of


class TableBuilt(Message, bubble=False):
    """A table was computed from the runs as they are now."""

    def __init__(self, groups: tuple[str, ...], table: Table) -> None:
        super().__init__()
        self.groups = groups
        self.table = table

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, TableBuilt)


class FindingsProgressed(Message, bubble=False):
    """The images of a table are being resampled."""

    def __init__(self, table: Table, share: float) -> None:
        super().__init__()
        self.table = table
        self.share = share
        """That is done, from 0 to 1."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, FindingsProgressed)


class FindingsComputed(Message, bubble=False):
    """What a table shows was worked out."""

    def __init__(self, table: Table, findings: ShownFindings | None, problem: str = "") -> None:
        super().__init__()
        self.table = table
        self.findings = findings
        self.problem = problem
        """Why there are none."""


def build_results(
    runs_dir: Path, group: str | None, post: Callable[[Message], object], should_stop: Callable[[], bool]
) -> None:
    """Read every run's records, then the scores of all images.

    Args:
        group: whose table; None, or one that is gone: that of the newest run.
        post: takes each message; every one names its table, for a newer build may have begun.
        should_stop: asked between the steps.
    """
    groups = tuple(group_tables(runs_dir))
    shown = group if group in groups else next(iter(groups), "")
    entries = read_entries(runs_dir, shown)
    plan = recorded_plan(entries)
    table = table_of(entries, shown, plan)
    if should_stop():
        return
    post(TableBuilt(groups, table))

    from iqa_tui.results.findings.build import findings_of  # noqa: PLC0415  scipy takes half a second
    from iqa_tui.results.findings.for_screen import for_screen  # noqa: PLC0415
    from iqa_tui.results.intervals.cancelling import Cancelled, Observer  # noqa: PLC0415

    def tell(share: float) -> None:
        post(FindingsProgressed(table, share))

    observer = Observer(tell, should_stop)
    try:
        found = FindingsComputed(table, for_screen(findings_of(table, entries, plan, observer=observer), table))
    except Cancelled:
        return
    except Exception as error:  # noqa: BLE001  numbers from files that any trainer wrote: the table must stay
        found = FindingsComputed(table, None, f"{type(error).__name__}: {error}")
    post(found)
