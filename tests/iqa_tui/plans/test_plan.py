"""Plans are read, checked, and refused in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iqa_tui.errors import PlanError
from iqa_tui.plans.plan import load_plan, plan_from, preset_names

ROW = '[[experiment]]\nid = "A"\n'


def write(folder: Path, text: str) -> str:
    path = folder / "my.toml"
    path.write_text(text)
    return str(path)


def test_every_preset_can_be_read() -> None:
    assert {"koniq-losses", "model-sizes"} <= set(preset_names())
    for name in preset_names():
        assert load_plan(name).name == name


def test_the_five_losses_are_a_preset_and_l1_is_recorded_and_launched_too() -> None:
    plan = load_plan("koniq-losses")
    assert [(row.id, row.label, row.selected) for row in plan.experiments] == [
        ("F1", "L1 (MAE)", True),
        ("F2", "L2 (MSE)", True),
        ("F3", "SRCC", True),
        ("F4", "Rank", True),
        ("F5", "Pairwise fidelity", True),
    ]
    assert {row.expected_protocol for row in plan.experiments} == {"published"}
    assert [(row.expected_srcc, row.expected_hours, row.priority) for row in plan.experiments] == [
        (None, 1.7, "high"),
        ((0.930, 0.935), 1.7, "high"),
        ((0.935, 0.940), 1.7, "high"),
        ((0.933, 0.938), 2.0, "medium"),
        ((0.932, 0.937), 2.0, "low"),
    ]
    (recorded,) = plan.recorded
    assert (recorded.id, recorded.srcc, recorded.plcc, recorded.protocol) == ("F1", 0.9354, 0.9448, "published")
    assert plan.baseline == "F1"


@pytest.mark.parametrize("name", preset_names())
def test_a_plan_survives_being_kept_in_a_spec(name: str) -> None:
    plan = load_plan(name)
    kept = plan_from(json.loads(json.dumps(plan.content)), plan.source)
    assert kept == plan


def test_a_preset_that_does_not_exist_is_answered_with_the_names_of_those_that_do() -> None:
    with pytest.raises(PlanError, match=r"no plan 'koniq'\. Presets: .*koniq-losses, model-sizes, biq2021-tuned"):
        load_plan("koniq")


def test_a_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"gone\.toml: there is no such file"):
        load_plan(str(tmp_path / "gone.toml"))


def test_broken_toml_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"my\.toml: this is no TOML: .*line 2"):
        load_plan(write(tmp_path, 'name = "a"\ntitle = \n'))


def test_a_plan_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    path.write_text('name = "a"\n' + ROW, encoding="utf-8-sig")
    assert load_plan(str(path)).name == "a"


@pytest.mark.parametrize(("encoding", "byte"), [("utf-16", "0xff"), ("latin-1", "0xe9")])
def test_a_plan_in_another_encoding_is_refused_with_the_way_out(tmp_path: Path, encoding: str, byte: str) -> None:
    path = tmp_path / "my.toml"
    path.write_text('title = "é"\nname = "a"\n' + ROW, encoding=encoding)
    with pytest.raises(
        PlanError, match=rf"my\.toml: line 1 holds byte {byte}, which is not UTF-8\. Save the file as UTF-8"
    ):
        load_plan(str(path))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ROW, r"it has no name"),
        ('name = "a"\nbase = { backbone = "a\\u0000b" }\n' + ROW, r"base: backbone = 'a\\x00b': leave the NUL out"),
        ('name = "a"\n', r"no experiment"),
        ('name = "a b"\n' + ROW, r"name = 'a b'"),
        ("name = 3\n" + ROW, r"name = 3"),
        ('name = "a"\ncolour = "red"\n' + ROW, r"colour = 'red': there is no such key"),
        ('name = "a"\nbaseline = "B"\n' + ROW, r"baseline = 'B' is no row. Use one of A"),
        ('name = "a"\nbase = 3\n' + ROW, r"base = 3: write a table of flags"),
        ('name = "a"\nbase = { lr = [1] }\n' + ROW, r"base: lr = \[1\]"),
        ('name = "a"\nsplits = 0\n' + ROW, r"splits = 0: write how many, from 1 to 1000, or a list .* \(at line 2\)"),
        ('name = "a"\nsplits = true\n' + ROW, r"splits = True: write how many"),
        ('name = "a"\nsplits = [1, 1]\n' + ROW, r"splits = \[1, 1\]: .* each once"),
        ('name = "a"\nsplits = [-1]\n' + ROW, r"splits = \[-1\]: write how many"),
        ('name = "a"\nsplits = 99999999999\n' + ROW, r"splits = 99999999999: write how many"),
        ('name = "a"\nsplits = 2\nbase = { split_seed = 3 }\n' + ROW, r"leave split_seed out of base"),
        ('name = "a"\nvram = "much"\n' + ROW, r"vram = 'much': write a size with its unit"),
        ('name = "a"\ncommand = "python x.py"\n' + ROW, r"command = 'python x.py': write a list"),
        ('name = "a"\ndemo = "yes"\n' + ROW, r"demo = 'yes': write true or false"),
        (
            'name = "a"\n' + ROW + 'priority = "urgent"',
            r"experiment A: priority = 'urgent': use one of high, medium, low",
        ),
        ('name = "a"\n' + ROW + "expected_srcc = [0.9, 0.8]", r"experiment A: expected_srcc"),
        ('name = "a"\n' + ROW + "expected_srcc = 0.9", r"experiment A: expected_srcc = 0.9: write \[low, high\]"),
        ('name = "a"\n' + ROW + 'expected_hours = "two"', r"expected_hours = 'two'"),
        ('name = "a"\ntime_limit_hours = 0\n' + ROW, r"time_limit_hours = 0: write a number above 0"),
        ('name = "a"\ntime_limit_hours = nan\n' + ROW, r"time_limit_hours = nan: write a number above 0"),
        ('name = "a"\n' + ROW + "expected_hours = true", r"expected_hours = True"),
        ('name = "a"\n' + ROW + "lable = 'x'", r"experiment A: lable = 'x': there is no such key"),
        ('name = "a"\n' + ROW + ROW, r"two \[\[experiment\]\] rows have id = 'A'"),
        ('name = "a"\nexperiment = 3\n', r"experiment = 3: write each row under a heading \[\[experiment\]\]"),
        (
            'name = "a"\n' + ROW + '[[recorded]]\nid = "B"\nsrcc = 93.5',
            r"recorded B: srcc = 93.5: write a number from -1 to 1",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_key_and_value(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(PlanError, match=rf"my\.toml: .*{words}"):
        load_plan(write(tmp_path, text))


def test_a_declared_need_is_read_with_its_unit_for_the_plan_its_base_or_one_experiment() -> None:
    content = {"name": "a", "vram": "10 GiB", "experiment": [{"id": "A"}, {"id": "B", "vram": "1.5 GB"}]}
    assert [row.vram_bytes for row in plan_from(content, "a.toml").experiments] == [10 << 30, 1_500_000_000]
    content = {"name": "a", "base": {"vram": "2 GiB", "epochs": 1}, "experiment": [{"id": "A"}]}
    plan = plan_from(content, "a.toml")
    assert plan.experiments[0].vram_bytes == 2 << 30
    assert plan.base == {"epochs": 1}  # it is no flag of the trainer's


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"base": {"vram": "much"}}, "a.toml: base: vram = 'much': write a size with its unit"),
        ({"vram": "0 GiB"}, "a.toml: vram = '0 GiB': write more than nothing"),
        ({"vram": "9" * 400 + " GiB"}, "write a size with its unit"),
        ({"time_limit_hours": 10**400}, "write a number above 0"),
        ({"experiment": [{"id": "A", "expected_hours": float("inf")}]}, "write a number of at least 0"),
    ],
)
def test_a_need_that_is_no_size_is_refused(content: dict[str, object], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        plan_from({"name": "a", "experiment": [{"id": "A"}], **content}, "a.toml")


def test_a_wrong_value_of_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    plan = tmp_path / "p.toml"
    plan.write_text('name = "p"\n[base]\nlr = [1]\n[[experiment]]\nid = "A"\n')
    with pytest.raises(PlanError, match=r"p\.toml: base: lr = .* \(at line 3\)$"):
        load_plan(str(plan))
    plan.write_text('name = "p"\n[[experiment]]\nid = "A"\n[[experiment]]\nid = "B"\nflags = { lr = [1] }\n')
    with pytest.raises(PlanError, match=r"experiment B: flags: lr = .* \(at line 6\)$"):
        load_plan(str(plan))
    plan.write_text('name = "p"\n[[experiment]]\nid = "A"\npriorty = "high"\n')
    with pytest.raises(PlanError, match=r"there is no such key.* \(at line 4\)$"):
        load_plan(str(plan))


@pytest.mark.parametrize(("written", "splits"), [(3, (0, 1, 2)), ([4, 0], (4, 0)), (None, ())])
def test_splits_are_as_many_as_the_plan_says_or_those_that_it_lists(written: object, splits: tuple[int, ...]) -> None:
    content = {"name": "a", "experiment": [{"id": "A"}]} | ({} if written is None else {"splits": written})
    assert plan_from(content, "a.toml").splits == splits
