"""What a plan asks of Slurm: `[slurm]` for all rows, `slurm = { … }` in a row for this row."""

from __future__ import annotations

from typing import Any

from iqa_tui.plans.toml_table import TomlTable
from iqa_tui.slurm.options import KEYS, checked


def read_slurm(table: TomlTable) -> dict[str, Any]:
    """Key to value; {} if the table asks nothing of Slurm.

    Raises:
        PlanError: an unknown key, or a value that cannot be meant so.
    """
    inner = table.table("slurm", '{ partition = "gpu", time = "4:00:00" }')
    if inner is None:
        return {}
    options = {}
    for key in KEYS:
        value = inner.value(key)
        if value is None:
            continue
        try:
            options[key] = checked(key, value)
        except ValueError as error:
            raise inner.wrong(key, str(error)) from None
    inner.refuse_others()
    return options
