"""How a trainer is called: its command, and the environment that shows it its devices. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iqa_tui.devices.cpu_slots import threads_per_slot
from iqa_tui.processes.marks import MARK_VARIABLE, Mark
from iqa_tui.queue.beginning import goes_on
from training.runfolder.layout import RunFolder
from training.runfolder.spec import Spec

FENCE_VARIABLE = "IQA_TUI_FENCE"
"""The nonce of our `owner.json`: a trainer that finds another one there writes nothing more."""
UUIDS_VARIABLE = "IQA_TUI_CUDA_UUIDS"
"""`1`: trainers are shown their GPUs by UUID instead of by number. MIG instances always are."""

VRAM_VARIABLE = "IQA_TUI_VRAM_BYTES"
"""How much GPU memory the plan declared: our trainer takes no more, so that runs beside it keep theirs."""
FOLDER_VARIABLE = "IQA_TUI_FOLDER"
"""A descriptor of the run's folder, which our trainer holds instead of its name."""

LEASE_KEY = "lease"
"""In what the dispatcher says of a device: the descriptor of its lease, if it hands one over."""

DeviceRecord = dict[str, Any]
"""key, kind, index, name, by_uuid: what `process.json` says of a device."""


def trainer_command(run: RunFolder, spec: Spec) -> list[str]:
    """The spec's command with the run's folder in its place, and `--resume` if our trainer has a checkpoint."""
    command = [word.replace("{run_folder}", str(run.shown)) for word in spec.argv]
    if goes_on(run, spec):
        command.append("--resume")
    return command


def trainer_environment(
    spec: Spec, devices: list[DeviceRecord], mark: Mark, variables: Mapping[str, str]
) -> dict[str, str]:
    """What the trainer sees: its devices and no other, which attempt it is, and the mark of its run's processes.

    Args:
        variables: of the launching shell. Nothing of the dispatcher's or the supervisor's own reaches a trainer.
    """
    env = {**variables, **spec.env, "IQA_TUI_ATTEMPT": str(mark.attempt), MARK_VARIABLE: mark.text}
    gpus = [device for device in devices if device["kind"] == "gpu"]
    if gpus:
        by_uuid = env.get(UUIDS_VARIABLE) == "1" or any(device.get("by_uuid") for device in gpus)
        # We count in PCI order; CUDA would count by speed.
        return {
            **env,
            "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
            "CUDA_VISIBLE_DEVICES": ",".join(str(device["key" if by_uuid else "index"]) for device in gpus),
            "IQA_TUI_DEVICE": "cuda",
            **({} if spec.vram_bytes is None else {VRAM_VARIABLE: str(spec.vram_bytes)}),
        }
    env.setdefault(
        "OMP_NUM_THREADS", str(threads_per_slot() * max(1, len(devices)))
    )  # a number that the user chose is kept
    return {**env, "CUDA_VISIBLE_DEVICES": "", "IQA_TUI_DEVICE": "cpu"}


def cannot_run_words(spec: Spec, error: OSError) -> str:
    """Why no process could be made of the spec's command."""
    what = error.filename or spec.argv[0]
    return f"its command cannot be run: {what}: {error.strerror}"
