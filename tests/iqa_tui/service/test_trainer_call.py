"""How a trainer is called."""

from __future__ import annotations

import pytest

from iqa_tui.processes.marks import Mark
from iqa_tui.service.trainer_call import trainer_environment
from training.runfolder.schema import Spec

GPU = {"key": "GPU-1", "kind": "gpu", "index": 1, "name": "a GPU"}
CPU = {"key": "cpu-0", "kind": "cpu", "index": 0, "name": "CPU"}


def spec(vram_bytes: int | None = None) -> Spec:
    return Spec("r", "g", "l", ["python", "-m", "training"], 0.0, vram_bytes=vram_bytes)


@pytest.mark.parametrize(("vram_bytes", "said"), [(None, None), (10 << 30, str(10 << 30))])
def test_a_trainer_that_shares_a_gpu_knows_how_much_of_it_is_its_own(vram_bytes: int | None, said: str | None) -> None:
    env = trainer_environment(spec(vram_bytes), [GPU], Mark(7, 1, "token"), {})
    assert env.get("IQA_TUI_VRAM_BYTES") == said
    assert (env["IQA_TUI_DEVICE"], env["CUDA_VISIBLE_DEVICES"]) == ("cuda", "1")
    assert "IQA_TUI_VRAM_BYTES" not in trainer_environment(spec(vram_bytes), [CPU], Mark(7, 1, "token"), {})
