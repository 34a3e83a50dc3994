"""What a paper is made of, measured quickly: few images, few resamples."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.results.intervals.resampling import Resampling
from iqa_tui.results.paper.content import Content, content_of
from iqa_tui.results.table import read_entries, recorded_plan
from tests.fakes.ablation import make_ablation

QUICK = Resampling(resamples=200)
GROUP = "koniq-losses"


def made_content(runs_dir: Path, *, images: int = 120, **changes: object) -> Content:
    """Of the fake ablation: five losses, three seeds.

    Args:
        changes: of `make_ablation`.
    """
    make_ablation(runs_dir, images=images, **changes)
    return read_content(runs_dir)


def read_content(runs_dir: Path, group: str = GROUP) -> Content:
    """Of runs that are there."""
    entries = read_entries(runs_dir, group)
    return content_of(entries, group, recorded_plan(entries), QUICK)


EVIL = '<script>alert(1)</script> & "x" \\input{/etc/passwd} $\\frac % #1 _a_ ^2 ~ | `sh` \x1b[31m \u202e 画'
"""A label that each of the formats would obey if it were let through."""
