"""How the settings of runs differ from a plan's: runs of an edited plan of the same name must not pass unnoticed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from iqa_tui.plans.flags import WHERE_FLAGS, flag_text, is_same
from iqa_tui.plans.plan import Plan
from iqa_tui.words.values import value_words
from training.runfolder.phase import Phase
from training.runfolder.spec import Spec


def other_settings(spec: Spec, plan: Plan) -> list[str]:
    """How a run's settings differ from this plan's: `epochs=5`, `no dropout_rate`, `no tuning`; [] if they do not, and
    for a run started by hand. If one of the plans lacks the run's row, what all rows share is compared.
    """
    if not spec.plan or spec.plan == plan.content:
        return []
    then, now = settings_in(spec.plan, spec.experiment), settings_in(plan.content, spec.experiment)
    if then is None or now is None:
        then, now = _shared(spec.plan), _shared(plan.content)
    different = [
        flag
        for flag in sorted({*then, *now} - WHERE_FLAGS - set(spec.overrides))
        if flag not in then or flag not in now or not is_same(now[flag], flag_text(then[flag]))
    ]
    words = [f"{flag}={flag_text(then[flag])}" if flag in then else f"no {flag}" for flag in different]
    tuned, tunes = tuning_words(spec.plan), tuning_words(plan.content)
    return words if tuned == tunes else [*words, tuned]


def tuning_words(content: Mapping[str, Any]) -> str:
    """`tuning by lr 1e-5, 2e-5; epochs 2`, or `no tuning`: of a plan that a spec keeps."""
    told = [f"{name} {_values_words(value)}" for name, value in _table(content.get("tune")).items()]
    return f"tuning by {'; '.join(told)}" if told else "no tuning"


def _values_words(value: object) -> str:
    return ", ".join(map(value_words, value)) if isinstance(value, list) else value_words(value)


def planned_settings(spec: Spec) -> dict[str, str]:
    """Flag to value as the plan asked for it when the run was launched, without what belongs to the place and the seed;
    {} for a run started by hand.
    """
    planned = settings_in(spec.plan, spec.experiment) or {}
    return {name: flag_text(value) for name, value in planned.items() if name not in WHERE_FLAGS}


def settings_in(content: Mapping[str, Any], experiment: str) -> dict[str, Any] | None:
    """Flag to value of a row of a plan that a spec keeps; None if the plan has no such row."""
    rows = content.get("experiment")
    for row in rows if isinstance(rows, list) else []:  # a plan of a later version may be of any shape
        if isinstance(row, dict) and row.get("id") == experiment:
            return _shared(content) | _table(row.get("flags"))
    return None


def _shared(content: Mapping[str, Any]) -> dict[str, Any]:
    return _table(content.get("base"))


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def other_settings_words(group: str, plan: Plan, runs: Iterable[tuple[Spec, Phase]]) -> list[str]:
    """What the user should know before runs of this plan join a group; [] if its runs that count were set alike.

    Args:
        runs: of the group. Those that ended without a result do not count: no number of a table comes from them.
    """
    found: dict[str, list[str]] = {}
    for spec, phase in runs:
        differences = [] if phase.ended_without_result else other_settings(spec, plan)
        if differences:
            found.setdefault(", ".join(differences), []).append(spec.experiment)
    if not found:
        return []
    told = "; ".join(f"{', '.join(dict.fromkeys(names))} with {words}" for words, names in found.items())
    return [
        f"{group} has runs of other settings than this plan's: {told}.",
        "They make one table, which says so: give the plan another `name`, or the launch another --runs-dir.",
    ]
