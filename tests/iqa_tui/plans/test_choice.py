"""What the user has chosen on the launch screen, and what a launch would do with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.plans.choice import LaunchChoice
from iqa_tui.plans.forecast import Fleet
from iqa_tui.plans.offered import Obstacle, OfferedDevice
from iqa_tui.plans.plan import plan_from
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.simulate import STRATEGIES
from iqa_tui.plans.typed import chosen_seeds, parse_overrides

SMALL = plan_from(
    {
        "name": "small",
        "base": {"dataset": "koniq-10k", "lr": 5e-6},
        "experiment": [
            {"id": "A", "flags": {"loss_type": "l1"}, "expected_hours": 1.5, "selected": False},
            {"id": "B", "flags": {"loss_type": "l2"}, "expected_hours": 2.0, "priority": "low"},
            {"id": "C", "flags": {"loss_type": "srcc"}, "expected_hours": 1.0, "priority": "high"},
        ],
    },
    "small.toml",
)
TIMELESS = plan_from({"name": "timeless", "experiment": [{"id": "X"}]}, "timeless.toml")
GPUS = (OfferedDevice("GPU-a", "GPU 0", "gpu"), OfferedDevice("MIG-b", "GPU 1:2", "gpu"))
EMPTY = LaunchChoice(Path("runs"))
CHOICE = replace(
    EMPTY.with_plans({"small": SMALL, "timeless": TIMELESS, "broken": "broken.toml: this is no TOML."}),
    plan_name="small",
    devices=GPUS,
    device_kind="gpu",
)


def test_what_a_plan_selects_is_ticked_in_the_order_of_the_plan() -> None:
    assert CHOICE.ticked == {"B", "C"}
    assert [each.id for each in CHOICE.tick("A").ticked_experiments()] == ["A", "B", "C"]


def test_a_plan_that_is_read_again_keeps_the_ticks_of_the_user() -> None:
    again = CHOICE.tick("B").with_plans({"small": SMALL, "late": TIMELESS})
    assert again.ticked == {"C"}
    assert replace(again, plan_name="late").ticked == {"X"}


def test_a_tick_is_of_one_plan_and_taken_back_by_a_second_one() -> None:
    ticked = CHOICE.tick("A")
    assert replace(ticked, plan_name="timeless").ticked == {"X"}
    assert ticked.tick("A") == CHOICE


def test_all_are_ticked_then_none() -> None:
    everything = CHOICE.tick_all()
    assert everything.ticked == {"A", "B", "C"}
    assert everything.tick_all().ticked == set()


def test_a_change_leaves_the_value_before_it_as_it_was() -> None:
    CHOICE.tick("A").tick_device("GPU-a").next_strategy()
    assert (CHOICE.ticked, CHOICE.unticked_devices, CHOICE.strategy) == ({"B", "C"}, frozenset(), "all")


def test_a_plan_that_cannot_be_read_gives_its_words_and_no_experiment() -> None:
    broken = replace(CHOICE, plan_name="broken")
    assert (broken.plan, broken.plan_problem) == (None, "broken.toml: this is no TOML.")
    assert (CHOICE.plan, CHOICE.plan_problem) == (SMALL, "")
    assert broken.ticked_experiments() == []
    assert broken.tick_all().ticked == set()
    assert broken.command_of("A") == []
    assert broken.schedules() == {}
    with pytest.raises(ValueError, match="this is no TOML"):
        broken.request()


def test_every_device_ticked_means_any_that_comes_later_too() -> None:
    assert CHOICE.chosen_devices() is None
    assert CHOICE.tick_device("GPU-a").chosen_devices() == ("1:2",)
    assert CHOICE.tick_device("GPU-a").tick_device("MIG-b").chosen_devices() == ()
    assert CHOICE.tick_device("GPU-a").tick_device("GPU-a").chosen_devices() is None


def test_what_runs_cannot_have_is_not_chosen_with_the_rest() -> None:
    hidden = OfferedDevice("GPU-c", "GPU 2", "gpu", hidden=True)
    slot = OfferedDevice("cpu-0", "CPU 0", "cpu")
    mixed = replace(CHOICE, devices=(*GPUS, hidden, slot))
    assert mixed.device_ticks() == {"GPU-a": True, "MIG-b": True}
    assert mixed.tick_device("MIG-b").device_ticks() == {"GPU-a": True, "MIG-b": False}
    assert mixed.chosen_devices() is None
    assert mixed.tick_device("GPU-c").chosen_devices() is None
    assert mixed.tick_device("MIG-b").chosen_devices() == ("0",)


def test_cpu_slots_have_one_name() -> None:
    slots = tuple(OfferedDevice(f"cpu-{number}", f"CPU {number}", "cpu") for number in range(3))
    without_gpu = replace(CHOICE, devices=slots, device_kind="cpu")
    assert without_gpu.tick_device("cpu-1").chosen_devices() == ("cpu",)
    assert len(without_gpu.tick_device("cpu-1").fleet().devices) == 2


def test_a_schedule_counts_the_ticked_devices_that_get_runs() -> None:
    withdrawn = OfferedDevice("GPU-c", "GPU 2", "gpu", withdrawn=True)
    broken = OfferedDevice("GPU-d", "GPU 3", "gpu", broken=True)
    lab = replace(CHOICE, devices=(*GPUS, withdrawn, broken))
    assert len(lab.fleet().devices) == 2
    assert len(lab.tick_device("GPU-a").fleet().devices) == 1
    assert len(lab.tick_device("GPU-c").fleet().devices) == 2
    assert len(replace(lab, devices=None).fleet().devices) == 1
    assert len(replace(lab, devices=()).fleet().devices) == 0
    busy = replace(lab, devices=tuple(replace(each, busy=each.key == "GPU-a") for each in lab.devices or ()))
    assert busy.fleet() == Fleet(("GPU 1:2",), ("GPU 0",))
    assert "; GPU 0 is busy and not counted" in " ".join(busy.summary())


def test_the_strategies_take_the_hours_that_they_take() -> None:
    hours = {name: plan.total_hours for name, plan in CHOICE.schedules().items()}
    assert hours == {"all": 2.0, "sequential": 3.0, "priority": 3.0}
    assert [CHOICE.schedules()[name].devices_words for name in STRATEGIES] == ["2 devices", "1 device", "2 devices"]
    several_seeds = replace(CHOICE, seeds="1 2")
    assert several_seeds.schedules()["sequential"].total_hours == 6.0


def test_without_hours_without_a_device_or_with_bad_settings_there_is_no_schedule() -> None:
    assert replace(CHOICE, plan_name="timeless").schedules() == {}
    assert replace(CHOICE, devices=()).schedules() == {}
    assert replace(CHOICE, settings="epochs").schedules() == {}
    assert replace(CHOICE, settings="seed=x").schedules() == {}


def test_the_strategies_come_one_after_the_other_and_round_again() -> None:
    first = CHOICE.next_strategy()
    assert [first.strategy, first.next_strategy().strategy] == ["sequential", "priority"]
    assert first.next_strategy().next_strategy() == CHOICE


def test_the_request_is_what_was_chosen() -> None:
    chosen = replace(CHOICE.tick("B").tick_device("GPU-a").next_strategy(), settings="epochs=1", seeds="7, 8")
    assert chosen.request() == LaunchRequest(
        plan=SMALL,
        experiments=("C",),
        seeds=(7, 8),
        overrides={"epochs": "1"},
        devices=("1:2",),
        strategy="sequential",
        runs_dir=Path("runs"),
    )


@pytest.mark.parametrize(
    ("changed", "title", "words"),
    [
        (replace(CHOICE, settings="epochs"), "These settings cannot be read", "Settings: 'epochs' is no FLAG=VALUE"),
        (replace(CHOICE, seeds="two"), "These settings cannot be read", "Seeds: 'two' are no whole numbers"),
        (replace(CHOICE, settings="seed=x"), "These settings cannot be read", "seed='x'"),
        (CHOICE.tick_all().tick_all(), "Nothing is ticked", "with space"),
        (CHOICE.tick_device("GPU-a").tick_device("MIG-b"), "No device is ticked", "with space"),
        (replace(CHOICE, plan_name="broken"), "No plan is chosen", "this is no TOML"),
        (EMPTY, "No plan is chosen", "Move the cursor"),
    ],
)
def test_what_keeps_a_launch_from_happening_is_said(changed: LaunchChoice, title: str, words: str) -> None:
    obstacle = changed.obstacle()
    assert obstacle is not None
    assert obstacle.title == title
    assert words in obstacle.words


def test_nothing_keeps_a_good_choice_from_being_launched() -> None:
    assert CHOICE.obstacle() is None
    assert CHOICE.tick("B").tick("C").tick("A").obstacle() is None
    assert CHOICE.tick("B").tick("C").obstacle() == Obstacle(
        "Nothing is ticked", "Tick an experiment with space, or all of them with a."
    )


def test_the_command_is_that_of_the_first_seed() -> None:
    words = "python -m training --dataset koniq-10k --lr 5e-6 --loss_type l1"
    assert CHOICE.command_of("A") == [*words.split(), "--train_test_num", "1", "--seed", "42"]
    changed = replace(CHOICE, settings="epochs=1 seed=5", seeds="7,8")
    assert changed.command_of("A") == [*words.split(), "--epochs", "1", "--train_test_num", "1", "--seed", "7"]
    assert replace(changed, seeds="").command_of("A")[-2:] == ["--seed", "5"]
    assert CHOICE.command_of("Z") == []
    assert CHOICE.command_of(None) == []
    with pytest.raises(ValueError, match="Settings"):
        replace(CHOICE, settings="epochs").command_of("A")


def test_the_summary_names_what_is_not_as_the_plan_has_it() -> None:
    assert CHOICE.summary() == [
        "2 runs: B, C",
        "devices: any that is free",
        "strategy: all at once, about 2.0 h on 2 devices",
        "into runs",
    ]
    chosen = replace(CHOICE.tick("B").tick_device("GPU-a").next_strategy(), settings="epochs=1", seeds="7")
    assert chosen.summary() == [
        "1 run: C",
        "seeds: 7",
        "settings: epochs=1",
        "devices: 1:2",
        "strategy: sequential, about 60 min on 1 device",
        "into runs",
    ]
    repeated = replace(CHOICE, plan_name="timeless", settings="train_test_num=3")
    assert repeated.summary()[:2] == ["3 runs: X", "seeds: 42, 43, 44"]
    assert repeated.summary()[-2] == "strategy: all at once"


def test_settings_are_flags_with_values() -> None:
    assert parse_overrides("epochs=1 --data-path=/a=b") == {"epochs": "1", "data_path": "/a=b"}
    assert parse_overrides("  ") == {}
    with pytest.raises(ValueError, match="'=3' is no FLAG=VALUE"):
        parse_overrides("=3")


def test_seeds_are_whole_numbers() -> None:
    assert chosen_seeds("1, 2 2,3") == (1, 2, 3)
    assert chosen_seeds(" ") is None
    with pytest.raises(ValueError, match="whole numbers"):
        chosen_seeds("1,two")


def test_of_a_plan_that_tunes_the_question_counts_the_tuning_runs_and_names_what_they_try() -> None:
    rows = [{"id": row, "expected_hours": 1.0} for row in ("A", "B")]
    content = {"name": "p", "base": {"epochs": 4}, "tune": {"lr": [1e-5, 2e-5], "epochs": 1}, "experiment": rows}
    tuned = replace(CHOICE.with_plans({"p": plan_from(content, "p.toml")}), plan_name="p")
    assert tuned.summary()[:2] == [
        "4 tuning runs, then 2 runs: A, B",
        "tuning: lr 1e-5, 2e-5; what the group has tried already is not trained again",
    ]
    assert "about 90 min on 2 devices" in tuned.summary()[3]
    assert [bar.name for row in tuned.timeline().rows for bar in row.bars] == [
        *("A lr=1e-5", "B lr=1e-5", "A"),
        *("A lr=2e-5", "B lr=2e-5", "B"),
    ]
    assert tuned.obstacle() is None
    refused = replace(tuned, settings="lr=1").obstacle()
    assert refused is not None
    assert refused.words.startswith("lr=1: p.toml chooses it from a grid.")
    assert tuned.command_of("A")[-2:] == ["--lr", "<chosen from 1e-5, 2e-5>"]


def test_splits_stand_in_the_question_the_forecast_and_the_command() -> None:
    choice = replace(CHOICE, splits="3", seeds="1,2", devices=GPUS, device_kind="gpu").tick("C")
    lines = choice.summary()
    assert lines[0] == "1 experiment × 3 splits × 2 seeds: 6 runs: B"
    assert "splits: 0, 1, 2" in lines
    assert choice.schedules()["sequential"].total_hours == 12
    assert choice.command_of("B")[-4:] == ["--split_seed", "0", "--seed", "1"]
    assert choice.request().splits == (0, 1, 2)
    wrong = replace(CHOICE, splits="many").obstacle()
    assert wrong is not None
    assert wrong.words.startswith("Splits: 'many' are no splits")
