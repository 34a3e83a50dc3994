"""Facts under headings, in lines."""

from __future__ import annotations

import pytest

from iqa_tui.monitor.run_facts import Fact, Section
from iqa_tui.panels.facts import fact_lines
from iqa_tui.widgets.canvas import line_width

SECTIONS = [
    Section("Run", (Fact("state", ("finished",)), Fact("id", ("2026-11-23_17-05-01_koniq-10k_swin-base_l2_s42",)))),
    Section("Warnings", (Fact("", ("損失関数が発散しました " * 4,), "warning"),)),
]


def text(width: int, **options: object) -> list[str]:
    return ["".join(span for span, _ in line) for line in fact_lines(SECTIONS, width, **options)]  # type: ignore[arg-type]


def test_a_long_value_goes_on_below_itself() -> None:
    lines = text(30)
    assert lines[:2] == ["Run", "state finished"]
    value = "".join(line[6:] for line in lines[2:4])
    assert value.replace(" ", "") == "2026-11-23_17-05-01_koniq-10k_swin-base_l2_s42"
    assert lines[lines.index("Warnings") - 1] == ""


@pytest.mark.parametrize("width", [12, 20, 33, 80, 200])
def test_no_line_is_wider_than_the_panel(width: int) -> None:
    assert all(line_width(line) <= max(width, 22) for line in fact_lines(SECTIONS, width))


def test_two_runs_stand_beside_each_other_under_their_names() -> None:
    sections = [Section("Settings", (Fact("lr", ("1e-5", "5e-6")), Fact("loss_type", ("l2", "srcc"))))]
    lines = ["".join(span for span, _ in line) for line in fact_lines(sections, 42, ("F2 L2", "F3 SRCC"))]
    columns = {line.index(word) for line, word in zip((lines[0], *lines[3:]), ("F3 SRCC", "5e-6", "srcc"), strict=True)}
    assert len(columns) == 1
