"""Findings for programs: full precision, unknown is null."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from iqa_tui.results.findings.values import Across, Findings
from iqa_tui.words.plain_json import plain_json
from training.runfolder.tuned import MEASURE

ROW_KEYS = (
    "id",
    "metric",
    "value",
    "se",
    "se_images",
    "se_seeds",
    "df",
    "low",
    "high",
    "seeds",
    "images",
    "units",
    "note",
    "sd",
    "splits",
)
DIFFERENCE_KEYS = (
    "id", "baseline", "metric", "value", "se", "se_images", "se_seeds", "df", "low", "high", "p", "p_holm",
    "min_detectable", "seeds", "images", "note",
    "splits",
)  # fmt: skip


def json_text(findings: Findings) -> str:
    """One object, ending in a newline."""
    return plain_json(content(findings), indent=2, allow_nan=False) + "\n"


def content(findings: Findings) -> dict[str, Any]:
    """As the JSON has it."""
    return {
        "title": findings.title,
        "group": findings.group,
        "baseline": findings.baseline or None,
        "rows": [{key: getattr(each, key) for key in ROW_KEYS} for each in findings.rows],
        "differences": [{key: getattr(each, key) for key in DIFFERENCE_KEYS} for each in findings.differences],
        "evidence": [asdict(each) for each in findings.evidence],
        "hypotheses": [asdict(each) for each in findings.hypotheses],
        "questions": [asdict(each) for each in findings.questions],
        "recommendation": asdict(findings.recommendation),
        "limits": list(findings.limits),
        "resamples": findings.resamples,
        **({"across": _across(findings.across)} if findings.across else {}),
        "tuning": [
            {
                "id": each.id,
                **asdict(each.tuning),
                "measure": MEASURE,
                "words": each.words,
                "tunings": each.ways,
                "edge_words": list(each.edge),
            }
            for each in findings.tunings
        ],
    }


def _across(across: Across) -> dict[str, Any]:
    return {
        "group": across.group,
        "differences": [
            {key: getattr(each, key) for key in DIFFERENCE_KEYS if key != "baseline"} for each in across.differences
        ],
        "order": list(across.order),
        "other_order": list(across.other_order),
        "is_other_code": across.is_other_code,
    }
