"""What a run needs of devices, as a plan declares it: for all rows, in [base] or in an experiment."""

from __future__ import annotations

from dataclasses import dataclass

from iqa_tui.plans.toml_table import TomlTable

LAUNCHER_KEYS = frozenset({"vram", "gpus"})
"""Of [base]: what is no flag of the trainer."""
PROCESSES = "processes"
"""Our trainer's flag for several devices; the launcher sets it by `gpus`."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Of one run."""

    vram_bytes: int | None = None
    """It may share a GPU if it declares so; None: a GPU for itself."""
    gpus: int = 1
    """GPUs (on a machine without any: CPU slots) that it gets together."""


def read_needs(table: TomlTable, default: Needs) -> Needs:
    """What a table says, and the default for what it does not say.

    Raises:
        PlanError: no size, no number, or a share of several GPUs.
    """
    vram, gpus = table.size("vram"), table.whole_number("gpus", at_least=1)
    needs = Needs(vram or default.vram_bytes, gpus or default.gpus)
    if needs.gpus > 1 and needs.vram_bytes is not None:
        key = "gpus" if gpus else "vram"
        raise table.wrong(key, "leave vram out: a run of several GPUs has each of them for itself.")
    return needs
