"""The README tells the truth: its commands run, its tree and its picture are there, its example plan is a plan.

Each command runs as it stands, in a folder that has what the README says one has, plus what `SMALLER` adds to make it
short on a test machine. A command that is in no list below fails.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from iqa_tui.plans.plan import load_plan, plan_from
from tests.fakes.ablation import make_ablation
from tests.fakes.evaluations import write_evaluation
from tests.fakes.photographs import write_biq2021, write_csv_dataset, write_koniq
from tests.fakes.published_logs import write_log
from tests.fakes.runs import fail_run, finish_run, queue_experiment

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = README + "".join(path.read_text() for path in sorted((ROOT / "docs").glob("*.md")))
COMMANDS = [
    line.partition("  #")[0].strip()
    for block in re.findall(r"```console\n(.*?)```", PAGES, re.DOTALL)
    for line in block.splitlines()
]
RUN_ELSEWHERE = {
    r"make demo": "tests/system/test_demo.py runs what its recipe runs",
    r"make test": "that is this run",
    r"make check|make bench": "CI runs the first; the second measures and asserts nothing",
    r"python3 -m venv \.venv": "the environment of this run was made so",
    r"\.venv/bin/pip install \.": "this run uses what pip installed",
    r"iqa-tui .*cluster\.toml --engine slurm.*": "a cluster is needed; tests/architecture/test_cluster_page.py reads them",
    r"iqa-tui": "tests/terminal opens the app",
    r"python -m training --dataset koniq-10k .*": "tests/training runs the experiment's command on few pictures",
    r".*python -m training\.(predict|evaluate) .*": "tests/training scores pictures with a run that it trained",
}
"""Pattern of a command to what runs it."""

SMALL = {
    "weights": "none",
    "backbone": "test_efficientnet",
    "patch_size": "64",
    "batch_size": "3",
    "epochs": "1",
    "train_patch_num": "1",
    "test_patch_num": "1",
}
SMALLER = {
    "iqa-tui launch koniq-losses --set data_path=koniq-10k": "--only F2 --headless",
    "iqa-tui launch koniq-losses --only F1,F2,F3 --seeds 1,2,3 --set data_path=koniq-10k": "--headless --wait 0",
    "iqa-tui launch biq2021 --set data_path=biq2021 --headless": "--only F1",
    "iqa-tui launch lr-sweep.toml": "--only A --headless",
}
"""Launching command to what is added besides `SMALL`."""
EXIT_CODES = {
    "iqa-tui launch koniq-losses --only F1,F2,F3 --seeds 1,2,3 --set data_path=koniq-10k": 3,
    "iqa-tui archive F3 --delete": 2,
}
"""Command to its exit code, if that is not 0. 3: of nine runs some got no device within the wait of 0 s. 2: there is no
terminal here that could answer its question."""
WEIGHTS = "hub/models--timm--swin_base_patch4_window7_224.ms_in22k_ft_in1k/snapshots/abc/model.safetensors"
"""Where the Hugging Face hub keeps what a user of the preset has fetched before."""
HERE = [command for command in COMMANDS if not any(re.fullmatch(pattern, command) for pattern in RUN_ELSEWHERE)]


def example_plan() -> str:
    """All its parts together, but for what tunes the rate that its experiments set."""
    return "\n".join(part for part in toml_parts() if "[tune]" not in part)


def toml_parts() -> list[str]:
    return re.findall(r"```toml\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the README says a user has: data sets, a plan, and some runs."""
    write_koniq(tmp_path / "koniq-10k")
    write_biq2021(tmp_path / "biq2021")
    write_csv_dataset(tmp_path).rename(tmp_path / "scores.csv")
    (tmp_path / "lr-sweep.toml").write_text(example_plan())
    write_log(tmp_path / "swin_l1.log")
    (tmp_path / "runs").mkdir()
    finish_run(queue_experiment(tmp_path / "runs", "F3"), 0.9312, 0.9411)
    monkeypatch.chdir(tmp_path)
    for name, value in (("LEASES", "leases"), ("CACHE", "cache")):
        monkeypatch.setenv(f"IQA_TUI_{name}", str(tmp_path / value))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))
    (tmp_path / "huggingface" / WEIGHTS).parent.mkdir(parents=True)
    (tmp_path / "huggingface" / WEIGHTS).touch()
    return tmp_path


def run(command: str) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command)
    words[0] = str(Path(sys.executable).with_name(words[0]))
    return subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=240)


@pytest.mark.parametrize("command", HERE)
def test_a_command_of_the_readme_runs(command: str, folder: Path) -> None:
    words = command
    if " launch " in command:
        assert command in SMALLER, f"say in SMALLER how to run it here: {command}"
        words = " ".join([command, SMALLER[command], *(f"--set {flag}={value}" for flag, value in SMALL.items())])
    if command.split()[1] in ("stop", "hold", "release", "priority"):
        queue_experiment(folder / "runs", "F2")
    if command.startswith("iqa-tui import published "):
        evaluated = make_ablation(folder / "runs", {"F1": (0.93,)}, images=80)["F1", 1]
        write_evaluation(folder / "published", evaluated)
    if command.startswith("iqa-tui retry"):
        fail_run(queue_experiment(folder / "runs", "F2"), "exit 1: some cause")
    done = run(words)
    run("iqa-tui stop --all --grace 0")
    assert done.returncode == EXIT_CODES.get(command, 0), done.stdout + done.stderr
    assert done.stdout.strip() or done.stderr.strip()


def test_the_commands_that_are_run_elsewhere_still_stand_in_the_readme() -> None:
    for pattern in RUN_ELSEWHERE:
        if "|" not in pattern:
            assert any(re.fullmatch(pattern, command) for command in COMMANDS), pattern


def test_make_demo_starts_the_demo() -> None:
    command = ["make", "--no-print-directory", "-n", "demo"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip().endswith("/bin/iqa-tui demo")


def test_the_example_plan_is_a_plan() -> None:
    plan = plan_from(tomllib.loads(example_plan()), "README.md")
    assert [row.id for row in plan.experiments] == ["A", "B"]


def test_the_example_of_tuning_is_what_a_plan_may_say() -> None:
    (part,) = (tomllib.loads(part) for part in toml_parts() if "[tune]" in part)
    plan = plan_from({**load_plan("koniq-losses").content, **part}, "README.md")
    assert plan.tune is not None
    assert [point["lr"] for point in plan.tune.points()] == [5e-5, 1e-4, 2e-4]


def test_the_tree_and_the_files_that_the_readme_names_are_there() -> None:
    (tree,) = re.findall(r"## Where things are\n```\n(.*?)```", README, re.DOTALL)
    named = [line.split()[0] for line in tree.splitlines()]
    named += [*re.findall(r"\]\(([^)]+)\)", README), "ARCHITECTURE.md", "CONTRIBUTING.md", "Makefile", "runs/README.md"]
    named += re.findall(r"\]\(([^)]+)\)", (ROOT / "ARCHITECTURE.md").read_text())
    assert not [name for name in named if not (ROOT / name).exists()]


def test_architecture_is_short() -> None:
    assert (ROOT / "ARCHITECTURE.md").read_text().count("\n") <= 150


def test_no_file_of_the_repository_holds_a_path_of_one_machine() -> None:
    homes = {str(ROOT), str(Path.home())} - {"/"}
    rooms = [ROOT / name for name in (".ci", "docs", "iqa_tui", "tests", "training")]
    files = [path for room in rooms for path in room.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    files += [path for path in (*ROOT.iterdir(), ROOT / "runs" / "README.md") if path.is_file()]
    assert len(files) > 500
    for path in files:
        content = path.read_bytes()
        assert not [home for home in homes if home.encode() + b"/" in content], path
