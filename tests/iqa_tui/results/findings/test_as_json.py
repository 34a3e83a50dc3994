"""Findings of made tables with known answers, pinned. `python -m tests.iqa_tui.results.findings.test_as_json` renews
them in git.

Numbers are pinned to six digits: the last bits of a sum differ between builds of numpy.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.plans.plan import load_plan
from iqa_tui.results.findings.as_json import json_text
from iqa_tui.results.findings.build import findings_of
from iqa_tui.results.intervals.resampling import Resampling
from iqa_tui.results.table import read_entries, table_of
from tests.fakes.ablation import LOSSES, make_ablation
from training.runfolder.layout import RunFolder

GOLDEN = Path(__file__).parents[3] / "golden" / "findings"
PAIR = {row: LOSSES[row] for row in ("F1", "F3")}
DIGITS = 6


def tie(runs_dir: Path) -> None:
    """F3 predicts what F1 predicts, seed for seed."""
    runs = make_ablation(runs_dir, PAIR, images=80)
    for seed in (1, 2, 3):
        _scores(runs["F3", seed]).write_bytes(_scores(runs["F1", seed]).read_bytes())


def winner(runs_dir: Path) -> None:
    make_ablation(runs_dir, {"F1": (0.80, 0.81, 0.80), "F3": (0.95, 0.95, 0.94)}, images=80)


def one_seed(runs_dir: Path) -> None:
    make_ablation(runs_dir, images=80, seeds=(1,))


def missing_loss(runs_dir: Path) -> None:
    make_ablation(runs_dir, {row: LOSSES[row] for row in ("F1", "F2", "F3", "F4")}, images=80)


def unequal_seeds(runs_dir: Path) -> None:
    make_ablation(runs_dir, {"F1": LOSSES["F1"], "F3": LOSSES["F3"][:2]}, images=80)


def no_shared_seed(runs_dir: Path) -> None:
    make_ablation(runs_dir, {"F1": LOSSES["F1"]}, images=80)
    make_ablation(runs_dir, {"F3": LOSSES["F3"]}, images=80, seeds=(4, 5, 6))


def constant_predictions(runs_dir: Path) -> None:
    runs = make_ablation(runs_dir, PAIR, images=80)
    for seed in (1, 2, 3):
        lines = _scores(runs["F3", seed]).read_text().splitlines()
        lines[1:] = [f"{line.rpartition(',')[0]},3.0" for line in lines[1:]]
        _scores(runs["F3", seed]).write_text("\n".join(lines) + "\n")


def another_protocol(runs_dir: Path) -> None:
    make_ablation(runs_dir, {"F1": LOSSES["F1"]}, images=80)
    make_ablation(runs_dir, {"F3": LOSSES["F3"]}, images=80, protocol="published")


def recorded_baseline(runs_dir: Path) -> None:
    make_ablation(runs_dir, {"F3": LOSSES["F3"]}, images=80)


CASES: tuple[Callable[[Path], None], ...] = (
    tie,
    winner,
    one_seed,
    missing_loss,
    unequal_seeds,
    no_shared_seed,
    constant_predictions,
    another_protocol,
    recorded_baseline,
)


def _scores(run: RunFolder) -> Path:
    return run.score_file("koniq-10k", "test")


def pinned(runs_dir: Path) -> dict[str, Any]:
    """The findings of a folder, numbers rounded."""
    entries = read_entries(runs_dir, "koniq-losses")
    plan = load_plan("koniq-losses")
    findings = findings_of(table_of(entries, "koniq-losses", plan), entries, plan, Resampling(resamples=500))
    rounded: dict[str, Any] = _rounded(json.loads(json_text(findings)))
    return rounded


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def almost(value: Any) -> Any:
    """Numbers that are compared to five digits: a rounding may fall on either side."""
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-5, abs=1e-9)
    if isinstance(value, dict):
        return {key: almost(item) for key, item in value.items()}
    return [almost(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_made_table_says_what_is_known_of_it(tmp_path: Path, case: Callable[[Path], None]) -> None:
    case(tmp_path)
    found = pinned(tmp_path)
    golden = json.loads((GOLDEN / f"{case.__name__}.json").read_text())
    for key in golden:
        assert found[key] == almost(golden[key]), key
    assert found.keys() == golden.keys()


def difference(case: str, row: str, metric: str = "srcc") -> dict[str, Any]:
    golden = json.loads((GOLDEN / f"{case}.json").read_text())
    return next(each for each in golden["differences"] if (each["id"], each["metric"]) == (row, metric))


def test_the_pinned_answers_are_the_right_ones() -> None:
    tied = difference("tie", "F3")
    assert (tied["value"], tied["se"], tied["p"], tied["note"]) == (0.0, 0.0, None, "identical")
    won = difference("winner", "F3")
    assert won["low"] > 0.05
    assert won["p_holm"] < 0.01
    assert "one seed" in difference("one_seed", "F3")["note"]
    assert difference("one_seed", "F3")["se_seeds"] is None
    assert difference("unequal_seeds", "F3")["seeds"] == [1, 2]
    assert "no shared seed" in difference("no_shared_seed", "F3")["note"]
    assert difference("no_shared_seed", "F3")["p"] is not None
    assert difference("constant_predictions", "F3")["value"] is None
    for case in ("another_protocol", "recorded_baseline"):
        across = difference(case, "F3")
        assert across["value"] is not None
        assert (across["low"], across["p"]) == (None, None)
    missing = json.loads((GOLDEN / "missing_loss.json").read_text())
    assert [each["verdict"] for each in missing["hypotheses"]] == [
        "not run yet",
        "cannot be told",
        "not run yet",
        "not run yet",
    ]
    assert "F5" in missing["hypotheses"][2]["why"]


if __name__ == "__main__":
    for make in CASES:
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder))
            text = json.dumps(pinned(Path(folder)), indent=1, ensure_ascii=False)
        (GOLDEN / f"{make.__name__}.json").write_text(text + "\n")
