"""Which device is free, why another is not, and what a trainer is shown, on a driver that the test makes."""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from iqa_tui.commands import listing_json
from iqa_tui.devices import survey as devices
from iqa_tui.devices.device import names_device
from iqa_tui.devices.fitting import can_start
from iqa_tui.devices.gpus.driver import Driver
from iqa_tui.devices.survey import Surveyor
from iqa_tui.errors import PlanError
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.processes.marks import Mark
from iqa_tui.processes.start import child_environment, program
from iqa_tui.queue.check import check
from iqa_tui.service.trainer_call import trainer_environment
from tests.fakes.lab import Lab, wait_until
from tests.fakes.needs import GIB, SPEC
from tests.fakes.nvml import VERSION_MISMATCH, FakeGpus
from training.runfolder.read import read_spec


def reasons(surveyor: Surveyor | None = None) -> list[str]:
    return [state.reason for state in (surveyor or Surveyor()).survey().devices]


def test_what_others_do_on_a_gpu_is_said_in_words(lab: Lab, gpus: FakeGpus) -> None:
    gpus.count = 4
    gpus.used_mib = {0: 21_811, 1: 21_811}
    gpus.processes = [(0, 4_000_000, 21_811)]
    gpus.percent = {2: 97}
    gpus.write()
    assert reasons() == [
        "held by pid 4000000 (21.3 GiB)",
        "21.3 of 80 GiB are in use by a process that cannot be seen from here: `vram` in the plan lets a run share it",
        "it is 97% busy",
        "free",
    ]


def test_who_surveys_again_and_again_is_not_held_up_by_the_first_answer(lab: Lab, gpus: FakeGpus) -> None:
    gpus.says = ["hang 0 temperature 30"]
    gpus.write()
    survey = Surveyor(patience_seconds=0.3).survey()
    assert survey.is_blind
    said = (
        r"The NVIDIA driver has not answered for <?[0-4] s \(it may be waking up; `sudo nvidia-smi -pm 1`, persistence "
    )
    assert re.match(said + r"mode, keeps it awake\): runs wait for it; ", survey.note)
    assert "`iqa-tui doctor`" in survey.note


def test_a_gpu_is_free_after_three_idle_samples_in_the_settling_time(lab: Lab, gpus: FakeGpus) -> None:
    surveyor = Surveyor(settle_seconds=0.6)
    began = time.monotonic()
    assert reasons(surveyor) == ["idle 0 of 1 s, then free"] * 2
    while "free" not in reasons(surveyor):
        assert time.monotonic() < began + 20
        time.sleep(0.05)
    assert time.monotonic() - began >= 0.6
    gpus.percent = {0: 50}
    gpus.write()
    wait_until(lambda: reasons(surveyor) == ["it is 50% busy", "free"], "the next sample")


@pytest.mark.parametrize(
    ("mask", "allowed"), [("1", [1]), ("-1,0", []), ("", []), ("0,-1,1", [0]), ("GPU-fake1", [1]), ("1,0", [0, 1])]
)
def test_an_inherited_mask_leaves_gpus_out(
    lab: Lab, gpus: FakeGpus, monkeypatch: pytest.MonkeyPatch, mask: str, allowed: list[int]
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", mask)
    survey = Surveyor().survey()
    assert [state.device.index for state in survey.devices if state.allowed and state.device.kind == "gpu"] == allowed
    if not allowed:
        assert survey.note.startswith("CUDA_VISIBLE_DEVICES hides every GPU")


def test_a_mask_holds_for_what_is_launched_while_the_driver_is_silent(
    lab: Lab, gpus: FakeGpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iqa_tui.queue.enqueue.ensure_dispatcher", lambda runs_dir: None)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    (run,) = lab.launch({})
    assert read_spec(run).devices == [gpus.uuid(1)]
    gpus.init = VERSION_MISMATCH
    gpus.write()
    (run,) = lab.launch({})
    assert read_spec(run).devices == ["1"]
    check(LaunchRequest(lab.plan({}), devices=("1", "0:2", gpus.uuid(0), "cpu"), runs_dir=lab.runs_dir))
    with pytest.raises(PlanError, match="--devices first: this machine has no such device"):
        check(LaunchRequest(lab.plan({}), devices=("first",), runs_dir=lab.runs_dir))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    (run,) = lab.launch({})
    assert read_spec(run).devices == ["cpu"]


def test_parts_of_a_divided_gpu_are_devices_of_their_own(lab: Lab, gpus: FakeGpus) -> None:
    gpus.parts = [(1, 0, 12), (1, 1, 9000)]
    gpus.write()
    whole, first, second = Surveyor().survey().devices
    assert [state.device.label for state in (whole, first, second)] == ["GPU 0", "GPU 1:0", "GPU 1:1"]
    assert [state.reason for state in (whole, first)] == ["free", "free"]
    assert not second.free
    assert [names_device(entry, first.device) for entry in ("1", "1:0", "1:1", "0", "MIG-fake1-0", "cpu")] == [
        *(True, True, False, False, True, False),
    ]


def shown(*states: devices.DeviceState, **env: str) -> str:
    records = [json.loads(json.dumps(asdict(state.device))) for state in states]
    return trainer_environment(replace(SPEC, env=env), records, Mark(5, 1, "ab"), {})["CUDA_VISIBLE_DEVICES"]


def test_a_trainer_is_shown_its_gpu_by_place_or_if_that_is_doubtful_by_uuid(lab: Lab, gpus: FakeGpus) -> None:
    gpus.bus_ids = ["00000000:C1:00.0", "00000000:01:00.0"]
    gpus.write()
    first, second = Surveyor().survey().devices
    assert (first.device.key, second.device.key) == (gpus.uuid(1), gpus.uuid(0))  # PCI order, not the driver's
    assert shown(first, second) == "0,1"
    assert shown(second, IQA_TUI_CUDA_UUIDS="1") == gpus.uuid(0)
    gpus.parts = [(1, 3, 12)]
    gpus.write()
    part, whole = Surveyor().survey().devices
    assert shown(part) == gpus.part_uuid(1, 3)
    assert shown(whole) == gpus.uuid(0)


def test_a_forbidden_gpu_gets_no_run_and_a_mask_counts_without_it(
    lab: Lab, gpus: FakeGpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a batch job that was given the second GPU: CUDA's number of that is 0."""
    dev = tmp_path / "dev"
    dev.mkdir()
    for name in ("nvidiactl", "nvidia1"):
        (dev / name).touch()
    gpus.minors = {0: 0, 1: 1}
    gpus.write()
    command = program("iqa_tui.devices.gpus.sampler", str(dev))
    monkeypatch.setattr(devices, "open_driver", lambda _patience: Driver(command, child_environment()))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    given, forbidden = Surveyor().survey().devices
    assert (given.device.key, given.device.label, given.reason) == (gpus.uuid(1), "GPU 0", "free")
    assert shown(given) == gpus.uuid(1)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    _, forbidden = Surveyor().survey().devices
    assert forbidden.reason.startswith(f"it is forbidden to you: {dev}/nvidia0 cannot be opened (No such file")
    assert not can_start(SPEC, forbidden, "gpu")
    assert not can_start(replace(SPEC, vram_bytes=GIB), forbidden, "gpu")


def test_while_the_driver_hangs_status_answers_and_nothing_is_free(
    lab: Lab, gpus: FakeGpus, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    surveyor = Surveyor()
    monkeypatch.setattr(
        devices,
        "open_driver",
        lambda _patience: Driver(
            program("iqa_tui.devices.gpus.sampler"),
            child_environment(),
            start_seconds=30.0,
            answer_seconds=0.1,
            give_up_seconds=60,
        ),
    )
    before = surveyor.survey()
    assert [state.free for state in before.devices] == [True, True]
    gpus.says = ["hang 0 temperature 30"]
    gpus.write()
    after = surveyor.survey()
    assert [state.free for state in after.devices] == [False, False]
    assert re.fullmatch(r"not seen for <?\d+ s: its driver does not answer", after.devices[0].reason)
    assert after.devices[0].sample == before.devices[0].sample
    assert after.sampled_at == before.sampled_at
    assert after.default_kind == "gpu"  # no run goes to the CPU because the driver is slow
    assert "runs wait for it" in after.note
    gpus.says = ["crash 0 temperature"]
    gpus.write()
    assert listing_json.print_json(lab.runs_dir) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["note"].startswith("A query of the NVIDIA driver crashed (SIGSEGV): runs wait for it")
