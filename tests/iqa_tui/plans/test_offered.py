"""Partitions of Slurm as a choice of a launch, beside the devices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.plans.choice import LaunchChoice
from iqa_tui.plans.offered import OfferedDevice, OfferedPartition
from iqa_tui.plans.plan import plan_from

SMALL = plan_from(
    {
        "name": "small",
        "base": {"dataset": "koniq-10k", "lr": 5e-6},
        "experiment": [{"id": "B", "expected_hours": 2.0}, {"id": "C", "expected_hours": 1.0}],
    },
    "small.toml",
)
GPUS = (OfferedDevice("GPU-a", "GPU 0", "gpu"), OfferedDevice("MIG-b", "GPU 1:2", "gpu"))
CHOICE = replace(
    LaunchChoice(Path("runs")).with_plans({"small": SMALL}), plan_name="small", devices=GPUS, device_kind="gpu"
)
PARTITIONS = (
    OfferedPartition("gpu", "3 of 4 GPUs taken", is_default=True),
    OfferedPartition("short", "closed", limit_hours=0.5),
)
LONGER = (
    "B, C take longer than short allows: a job that reaches the limit writes a checkpoint, and Slurm starts it again "
    "from there"
)


def test_a_ticked_partition_takes_the_place_of_the_devices_and_gives_them_back() -> None:
    offered = replace(CHOICE.tick_device("MIG-b"), partitions=PARTITIONS)
    assert offered.request().engine == "local"
    slurm = offered.tick_device("slurm.gpu")
    assert slurm.device_ticks() == {"GPU-a": False, "MIG-b": False, "slurm.gpu": True, "slurm.short": False}
    request = slurm.request()
    assert (request.engine, request.devices, request.slurm) == ("slurm", None, {})
    assert slurm.tick_device("slurm.short").request().slurm == {"partition": "short"}
    back = slurm.tick_device("GPU-a")
    assert back.device_ticks() == {"GPU-a": True, "MIG-b": False, "slurm.gpu": False, "slurm.short": False}
    assert slurm.tick_device("slurm.gpu").device_ticks() == offered.device_ticks()


def test_the_partition_of_the_plan_is_asked_for_only_if_another_one_is_ticked() -> None:
    content = {**SMALL.content, "slurm": {"partition": "gpu", "gres": "gpu:a100:1"}}
    plan = plan_from(content, "small.toml")
    offered = replace(CHOICE, plans={"small": plan}, partitions=PARTITIONS)
    assert offered.tick_device("slurm.gpu").request().slurm == {}
    assert offered.tick_device("slurm.short").request().slurm == {"partition": "short"}


@pytest.mark.parametrize(
    ("slurm", "of_c", "ticked"),
    [
        ({"partition": "short"}, {}, "slurm.short"),
        ({"gres": "gpu:1"}, {}, "slurm.gpu"),  # the cluster's own default
        ({"partition": "gpu"}, {"partition": "short"}, "cpu-0"),  # several: a tick would send all to one
        ({"partition": "gone"}, {}, "cpu-0"),
        ({}, {}, "cpu-0"),
    ],
)
def test_without_a_gpu_here_the_partition_of_the_plan_is_ticked_until_the_user_ticks(
    slurm: dict[str, str], of_c: dict[str, str], ticked: str
) -> None:
    rows = [{**row, **({"slurm": of_c} if row["id"] == "C" and of_c else {})} for row in SMALL.content["experiment"]]
    plan = plan_from({**SMALL.content, "experiment": rows, **({"slurm": slurm} if slurm else {})}, "small.toml")
    cpu = (OfferedDevice("cpu-0", "CPU 0", "cpu"),)
    here = replace(CHOICE, plans={"small": plan}, devices=cpu, device_kind="cpu", partitions=PARTITIONS)
    assert [key for key, is_ticked in here.device_ticks().items() if is_ticked] == [ticked]
    by_user = here.tick_device("cpu-0") if ticked != "cpu-0" else here
    assert by_user.device_ticks()["cpu-0"]
    assert by_user.request().engine == "local"
    with_gpus = replace(here, devices=GPUS, device_kind="gpu")
    assert with_gpus.request().engine == "local"


def test_the_question_says_what_slurm_is_asked_and_how_much_work_it_is() -> None:
    slurm = replace(CHOICE, partitions=PARTITIONS, settings="epochs=1 slurm.gres=gpu:2").tick_device("slurm.short")
    assert slurm.summary()[1:5] == [
        "settings: epochs=1",
        "Slurm, partition short: 2 jobs, 3.0 h of work; Slurm says when each starts",
        "B, C: sbatch --partition=short --gres=gpu:2",
        LONGER,
    ]
    assert slurm.schedules() == {}
    assert slurm.timeline().words == "2 jobs, 3.0 h of work"
    assert slurm.obstacle() is None


def test_options_of_slurm_need_a_partition_and_a_key_that_there_is() -> None:
    for settings, words in (
        ("slurm.gres=gpu:2", "Settings: slurm.gres=…: tick a partition of Slurm, or leave it out."),
        ("slurm.gress=gpu:2", "Settings: 'gress=gpu:2' is no KEY=VALUE of Slurm."),
    ):
        obstacle = replace(CHOICE, partitions=PARTITIONS, settings=settings).obstacle()
        assert obstacle is not None
        assert obstacle.words.startswith(words)
