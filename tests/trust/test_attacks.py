"""Each attack of T1 to T16 is refused, and what must work all the same works."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.trust.attacks import ATTACKS, CHECKS, attempt, fact, sentence
from tests.trust.interpreter import usable, why_not_here
from tests.trust.outcome import Outcome

ROOT = Path(__file__).parents[2]
AT_A_TIME = 4
"""Most attacks wait for something most of the time."""
Tried = dict[str, "Future[tuple[Outcome | str, float]]"]


@pytest.fixture(scope="module")
def tried(request: pytest.FixtureRequest) -> Iterator[Tried]:
    """The chosen attacks, under way side by side."""
    if reason := why_not_here(ROOT):
        pytest.skip(reason)
    chosen = [item.callspec.params["name"] for item in request.session.items if item.path == Path(__file__)]
    with usable(ROOT) as program, ThreadPoolExecutor(AT_A_TIME) as pool:
        yield {name: pool.submit(attempt, {**ATTACKS, **CHECKS}[name], program) for name in chosen}
        pool.shutdown(cancel_futures=True)


def outcome_of(tried: Tried, name: str) -> Outcome:
    result, seconds = tried[name].result()
    if isinstance(result, str):
        pytest.fail(f"could not be tried: {result}")
    assert seconds < 60
    return result


@pytest.mark.parametrize("name", ATTACKS, ids=lambda name: f"{fact(name)} {sentence(name)}")
def test_an_attack_is_refused(tried: Tried, name: str) -> None:
    outcome = outcome_of(tried, name)
    assert not outcome.succeeded, outcome.words


@pytest.mark.parametrize("name", CHECKS, ids=sentence)
def test_what_must_work_works(tried: Tried, name: str) -> None:
    outcome = outcome_of(tried, name)
    assert not outcome.succeeded, outcome.words
