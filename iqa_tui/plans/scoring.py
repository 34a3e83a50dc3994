"""What the runs of a launch are tested on, as far as its settings say."""

from __future__ import annotations

from dataclasses import dataclass

from iqa_tui.plans.flags import flag_text
from iqa_tui.plans.request import LaunchRequest

DEFAULTS = {"dataset": "livec", "protocol": "clean"}
"""Of our trainer: no process is started to ask it while the user chooses."""
DEMO = "demo"
LIMIT = "limit_test_images"
ONE_SEED = "one seed: it can show nothing about training noise"
ONE_SEED_SHORT = "one seed: nothing about training noise"


@dataclass(frozen=True, slots=True)
class Scoring:
    """On which images a run is scored, and how."""

    dataset: str
    protocol: str
    limit: int | None = None
    """Only so many test images are used; None: all."""


def scoring_of(request: LaunchRequest) -> Scoring | None:
    """None if no difference between its rows has a meaning that is known: another trainer, the labels of the demo, more
    than one data set or protocol.
    """
    plan = request.plan
    if plan.command is not None or plan.demo:
        return None
    found = set()
    for experiment in request.chosen():
        settings = {**DEFAULTS, **plan.flags_of(experiment), **request.overrides}
        limit = flag_text(settings.get(LIMIT, ""))
        known = int(limit) if limit.isdecimal() else None
        found.add(Scoring(flag_text(settings["dataset"]), flag_text(settings["protocol"]), known))
    scoring = found.pop() if len(found) == 1 else None
    return None if scoring is None or scoring.dataset == DEMO else scoring


def words_at_once(request: LaunchRequest) -> str | None:
    """What a launch can show, if that is known without a look at finished runs: empty if there is nothing to say, None
    if it is not known.

    Raises:
        ValueError: in words, if a seed or a split cannot be read.
    """
    if scoring_of(request) is None:
        return ""
    return ONE_SEED if len(set(request.repetitions())) == 1 else None
