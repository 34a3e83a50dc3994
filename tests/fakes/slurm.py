"""Slurm's programs on PATH: they write down how they were called, and answer what a test set."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iqa_tui.slurm import ask, here, look

PROGRAM = """#!{python}
import json, os, sys
from pathlib import Path
folder = Path({folder!r})
name = Path(sys.argv[0]).name
given = "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read()
names = [each for each in os.environ if each.startswith(("SLURM_", "SBATCH_", "SQUEUE_"))]
with (folder / "calls.jsonl").open("a") as file:
    file.write(json.dumps(dict(argv=[name, *sys.argv[1:]], given=given, names=sorted(names))) + "\\n")
words = [name, *sys.argv[1:]]
for count in range(len(words), 0, -1):
    answer = folder / ("_".join(words[:count]).replace("/", "-")[:120] + ".json")
    if answer.exists():
        found = json.loads(answer.read_text())
        break
else:
    sys.exit(0)
if found.get("next"):
    number = int((folder / "next").read_text())
    (folder / "next").write_text(str(number + 1))
    print(number)
print(found["out"], end="")
print(found["err"], end="", file=sys.stderr)
sys.exit(found["code"])
"""
CONFIG = "ClusterName             = lab\nKillWait                = 30 sec\n"


class FakeSlurm:
    """What its programs answer, and how they were called."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.jobs: dict[str, tuple[str, ...]] = {}

    def answers(self, *words: str, out: str = "", err: str = "", code: int = 0) -> None:
        """What a program prints if it is called with these first words, from the next question on."""
        let_questions_end()
        name = "_".join(words).replace("/", "-")[:120]
        (self._folder / f"{name}.json").write_text(json.dumps({"out": out, "err": err, "code": code}))

    def is_silent(self) -> None:
        """The controller is down."""
        for name in ("sbatch", "squeue", "scancel", "scontrol", "sinfo"):
            self.answers(name, err=f"{name}: error: Unable to contact slurm controller (connect failure)\n", code=1)
        self._forget("sbatch_--test-only", "scontrol_show")

    def is_well(self, *, next_job: int = 4711) -> None:
        (self._folder / "next").write_text(str(next_job))
        (self._folder / "sbatch.json").write_text(json.dumps({"next": True, "out": "", "err": "", "code": 0}))
        self.answers("sbatch", "--test-only")
        self.answers("scontrol", out="")
        self.answers("scontrol", "show", "config", out=CONFIG)
        self.answers("squeue")
        self.answers("scancel")
        self.answers("sinfo", out="gpu|infinite\nshort|2:00\n")

    def _forget(self, *names: str) -> None:
        for path in self._folder.glob("*.json"):
            if path.stem.startswith(names):
                path.unlink()

    def shows(self, job: str, state: str, run_id: str, **fields: str) -> None:
        """squeue shows this job from now on."""
        parts = {"reason": "None", "node": "", "starts": "N/A", "ends": "N/A", "limit": "1:00:00", "left": "1:00:00"}
        parts |= {"partition": "gpu", "submitted": "0", **fields}
        names = ("reason", "node", "starts", "ends", "limit", "left", "partition", "submitted")
        self.jobs[job] = (job, state, *(parts[name] for name in names), f"iqa-tui:{run_id}")
        self.answers("squeue", out="".join("|".join(line) + "\n" for line in self.jobs.values()))

    def shows_nothing(self) -> None:
        self.jobs.clear()
        self.answers("squeue")

    def calls(self, *words: str) -> list[dict[str, object]]:
        """Every call that begins with these words."""
        path = self._folder / "calls.jsonl"
        found = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [call for call in found if call["argv"][: len(words)] == list(words)]


def let_questions_end() -> None:
    """A thread that still asks would bring an older answer, and keep another question from being asked."""
    if look._Asking.thread is not None:
        look._Asking.thread.join()


def make_programs(folder: Path) -> FakeSlurm:
    """The programs in a new folder, for the front of PATH; their controller answers."""
    folder.mkdir()
    for name in ("sbatch", "squeue", "scancel", "scontrol", "sinfo", "sacct"):
        program = folder / name
        program.write_text(PROGRAM.format(python=sys.executable, folder=str(folder)))
        program.chmod(0o755)
    fake = FakeSlurm(folder)
    fake.is_well()
    return fake


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlurm]:
    """Slurm on PATH, with a controller that answers, and a state folder of its own."""
    folder = tmp_path / "slurm"
    fake = make_programs(folder)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("IQA_TUI_STATE", str(tmp_path / "state"))
    here.cluster.cache_clear()
    monkeypatch.setattr(look, "PERIOD_SECONDS", 0.0)
    monkeypatch.setattr(ask._Heard, "silent", float("-inf"))
    yield fake
    let_questions_end()
