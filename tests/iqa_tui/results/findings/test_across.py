"""One group of runs against another one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.results.findings.across import Side, across_groups
from iqa_tui.results.findings.as_json import content
from iqa_tui.results.findings.as_text import markdown_text, plain_text
from iqa_tui.results.findings.build import findings_of
from iqa_tui.results.findings.values import Across, Findings
from iqa_tui.results.intervals.resampling import Resampling
from iqa_tui.results.table import read_entries, table_of
from tests.fakes.ablation import LOSSES, make_ablation

FEW = Resampling(resamples=2_000)
GROUP = "koniq-losses"


def side(folder: Path, rows: dict[str, Sequence[float]], **changes: object) -> Side:
    make_ablation(folder, rows, images=120, **changes)
    entries = read_entries(folder, GROUP)
    return table_of(entries, GROUP, None), entries


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> tuple[Side, Side]:
    """F1 is the same in both, F2 gains a lot in the first, F3 and F4 stand in one of them alone."""
    tuned = {"F1": LOSSES["F1"], "F2": (0.960, 0.961, 0.959), "F3": LOSSES["F3"]}
    plain = {"F1": LOSSES["F1"], "F2": LOSSES["F2"], "F4": LOSSES["F4"]}
    folders = [tmp_path_factory.mktemp(name) for name in ("tuned", "plain")]
    return side(folders[0], tuned), side(folders[1], plain)


@pytest.fixture(scope="module")
def across(sides: tuple[Side, Side]) -> Across:
    return across_groups(*sides, FEW)


def with_across(sides: tuple[Side, Side], across: Across) -> Findings:
    table, entries = sides[0]
    return replace(findings_of(table, entries, None, FEW), across=across)


def test_each_row_that_both_have_is_compared_with_itself_by_image_and_seed(
    sides: tuple[Side, Side], across: Across
) -> None:
    own = findings_of(*sides[0], None, FEW)
    other = findings_of(*sides[1], None, FEW)
    assert [(each.id, each.metric) for each in across.differences] == [
        ("F1", "srcc"),
        ("F2", "srcc"),
        ("F1", "plcc"),
        ("F2", "plcc"),
    ]
    same, gained = across.differences[:2]
    assert (same.value, same.p, same.note) == (0.0, None, "identical")
    values = [found.estimate("F2", "srcc") for found in (own, other)]
    assert gained.value == pytest.approx(values[0].value - values[1].value, abs=1e-12)
    assert gained.seeds == (1, 2, 3)
    assert gained.p_holm == gained.p, "the row that is the same in both was not tested"
    assert gained.p_holm < 0.05
    assert (across.order, across.other_order) == (("F2", "F1"), ("F1", "F2"))


def test_the_correction_is_over_the_rows_that_were_tested(tmp_path: Path) -> None:
    found = across_groups(
        side(tmp_path / "a", {"F1": (0.95, 0.951, 0.949), "F2": (0.96, 0.961, 0.959)}),
        side(tmp_path / "b", {"F1": LOSSES["F1"], "F2": LOSSES["F2"]}),
        FEW,
    )
    smaller, larger = sorted(found.differences[:2], key=lambda each: each.p)
    assert smaller.p_holm == pytest.approx(2 * smaller.p)
    assert larger.p_holm == max(larger.p, smaller.p_holm)


def test_text_page_and_json_say_it_with_the_order_of_the_means(sides: tuple[Side, Side], across: Across) -> None:
    findings = with_across(sides, replace(across, group="untuned"))
    told = " ".join(plain_text(findings, 80).split())
    assert "DIFFERENCE TO UNTUNED IN SRCC F1 0.0000 [0.0000, 0.0000] (identical) F2 +0.0" in told
    assert "Order of the means: F2, F1; there F1, F2." in told
    assert "different trainer code" not in told
    assert "## Difference to untuned in PLCC" in markdown_text(findings)
    written = json.loads(json.dumps(content(findings)))["across"]
    assert (written["group"], written["order"], written["is_other_code"]) == ("untuned", ["F2", "F1"], False)
    assert written["differences"][1]["id"] == "F2"
    assert "across" not in content(replace(findings, across=None))


def test_other_trainer_code_and_groups_without_a_row_in_common_are_said(
    tmp_path: Path, sides: tuple[Side, Side]
) -> None:
    other = side(tmp_path / "a", {"F1": LOSSES["F1"]}, source_digest="another")
    told = plain_text(with_across(sides, across_groups(sides[0], other, FEW)))
    assert "trained by different trainer code" in " ".join(told.split())
    nothing = side(tmp_path / "b", {"F5": LOSSES["F5"]})
    told = plain_text(with_across(sides, across_groups(sides[0], nothing, FEW)))
    assert "No row has results in both groups." in told
    assert told.count("DIFFERENCE TO KONIQ-LOSSES") == 1


def test_other_images_are_not_compared(tmp_path: Path, sides: tuple[Side, Side]) -> None:
    folder = tmp_path / "fewer"
    make_ablation(folder, {"F1": LOSSES["F1"]}, images=60)
    entries = read_entries(folder, GROUP)
    (found, _) = across_groups(sides[0], (table_of(entries, GROUP, None), entries), FEW).differences
    assert found.low is None
    assert found.note
