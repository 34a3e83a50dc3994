"""How a launch differs from the last one of its plan, in words. Reads no file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from iqa_tui.plans.flags import REPETITIONS, flag_text, is_same
from iqa_tui.plans.needs import LAUNCHER_KEYS, PROCESSES
from iqa_tui.plans.plan import SPLIT_FLAG, Experiment
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.settings import settings_in, tuning_words
from iqa_tui.words.durations import duration_words
from training.runfolder.spec import Spec
from training.runfolder.text import plain

REPETITION_FLAGS = frozenset({"seed", SPLIT_FLAG, REPETITIONS})
NOT_THERE = "none"


def last_launch(specs: Iterable[Spec], plan_name: str) -> list[Spec]:
    """The runs that were queued together when a plan of this name was launched last, but for tuning runs; [] if it
    never was.
    """
    own = [spec for spec in specs if spec.plan.get("name") == plan_name and not spec.trial]
    newest = max((spec.created for spec in own), default=0.0)
    return [spec for spec in own if spec.created == newest]


def last_launch_words(request: LaunchRequest, last: Sequence[Spec], digest: str, now: float) -> str:
    """`the same as the last launch, 2 h ago`, or what is other: settings, experiments, seeds, trainer code.

    Args:
        last: see `last_launch`; at least one.
        digest: of the trainer's code now; empty if it is not known.
        now: unix seconds.

    Raises:
        ValueError: in words, if the seeds of the request are no numbers.
    """
    ago = f"the last launch, {duration_words(now - last[0].created)} ago"
    parts = [*_settings_words(request, last), *_experiment_words(request, last), *_repetition_words(request, last)]
    then, now_tunes = tuning_words(last[0].plan), tuning_words(request.plan.content)
    if then != now_tunes:
        parts.append(f"{then} → {now_tunes}")
    made_by = {spec.source_digest for spec in last}
    if digest and "" not in made_by and made_by != {digest}:
        parts.append(f"trainer code {', '.join(sorted(made_by))} → {digest}")
    return plain(f"since {ago}: {'; '.join(parts)}" if parts else f"the same as {ago}")


def _settings_words(request: LaunchRequest, last: Sequence[Spec]) -> list[str]:
    """`lr 5e-6 → 1e-5` if every experiment of both launches has it, else `F3: lr 5e-6 → 1e-5`."""
    by_id = {spec.experiment: spec for spec in last}
    common = [each for each in request.chosen() if each.id in by_id]
    found: dict[str, list[str]] = {}
    for experiment in common:
        for words in _changes(by_id[experiment.id], _settings_now(request, experiment)):
            found.setdefault(words, []).append(experiment.id)
    return [words if len(ids) == len(common) else f"{', '.join(ids)}: {words}" for words, ids in found.items()]


def _settings_now(request: LaunchRequest, experiment: Experiment) -> dict[str, Any]:
    return {**request.plan.flags_of(experiment), **request.overrides}


def _changes(spec: Spec, now: Mapping[str, Any]) -> list[str]:
    then = {**(settings_in(spec.plan, spec.experiment) or {}), **spec.overrides}
    return [
        f"{flag} {_text(then.get(flag))} → {_text(now.get(flag))}"
        for flag in dict.fromkeys([*now, *then])
        if flag not in REPETITION_FLAGS | LAUNCHER_KEYS | {PROCESSES}
        and not (flag in then and flag in now and is_same(now[flag], flag_text(then[flag])))
    ]


def _text(value: Any) -> str:
    return NOT_THERE if value is None else flag_text(value)


def _experiment_words(request: LaunchRequest, last: Sequence[Spec]) -> list[str]:
    then = list(dict.fromkeys(spec.experiment for spec in sorted(last, key=lambda spec: spec.order)))
    now = [each.id for each in request.chosen()]
    new, left_out = [each for each in now if each not in then], [each for each in then if each not in now]
    words = [f"{', '.join(new)} {'was' if len(new) == 1 else 'were'} not in it"] if new else []
    return [*words, *([f"without {', '.join(left_out)}"] if left_out else [])]


def _repetition_words(request: LaunchRequest, last: Sequence[Spec]) -> list[str]:
    seeds = _changed("seed", {spec.seed for spec in last}, set(request.seeds_or_default()))
    told = {split for spec in last if (split := spec.split) is not None}
    own = {int(text) for each in request.chosen() if (text := _split_of(request, each)).isdecimal()}
    return seeds + _changed("split", told, set(request.splits_or_default()) or own)


def _split_of(request: LaunchRequest, experiment: Experiment) -> str:
    """As the plan's flags say, empty if they do not."""
    return flag_text(request.plan.flags_of(experiment).get(SPLIT_FLAG, ""))


def _changed(kind: str, then: AbstractSet[int], now: AbstractSet[int]) -> list[str]:
    if then == now:
        return []
    texts = [" ".join(map(str, sorted(numbers))) or NOT_THERE for numbers in (then, now)]
    return [f"{kind}{'' if len(then) < 2 and len(now) < 2 else 's'} {' → '.join(texts)}"]
