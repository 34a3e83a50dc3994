"""From a plan to queued runs."""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.errors import LaunchError
from iqa_tui.plans.flags import command_for, group_name
from iqa_tui.plans.plan import Plan, load_plan
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue import dispatching
from iqa_tui.queue import enqueue as queue
from iqa_tui.queue.enqueue import enqueue
from iqa_tui.trust.signature import write_signed
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_spec
from training.runfolder.spec import Spec
from training.runfolder.status import run_status

F2 = """python -m training
  --dataset koniq-10k --model_size base --batch_size 32 --epochs 5 --patience 5
  --train_patch_num 20 --test_patch_num 20 --train_test_num 1
  --attention_fusion --ranking_loss_alpha 0 --loss_type l2
  --lr 5e-6 --weight_decay 2e-4 --drop_path_rate 0.3 --dropout_rate 0.4
  --lr_scheduler cosine --test_random_crop --no_spaq --no_color_jitter"""


@pytest.fixture
def plan() -> Plan:
    return load_plan("koniq-losses")


@pytest.fixture
def no_dispatcher(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(queue, "ensure_dispatcher", lambda runs_dir: None)
    monkeypatch.setenv("IQA_TUI_LEASES", str(tmp_path / "leases"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def flags(command: list[str]) -> dict[str, str]:
    """Flag to value, numbers in one spelling."""
    found: dict[str, str] = {}
    name = ""
    for word in command:
        if word.startswith("--"):
            name = word
            found[name] = ""
        elif name:
            found[name] = word
    return {name: str(float(value)) if value[:1].isdigit() else value for name, value in found.items()}


def test_the_command_of_f2_is_the_one_of_the_experiment(plan: Plan) -> None:
    command = command_for(plan, plan.experiment("F2"), {}, None)
    assert command[:3] == ["python", "-m", "training"]
    assert flags(command) == flags(F2.split())


def test_overrides_replace_switch_on_and_switch_off(plan: Plan) -> None:
    overrides = {"epochs": "1", "attention_fusion": "false", "no_multiscale": "true"}
    command = command_for(plan, plan.experiment("F2"), overrides, 7)
    assert command[command.index("--epochs") + 1] == "1"
    assert command.count("--epochs") == 1
    assert "--attention_fusion" not in command
    assert command[command.index("--no_multiscale") + 1].startswith("--")
    assert command[-2:] == ["--seed", "7"]


def test_a_group_is_named_after_changed_settings_and_not_after_paths(plan: Plan) -> None:
    assert group_name(plan, {}) == "koniq-losses"
    assert group_name(plan, {"lr": "1e-5", "epochs": "1"}) == "koniq-losses epochs=1 lr=1e-5"
    assert (
        group_name(plan, {"data_path": "/data", "num_workers": "2", "seed": "3", "split_seed": "3"}) == "koniq-losses"
    )
    assert group_name(plan, {"epochs": "5", "lr": "0.000005"}) == "koniq-losses"
    assert group_name(plan, {"no_multiscale": "true"}) == "koniq-losses no_multiscale=true"


def test_a_launch_writes_one_spec_for_each_experiment_and_seed(plan: Plan, tmp_path: Path, no_dispatcher: None) -> None:
    runs = enqueue(LaunchRequest(plan, experiments=("F2", "F4"), seeds=(1, 2), runs_dir=tmp_path / "runs"))
    specs = [read_spec(run) for run in runs]
    assert [(spec.experiment, spec.seed) for spec in specs] == [("F2", 1), ("F4", 1), ("F2", 2), ("F4", 2)]
    assert {run_status(run).phase for run in runs} == {Phase.QUEUED}
    assert len({spec.created for spec in specs}) == 1
    first = specs[0]
    assert (first.label, first.group, first.dataset, first.network, first.loss_type, first.priority) == (
        ("L2 (MSE)", "koniq-losses", "koniq-10k", "swin-base", "l2", "high")
    )
    assert first.argv[-2:] == ["--run_folder", "{run_folder}"]
    assert first.expected_srcc == [0.930, 0.935]
    assert first.plan == plan.content
    assert first.cwd == str(Path.cwd())
    assert first.created_by.count("@") == 1


@pytest.mark.parametrize(
    ("room_for", "code", "words"),
    [
        (0, errno.ENOSPC, r"cannot be written \(No space left on device\)\. Make room\. No run is queued\.$"),
        (1, errno.EDQUOT, r"Make room\. 1 of 2 runs are queued; then `iqa-tui retry --missing` starts them"),
        (0, errno.EROFS, r"cannot be written \(Read-only file system\)\. Name another folder by --runs-dir\. No run"),
    ],
)
@pytest.mark.usefixtures("no_dispatcher")
def test_a_launch_that_a_disk_refuses_says_what_is_queued_and_leaves_no_empty_folders(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room_for: int, code: int, words: str
) -> None:
    written: list[Path] = []

    def write(run: RunFolder, spec: Spec, variables: dict[str, str]) -> None:
        if len(written) == room_for:
            run.environment.write_text("{}")  # it had room for that much
            raise OSError(code, os.strerror(code))
        write_signed(run, spec, variables)
        written.append(run.spec)

    monkeypatch.setattr(queue, "write_signed", write)
    with pytest.raises(LaunchError, match=words):
        enqueue(LaunchRequest(plan, experiments=("F2", "F4"), runs_dir=tmp_path / "runs"))
    assert sorted(path.parent for path in written) == sorted((tmp_path / "runs").iterdir())


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EAGAIN, "no more processes .ulimit -u"), (errno.ENOMEM, "no memory for one more")]
)
def test_a_launch_whose_dispatcher_the_system_refuses_to_start_is_queued_and_names_no_other_folder(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number), sys.executable)

    monkeypatch.setattr(dispatching, "start_detached", refuse)
    with pytest.raises(LaunchError, match=f"no dispatcher can be started: .*{words}.* All runs are queued") as refused:
        enqueue(LaunchRequest(plan, experiments=("F2",), runs_dir=tmp_path / "runs"))
    assert "--runs-dir" not in str(refused.value)
    assert len(list_runs(tmp_path / "runs")) == 1


def test_nothing_is_queued_while_the_users_own_state_cannot_be_written(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IQA_TUI_STATE", "/proc/state")
    with pytest.raises(LaunchError, match=r"/proc/state: .* IQA_TUI_STATE"):
        enqueue(LaunchRequest(plan, experiments=("F2",), runs_dir=tmp_path / "runs"))
    assert not (tmp_path / "runs").exists()


def test_a_plan_with_several_repetitions_makes_a_run_of_each_seed(
    plan: Plan, tmp_path: Path, no_dispatcher: None
) -> None:
    changed = {"train_test_num": "3", "seed": "5"}
    request = LaunchRequest(plan, experiments=("F2",), overrides=changed, runs_dir=tmp_path / "runs")
    specs = [read_spec(run) for run in enqueue(request)]
    assert [spec.seed for spec in specs] == [5, 6, 7]
    assert {spec.group for spec in specs} == {"koniq-losses"}
    assert [flags(spec.argv)["--train_test_num"] for spec in specs] == ["1.0"] * 3
    assert replace(request, seeds=(1, 2)).seeds_or_default() == (1, 2)
    assert replace(request, plan=replace(plan, command=["python", "other.py"])).seeds_or_default() == (5,)


def test_a_plan_with_splits_makes_a_run_of_each_split_and_seed_in_one_group(
    plan: Plan, tmp_path: Path, no_dispatcher: None
) -> None:
    livec = replace(plan, base={**plan.base, "dataset": "livec"}, splits=(0, 3))
    request = LaunchRequest(livec, experiments=("F2", "F3"), seeds=(1, 2), runs_dir=tmp_path / "runs")
    specs = [read_spec(run) for run in enqueue(request)]
    assert [(spec.split, spec.seed, spec.experiment) for spec in specs] == [
        (split, seed, row) for split in (0, 3) for seed in (1, 2) for row in ("F2", "F3")
    ]
    assert {spec.group for spec in specs} == {"koniq-losses"}
    assert len({spec.run_id for spec in specs}) == 8
    alone = replace(request, plan=replace(livec, splits=()), overrides={"split_seed": "5"})
    assert {(spec.split, spec.group) for spec in map(read_spec, enqueue(alone))} == {(5, "koniq-losses")}


def test_a_run_gets_one_repetition_if_its_plan_says_nothing(plan: Plan) -> None:
    base = {flag: value for flag, value in plan.base.items() if flag != "train_test_num"}
    silent = replace(plan, base=base)
    assert LaunchRequest(silent).seeds_or_default() == (42,)
    assert flags(command_for(silent, plan.experiment("F2"), {}, 42))["--train_test_num"] == "1.0"
    other = replace(silent, command=["python", "other.py"])
    assert "--train_test_num" not in command_for(other, plan.experiment("F2"), {}, 42)


def test_a_mask_that_hides_every_gpu_is_no_reason_to_wait_on_a_machine_without_any(
    plan: Plan, tmp_path: Path, no_dispatcher: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    (run,) = enqueue(LaunchRequest(plan, experiments=("F2",), runs_dir=tmp_path / "runs"))
    assert read_spec(run).devices is None
