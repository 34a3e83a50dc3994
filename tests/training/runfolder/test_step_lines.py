"""Step lines by one regular expression: whatever a line holds, it is read as `json` reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.runfolder import events as reading
from training.runfolder.events import EventTail
from training.runfolder.schema import Event
from training.runfolder.step_lines import StepLines
from training.runfolder.write import EventWriter

NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(json.dumps),
    st.integers(-(10**25), 10**25).map(str),
    st.sampled_from(
        [
            *["null", "-0", "-0.0", "0", "1e5", "1E+05", "1e-320", "1e80", "1e999", "9" * 400, "9" * 5000, "01", "1."],
            *[".5", "+1", "NaN", "Infinity", "true", '"1"', "[1]", " 1", "1 ", "0x1", "1_0", "\u0661"],
        ]
    ),
)
WHOLE_NUMBERS = st.one_of(st.integers(0, 99).map(str), NUMBERS)
FIELDS = st.lists(
    st.tuples(st.sampled_from(["loss", "lr", "grad_norm", "a/b", 'q\\"', "é", "t", "step"]), NUMBERS), max_size=4
)
OTHER_LINES = st.sampled_from(
    [
        *["", " ", "{}", "\r", "\x00", "[" * 3000, '{"kind": "step", "t": 5'],
        '{"kind": "warning", "t": 5.0, "attempt": 1, "text": "x"}',
        '{"kind": "step", "t": 5.5, "attempt": 1, "epoch": 1, "step": 7, "loss": 0.5} ',
        '{"kind":"step","t":5.5,"attempt":1,"epoch":1,"step":7,"loss":0.5}',
    ]
)


@st.composite
def step_line(draw: st.DrawFn) -> str:
    t, attempt, epoch, step = (draw(WHOLE_NUMBERS) for _ in range(4))
    fields = "".join(f', "{name}": {value}' for name, value in draw(FIELDS))
    return f'{{"kind": "step", "t": {t}, "attempt": {attempt}, "epoch": {epoch}, "step": {step}{fields}}}'


def sound_line(step: int, loss: str) -> str:
    return f'{{"kind": "step", "t": 5.25, "attempt": 1, "epoch": 1, "step": {step}, "loss": {loss}, "lr": 5e-06}}'


SOUND_LINES = st.builds(sound_line, st.integers(1, 99), NUMBERS)


def one_by_one(parts: list[Event | StepLines]) -> list[Event]:
    return [event for part in parts for event in ([part] if isinstance(part, Event) else part.events())]


@given(st.lists(st.one_of(SOUND_LINES, step_line(), OTHER_LINES), max_size=30), st.integers(200, 3000))
@settings(deadline=None)
def test_columns_hold_the_events_that_json_finds(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], most_bytes: int
) -> None:
    path = tmp_path_factory.mktemp("events") / "events.jsonl"
    path.write_bytes("".join(f"{line}\n" for line in lines).encode() + b'{"kind": "step", "t"')
    slow, fast, events = EventTail(path), EventTail(path), []
    while (parts := fast.poll_steps(LARGE if not events else most_bytes)) or fast.is_behind:
        events += one_by_one(parts)
    expected = slow.poll()
    assert [(repr(event), type(event.t)) for event in events] == [(repr(event), type(event.t)) for event in expected]
    assert fast.torn == slow.torn


LARGE = 1 << 20


def test_what_the_trainer_writes_is_read_as_columns(tmp_path: Path) -> None:
    writer = EventWriter(tmp_path / "events.jsonl", 2, clock=lambda: 1.8e9 + 0.125)
    writer.write("started", epochs=2)
    for step in range(1, 21):
        writer.write("step", epoch=1, step=step, loss=None if step == 3 else step / 7, lr=5e-6, images_per_second=412.0)
        if step == 10:
            writer.write("epoch", epoch=1, loss=0.5)
    writer.close()
    first, steps, epoch, more = EventTail(tmp_path / "events.jsonl").poll_steps()
    assert isinstance(first, Event)
    assert isinstance(epoch, Event)
    assert isinstance(steps, StepLines)
    assert isinstance(more, StepLines)
    assert (len(steps), len(more)) == (10, 10)
    assert steps.fields == ["epoch", "step", "loss", "lr", "images_per_second"]
    assert list(more.numbers("loss")) == [step / 7 for step in range(11, 21)]
    assert [event.fields["loss"] for event in steps.events()][1:4] == [2 / 7, None, 4 / 7]


def test_a_file_of_other_lines_is_not_read_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_TORN_LINES", 3)
    path = tmp_path / "events.jsonl"
    path.write_text("".join(f"{sound_line(1, '0.5')}\n" * 3 + "{}\n" * 2 for _ in range(9)))
    slow, fast = EventTail(path), EventTail(path)
    assert one_by_one(fast.poll_steps()) == slow.poll()
    assert fast.torn == slow.torn == 4
    assert fast.poll_steps() == []
    assert "no events" in fast.problem
