"""What `python -m training --check` prints: which settings a run would use, and how large it would be."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.runfolder.engines import FORMAT
from training.runfolder.read import parse_record


@dataclass(frozen=True, slots=True)
class TrainerFacts:
    """What the trainer knows of a run before it trains."""

    settings: dict[str, Any]
    """Flag to value as used, defaults included."""
    loss_type: str
    dataset: str
    protocol: str
    network: str
    """Its name in tables, for example `swin-base`."""
    backbone: str
    """Its name in timm."""
    weights: str
    """`pretrained`, `none`, or a file."""
    data_folder: str
    """The folder that the run reads, which may not exist; for `csv` the file."""
    cache_folder: str
    """The folder of the cache of decoded images."""
    parameters: int | None = None
    """Of the whole network; None: not asked for, or torch is not installed."""
    checkpoint_bytes: int | None = None
    """Of one `last.pt`; None as for `parameters`."""
    data_folders: list[str] = field(default_factory=list)
    """As `data_folder`, of each data set; of the demo, which has no files, none."""
    format: int = FORMAT

    @property
    def data_path(self) -> Path:
        return Path(self.data_folder)

    @property
    def cache_path(self) -> Path:
        return Path(self.cache_folder)


def read_facts(printed: str) -> TrainerFacts:
    """The facts in what the trainer printed: its last line, as what a user's Python prints at its start comes before.

    Raises:
        RunFolderError: they cannot be understood, or a later version printed them.
    """
    line = (printed.strip().splitlines() or [""])[-1]
    return parse_record(line.encode(), TrainerFacts, Path("python -m training --check"))


def facts_line(facts: TrainerFacts) -> str:
    """One line of JSON."""
    content = {name: getattr(facts, name) for name in TrainerFacts.__dataclass_fields__}
    return json.dumps(content)
