"""Real runs on one made GPU: several share it where their plan declares what they need, and it is freed with the last
process of each.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from iqa_tui.devices.device import Device
from iqa_tui.devices.lease import lease_holders
from iqa_tui.devices.survey import Surveyor
from tests.fakes.lab import Lab, is_alive, process, state, stub, wait_for, wait_for_end, wait_until
from tests.fakes.nvml import FakeGpus
from tests.fakes.waits import waiting_reasons
from training.runfolder.phase import Phase
from training.runfolder.read import read_spec

GIB = 1 << 30


@pytest.fixture
def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGpus:
    monkeypatch.setenv("IQA_TUI_GPU_SETTLE_SECONDS", "0.3")
    return FakeGpus(tmp_path / "driver", count=1, used_mib={0: 0}).seen_by(monkeypatch)


def test_two_runs_share_a_gpu_the_third_waits_for_room_and_the_fourth_for_all_of_it(lab: Lab, gpus: FakeGpus) -> None:
    go = lab.folder / "go"
    until = {"flags": {"until": str(go)}, "vram": "30 GiB"}
    runs = lab.launch(until, until, until, {})  # S4 declares nothing
    for run in runs[:2]:
        assert stub(run)["env"]["CUDA_VISIBLE_DEVICES"] == "0"
        wait_for(run, Phase.RUNNING)
    assert [state(run) for run in runs] == [Phase.RUNNING, Phase.RUNNING, Phase.QUEUED, Phase.QUEUED]
    (shared,) = Surveyor().survey().devices
    assert sorted(holder.label for holder in shared.holders) == ["S1", "S2"]
    assert shared.left_bytes == int(19.5 * GIB)
    reasons = waiting_reasons([(run, read_spec(run)) for run in runs[2:]], Surveyor().survey())
    for words in reasons.values():
        assert "GPU 0 shared by S" in words
        assert words.endswith("(30.0 GiB); 19.5 GiB left")
    assert reasons[runs[2].run_id].startswith("needs 30.0 GiB of a GPU")
    go.touch()
    wait_for_end(*runs)
    assert {state(run) for run in runs} == {Phase.FINISHED}
    wait_until(lambda: not lease_holders(gpus.uuid(0)), "the GPU to be free")


@pytest.mark.parametrize("need", [None, 30 * GIB])
def test_a_lease_is_freed_with_the_last_process_of_the_run_and_not_before(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, need: int | None
) -> None:
    monkeypatch.setattr("iqa_tui.queue.enqueue.ensure_dispatcher", lambda runs_dir: None)
    row = {"flags": {"seconds": 60, "fork": True}, **({"vram": f"{need} B"} if need else {})}
    (run,) = lab.launch(row)
    supervisor = lab.supervise(run, Device("GPU-1", "gpu", 0, "H100", room_bytes=80 * GIB))
    told = stub(run)
    trainer = process(run).pid

    def held() -> list[int | None]:
        return [holder.reserved_bytes for holder in lease_holders("GPU-1")]

    assert held() == [need]
    supervisor.kill()
    supervisor.wait()
    assert held() == [need]
    os.kill(trainer, signal.SIGKILL)
    wait_until(lambda: not is_alive(trainer), "the trainer to end")
    assert is_alive(told["forked"])
    assert held() == [need]
    os.kill(told["forked"], signal.SIGKILL)
    wait_until(lambda: not held(), "the lease to be free")
