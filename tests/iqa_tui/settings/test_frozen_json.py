"""A frozen value comes back as it was; what is wrong in its JSON costs one field, never the value, never the program."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.monitor.curve_view import CurveView
from iqa_tui.monitor.view import MonitorView
from iqa_tui.settings.frozen_json import LONGEST_TEXT, MOST_ITEMS, from_json, to_json


class Axis(StrEnum):
    STEP = "step"
    TIME = "time"


PLACES = (1.0, 2.0)


@dataclass(frozen=True, slots=True)
class Inner:
    axis: Axis = Axis.STEP
    place: int = 0

    @property
    def value(self) -> float:
        return PLACES[self.place]


@dataclass(frozen=True, slots=True)
class Outer:
    name: str = "usual"
    share: float = 0.5
    is_open: bool = False
    ids: tuple[str, ...] = ("a",)
    zoom: tuple[float, float] | None = None
    folds: Mapping[str, bool] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    order: Literal["up", "down"] = "up"
    inner: Inner = Inner()


FULL = Outer("x", 2.0, True, ("b", "c"), (0.5, 1.0), {"g": True}, frozenset({"z", "y"}), "down", Inner(Axis.TIME, 1))


def test_all_of_it_comes_back() -> None:
    assert from_json(json.loads(json.dumps(to_json(FULL))), Outer()) == FULL


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("name", 3),
        ("name", "x" * (LONGEST_TEXT + 1)),
        ("share", "0.5"),
        ("share", True),
        ("share", math.nan),
        ("is_open", 1),
        ("ids", "abc"),
        ("ids", ["x"] * (MOST_ITEMS + 1)),
        ("zoom", [1.0]),
        ("zoom", [1.0, None]),
        ("folds", {"g": True}),
        ("order", "sideways"),
        ("inner", []),
        ("inner", None),
    ],
)
def test_a_wrong_field_is_as_usual_and_the_others_are_not(name: str, wrong: Any) -> None:
    content = {**to_json(FULL), name: wrong}
    read = from_json(content, Outer())
    assert getattr(read, name) == getattr(Outer(), name)
    assert to_json(read) == {**to_json(FULL), name: to_json(getattr(Outer(), name))}


def test_wrong_items_are_left_out() -> None:
    read = from_json({"ids": ["a", 3, "b"], "folds": [["g", True], ["h", 1], 7, ["k"]], "hidden": [None, "z"]}, Outer())
    assert (read.ids, read.folds, read.hidden) == (("a", "b"), {"g": True}, frozenset({"z"}))


def test_unknown_fields_are_passed_over_and_missing_ones_are_as_usual() -> None:
    assert from_json({"gone": 1, "name": "n"}, Outer(share=0.1)) == Outer("n", share=0.1)


def test_a_value_whose_own_code_fails_is_as_usual() -> None:
    read = from_json({"inner": {"axis": "time", "place": 9}, "name": "n"}, Outer())
    assert read == Outer("n")


def test_a_nest_has_an_end() -> None:
    content: Any = "x"
    for _ in range(10_000):
        content = [content]
    assert from_json({"ids": content, "inner": content}, Outer()) == Outer(ids=())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 99) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["kind", "folds", "x"]), inner),
)


@pytest.mark.parametrize("usual", [Outer(), MonitorView(), CurveView()])
@given(data=st.data())
def test_whatever_the_file_says_the_value_is_of_its_kind(usual: Any, data: st.DataObject) -> None:
    names = st.sampled_from([*to_json(usual), "unknown"])
    content = data.draw(st.dictionaries(names, JSON) | JSON)
    read = from_json(content, usual)
    assert type(read) is type(usual)
    assert from_json(json.loads(json.dumps(to_json(read))), usual) == read


@pytest.mark.parametrize("view", [MonitorView(), CurveView()])
def test_the_views_of_the_screens_come_back(view: Any) -> None:
    assert from_json(json.loads(json.dumps(to_json(view))), view) == view
