"""Every line of the doctor's, if all is well and if it is not; the test makes what is looked at."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from iqa_tui.devices.gpus.driver import Driver, Reading
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.withdrawn import record_xid, withdraw
from iqa_tui.doctor import disk as disk_check
from iqa_tui.doctor.ask_python import answers, ask
from iqa_tui.doctor.container import check_container
from iqa_tui.doctor.data import check_dataset
from iqa_tui.doctor.disk import Need, cache_needs, check_answers, check_disk, checkpoint_need
from iqa_tui.doctor.finding import Finding
from iqa_tui.doctor.gpus import check_gpus
from iqa_tui.doctor.locks import check_locks
from iqa_tui.doctor.network import check_network
from iqa_tui.doctor.plan_needs import DatasetNeed, NetworkNeed
from iqa_tui.doctor.sessions import check_sessions
from iqa_tui.doctor.torch import check_torch, judge_torch
from iqa_tui.doctor.weights import check_weights
from iqa_tui.processes.start import child_environment, program
from tests.fakes.lab import Lab
from tests.fakes.nvml import NOT_SUPPORTED, UNKNOWN, VERSION_MISMATCH, FakeGpus
from tests.fakes.shell import LONG, Shell, plan_file

GIB = 1 << 30


@pytest.fixture
def shell(lab: Lab, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(lab, capsys)


@pytest.fixture
def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGpus:
    made = FakeGpus(tmp_path / "driver", count=2)
    for name, value in made.env.items():
        monkeypatch.setenv(name, value)
    return made


def sign(finding: Finding) -> str:
    return "ok" if finding.is_good else "blocked" if finding.blocks else "warning"


# GPUs and torch


def test_gpus_that_answer_are_named_with_driver_and_cuda(gpus: FakeGpus) -> None:
    (finding,), reading = check_gpus()
    assert (sign(finding), finding.words) == ("ok", "driver 535.104.05, CUDA up to 12.2: 0 H100, 1 H100")
    assert len(reading.samples) == 2


def test_a_machine_without_a_driver_is_well(lab: Lab) -> None:
    (finding,), _ = check_gpus()
    assert sign(finding) == "ok"
    assert finding.words.startswith("No NVIDIA driver found: runs use 1 CPU slot with")
    withdraw("cpu-0")
    (finding,), _ = check_gpus()
    assert (sign(finding), finding.remedy) == ("blocked", "iqa-tui restore cpu")
    assert finding.words.startswith("No NVIDIA driver found; CPU 0 is withdrawn by ")


def test_a_driver_that_does_not_answer_blocks(gpus: FakeGpus) -> None:
    gpus.init = VERSION_MISMATCH
    gpus.write()
    (finding,), _ = check_gpus()
    assert sign(finding) == "blocked"
    assert "of different versions: reboot" in finding.words
    assert "--devices cpu" in finding.remedy


def test_a_gpu_that_can_get_no_run_is_named_and_blocks_only_if_no_other_can(gpus: FakeGpus) -> None:
    gpus.failures = [(1, "processes", NOT_SUPPORTED)]
    gpus.write()
    findings, _ = check_gpus()
    assert [sign(finding) for finding in findings] == ["ok", "warning"]
    assert findings[1].words == "GPU 1 gets no run: its driver does not tell who uses it"
    assert "vram" in findings[1].remedy
    findings, _ = check_gpus(has_declared_needs=True)
    assert [sign(finding) for finding in findings] == ["ok"]
    gpus.failures += [(1, "memory", UNKNOWN), (1, "memory_v2", NOT_SUPPORTED)]
    gpus.write()
    findings, _ = check_gpus(has_declared_needs=True)
    assert findings[1].words == "GPU 1 gets no run: its driver does not tell how much memory is used"
    assert "vram" not in findings[1].remedy
    gpus.failures += [(0, "*", 15)]
    gpus.write()
    findings, _ = check_gpus()
    assert [sign(finding) for finding in findings] == ["ok", "warning", "warning", "blocked"]
    assert "the driver has lost it" in findings[1].words


def test_modes_of_gpus_are_named_with_the_command_that_changes_them(gpus: FakeGpus) -> None:
    gpus.modes, gpus.sleepy = {0: 2, 1: 3}, [0, 1]
    gpus.write()
    findings, _ = check_gpus()
    assert [sign(finding) for finding in findings] == ["ok", "warning", "ok", "warning"]
    prohibited, exclusive, asleep = findings[1:]
    assert prohibited.words.startswith("GPU 0 gets no run: its compute mode is prohibited: `sudo nvidia-smi -i 0 -c 0`")
    assert exclusive.words.startswith("compute mode of GPU 1 is exclusive process")
    assert exclusive.remedy == "sudo nvidia-smi -i 1 -c 0 lets runs share it"
    assert asleep.words.startswith("persistence mode of GPU 0,1 is off")
    assert asleep.remedy == "sudo nvidia-smi -pm 1"


def test_a_desktop_is_no_gpu_of_its_own_and_vram_helps(gpus: FakeGpus) -> None:
    gpus.used_mib, gpus.graphics = {0: 2000}, [(0, 4_000_000, 2000)]
    gpus.write()
    findings, _ = check_gpus()
    assert findings[1].words == "GPU 0 gets no run: 2.0 of 80 GiB are used by graphics processes (pid 4000000)"
    assert "vram" in findings[1].remedy
    assert [sign(finding) for finding in check_gpus(has_declared_needs=True)[0]] == ["ok"]


def test_a_gpu_with_the_hosts_memory_is_well(gpus: FakeGpus) -> None:
    gpus.failures = [(0, "memory", NOT_SUPPORTED), (0, "memory_v2", NOT_SUPPORTED)]
    gpus.write()
    for has_declared_needs in (False, True):
        assert [sign(finding) for finding in check_gpus(has_declared_needs=has_declared_needs)[0]] == ["ok"]


def test_xids_that_were_seen_are_named(gpus: FakeGpus, lab: Lab) -> None:
    record_xid(gpus.uuid(0), 63, "a bad row was replaced", withdraws=False)
    record_xid(gpus.uuid(1), 79, "it has fallen off the bus")
    findings, _ = check_gpus()
    assert [sign(finding) for finding in findings] == ["ok", "warning", "warning", "warning"]
    assert findings[1].words.startswith("GPU 1 gets no run: withdrawn: the driver reported XID 79 (")
    assert findings[2].words == "GPU 0: the driver reported XID 63 (a bad row was replaced)"
    assert findings[2].remedy == "sudo dmesg | grep -i xid; iqa-tui restore 0 clears it"


def test_a_driver_that_wakes_up_is_not_to_be_rebooted(gpus: FakeGpus) -> None:
    gpus.says = ["hang -1 init 30"]
    gpus.write()
    driver = Driver(program("iqa_tui.devices.gpus.sampler"), child_environment(), start_seconds=0.2)
    (finding,), _ = check_gpus(driver)
    assert sign(finding) == "blocked"
    assert "persistence mode, keeps it awake" in finding.words
    assert "reboot" not in finding.words + finding.remedy


def test_a_withdrawn_gpu_is_named_with_the_way_back(gpus: FakeGpus, lab: Lab) -> None:
    withdraw(gpus.uuid(0), "fan broken")
    findings, _ = check_gpus()
    assert [sign(finding) for finding in findings] == ["ok", "warning"]
    assert findings[1].words.startswith("GPU 0 gets no run: withdrawn by ")
    assert findings[1].remedy == f"If it is well again: iqa-tui restore {gpus.uuid(0)}"
    withdraw(gpus.uuid(1))
    findings, _ = check_gpus()
    assert [sign(finding) for finding in findings] == ["ok", "warning", "warning", "blocked"]


H100 = GpuSample(0, "GPU-0", "H100")


@pytest.mark.parametrize(
    ("facts", "found", "words"),
    [
        ({"built_for": "12.4", "cuda": True, "gpus": 1}, "ok", "torch 2.6, timm 1.0, 1 GPUs by CUDA 12.4"),
        ({"built_for": None, "cuda": False, "gpus": 0}, "blocked", "it is built for the CPU alone and sees no GPU"),
        ({"built_for": "13.0"}, "blocked", "it is built for CUDA 13.0, and driver 535.1 runs up to 12.2"),
        ({"built_for": "12.1", "cuda": False, "gpus": 0}, "blocked", "is built for CUDA 12.1 and sees no GPU"),
        ({"built_for": "12.1", "cuda": True, "gpus": 0}, "warning", "0 GPUs by CUDA 12.1; the driver has 1"),
    ],
)
def test_torch_is_held_against_the_driver(facts: dict[str, Any], found: str, words: str) -> None:
    reading = Reading((H100,), 1.0, driver_version="535.1", cuda_version=(12, 2))
    finding = judge_torch({"torch": "2.6", "timm": "1.0", "cuda": True, "gpus": 1, **facts}, reading)
    assert sign(finding) == found
    assert finding.words.endswith(words)
    if found == "blocked":
        assert "pytorch.org/get-started" in finding.remedy


def test_without_gpus_any_torch_will_do() -> None:
    facts = {"torch": "2.6", "timm": "1.0", "built_for": None, "cuda": False, "gpus": 0}
    assert judge_torch(facts, Reading()) == Finding("torch", "torch 2.6, timm 1.0")


FAKE_TORCH = """
import contextlib, types
__version__ = "2.6"
version = types.SimpleNamespace(cuda="12.4")
cuda = types.SimpleNamespace(is_available=lambda: False)
"""
FAKE_TIMM = """
__version__ = "1.0"
"""


def test_torch_is_asked_in_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iqa_tui.doctor.torch.ask_python", in_folder(tmp_path))
    for name, text in (("torch", FAKE_TORCH), ("torchvision", ""), ("timm", FAKE_TIMM)):
        (tmp_path / f"{name}.py").write_text(text)
    assert check_torch(Reading()) == Finding("torch", "torch 2.6, timm 1.0")
    (tmp_path / "torchvision.py").write_text("raise ImportError('libcudart.so.12: cannot open shared object file')")
    finding = check_torch(Reading())
    assert sign(finding) == "blocked"
    assert finding.words == "ImportError: libcudart.so.12: cannot open shared object file"
    monkeypatch.setattr("iqa_tui.doctor.torch.TORCH_SECONDS", 0.2)
    (tmp_path / "torch.py").write_text("import time; time.sleep(30)")
    finding = check_torch(Reading())
    assert (sign(finding), finding.words) == ("blocked", "torch cannot be imported within 0.2 s")


def test_torch_is_not_asked_for_gpus_of_a_driver_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iqa_tui.doctor.torch.ask_python", in_folder(tmp_path))
    torch = FAKE_TORCH.replace("lambda: False", "lambda: 1 / 0")
    for name, text in (("torch", torch), ("torchvision", ""), ("timm", FAKE_TIMM)):
        (tmp_path / f"{name}.py").write_text(text)
    hung = Reading(trouble="The NVIDIA driver has not answered for 10 s", is_normal=False)
    assert check_torch(hung) == Finding("torch", "torch 2.6, timm 1.0")
    assert sign(check_torch(Reading())) == "blocked"


def in_folder(folder: Path) -> Any:
    """`ask_python` with modules of this folder before all others."""

    def asked(code: str, *arguments: str, timeout_seconds: float) -> Any:
        code = f"import sys; sys.path.insert(0, {str(folder)!r})\n{code}"
        return ask([sys.executable, "-c", code, *arguments], timeout_seconds=timeout_seconds)

    return asked


# Weights and data


def test_weights_are_found_where_the_trainer_finds_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    missing = check_weights("resnet50", "pretrained")
    assert (sign(missing), missing.words) == ("blocked", "resnet50: not here, and HF_HUB_OFFLINE forbids fetching them")
    assert "--set weights=FILE" in missing.remedy
    cached = tmp_path / "hub" / "models--timm--resnet50.a1_in1k" / "snapshots" / "abc" / "model.safetensors"
    cached.parent.mkdir(parents=True)
    cached.touch()
    assert sign(check_weights("resnet50", "pretrained")) == "ok"
    assert check_weights("tf_efficientnet_lite0", "pretrained").words.endswith("installed as a package")
    assert check_weights("resnet50", "none").words == "resnet50: not needed, training starts from random weights"
    assert sign(check_weights("resnet50", str(cached))) == "ok"
    assert sign(check_weights("resnet50", str(tmp_path / "no-file"))) == "blocked"


def test_weights_that_are_not_here_are_fetched_where_the_hub_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{hub.getsockname()[1]}")
        finding = check_weights("resnet50", "pretrained")
        assert (sign(finding), "the first run fetches them" in finding.words) == ("ok", True)
    asked = []
    monkeypatch.setattr(socket, "create_connection", lambda address, timeout: asked.append(address) or refuse())
    check_weights("resnet18", "pretrained")
    finding = check_weights("resnet50", "pretrained")
    assert len(asked) == 1
    assert sign(finding) == "blocked"
    assert finding.words == "resnet50: not here, and the Hugging Face hub (127.0.0.1) does not answer"


def refuse() -> None:
    raise ConnectionRefusedError


def trainer_that(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr("iqa_tui.doctor.data.CHECK_DATASET", [sys.executable, "-c", code])


def test_a_data_set_is_judged_by_the_trainer_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {
        "name": "koniq-10k",
        "images": {"train": 7058, "test": 2015},
        "tested_on": [{"name": "spaq", "images": {"test": 11_125}}],
    }
    trainer_that(monkeypatch, f"import sys; assert sys.argv[1:] == ['--x', '1']; print({json.dumps(answer)!r})")
    finding, images = check_dataset(DatasetNeed("koniq-10k", tmp_path, ["--x", "1"]))
    assert sign(finding) == "ok"
    assert "complete: 7,058 train, 2,015 test images" in finding.words
    assert finding.words.endswith("also tested on spaq (11,125)")
    assert images == {"koniq-10k": 9073, "spaq": 11_125}


@pytest.mark.parametrize(
    ("code", "words", "seconds"),
    [
        (
            "import sys; sys.exit('error: 1.jpg: no such image (3 of 8 images are missing)')",
            "1.jpg: no such image (3",
            60,
        ),
        ("import sys; sys.exit(1)", "the trainer cannot read it", 60),
        ("import time; time.sleep(30)", "cannot be read within 0.3 s", 0.3),
    ],
)
def test_a_data_set_that_cannot_be_used_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, words: str, seconds: float
) -> None:
    monkeypatch.setattr("iqa_tui.doctor.data.DATASET_SECONDS", seconds)
    trainer_that(monkeypatch, code)
    finding, images = check_dataset(DatasetNeed("koniq-10k", tmp_path, []))
    assert (sign(finding), images) == ("blocked", {})
    assert words in finding.words
    assert finding.remedy


def test_a_data_set_that_is_not_there_is_not_even_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer_that(monkeypatch, "raise SystemExit('asked')")
    finding, _ = check_dataset(DatasetNeed("spaq", tmp_path / "spaq", []))
    assert (sign(finding), finding.words) == ("blocked", f"spaq: there is no {tmp_path}/spaq")
    assert "data_path=FOLDER" in finding.remedy


# Disk, locks, sessions, containers


@pytest.mark.parametrize(("free_gib", "found"), [(100, "ok"), (15, "warning"), (10, "blocked")])
def test_checkpoints_and_decoded_images_must_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_gib: int, found: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free_gib * GIB))
    needs = [
        checkpoint_need(tmp_path / "runs", [1_069_343_292, 1_069_343_292]),
        *cache_needs(tmp_path / "cache", {"koniq-10k": 10_073}),
    ]
    (finding,) = check_disk(needs)  # both are on one disk
    assert sign(finding) == found
    assert f"{free_gib} GiB free" in finding.words
    assert (
        "the plan needs 6.0 GiB for checkpoints of 2 runs and 5.6 GiB for decoded images of koniq-10k" in finding.words
    )


def test_images_that_are_decoded_already_need_no_room(tmp_path: Path) -> None:
    (tmp_path / "koniq-10k-0123").mkdir()
    assert len(cache_needs(tmp_path, {"koniq-10k": 9})) == 1  # half made: no index yet
    (tmp_path / "koniq-10k-0123" / "index.json").touch()
    assert cache_needs(tmp_path, {"koniq-10k": 9}) == []


def test_a_folder_that_may_not_be_written_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_check.os, "access", lambda folder, mode: False)
    (finding,) = check_disk([Need("checkpoints of 1 run", tmp_path / "runs", 0)])
    assert (sign(finding), finding.words) == ("blocked", f"{tmp_path} may not be written")


def mounts(tmp_path: Path, kind: str, options: str, *, leases: str = "ext4") -> Path:
    path = tmp_path / "mountinfo"
    path.write_text(
        "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
        f"40 27 0:50 / {tmp_path}/runs rw - {kind} server:/runs {options}\n"
        f"41 27 0:51 / {tmp_path}/leases rw - {leases} server:/leases rw\n"
    )
    return path


def test_locks_that_work_are_said_to(lab: Lab, tmp_path: Path) -> None:
    (finding,) = check_locks(lab.runs_dir, mounts(tmp_path, "nfs4", "rw,vers=4.2,local_lock=none"))
    assert (sign(finding), finding.words) == ("ok", f"work in {lab.runs_dir} and {lab.leases}")
    assert not [left for left in lab.runs_dir.iterdir() if left.name.startswith(".iqa")]


def test_a_network_disk_whose_locks_stay_on_one_machine_is_told_of(lab: Lab, tmp_path: Path) -> None:
    _, finding = check_locks(lab.runs_dir, mounts(tmp_path, "nfs4", "rw,local_lock=all"))
    assert sign(finding) == "warning"
    assert finding.words.endswith("other machines do not see its locks")
    _, finding = check_locks(lab.runs_dir, mounts(tmp_path, "ext4", "rw", leases="nfs"))
    assert "is on nfs: a server that restarts may forget who has a GPU" in finding.words
    assert "IQA_TUI_LEASES" in finding.remedy


@pytest.mark.parametrize("seen", ["False", ""])
def test_locks_that_another_process_does_not_see_block(lab: Lab, monkeypatch: pytest.MonkeyPatch, seen: str) -> None:
    monkeypatch.setattr("iqa_tui.doctor.locks.ASK_LOCK", f"print({seen!r})")
    (finding,) = check_locks(lab.runs_dir)
    assert sign(finding) == "blocked"
    assert "a lock of one process is not seen by another" in finding.words


def test_a_disk_without_locks_blocks(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def take_lock(path: Path) -> int:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("iqa_tui.doctor.locks.take_lock", take_lock)
    (finding,) = check_locks(lab.runs_dir)
    assert sign(finding) == "blocked"
    assert "No locks available" in finding.words
    assert "NFS without lockd" in finding.remedy


def test_no_folder_for_leases_blocks(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_LEASES", "/proc/leases")
    (finding,) = check_locks(lab.runs_dir)
    assert (sign(finding), "/proc/leases" in finding.words) == ("blocked", True)


@pytest.mark.parametrize(
    ("first", "said", "file", "groups", "user_id", "found"),
    [
        ("bash", "b true", "yes", "", 1000, "ok"),  # no systemd, whatever its files say
        ("systemd", "b false", "yes", "", 1000, "ok"),  # logind itself knows best
        ("systemd", "b true", "no", "", 1000, "warning"),
        ("systemd", None, "yes", "", 1000, "warning"),
        ("systemd", None, "no", "", 1000, "ok"),
        ("systemd", None, "# unset", "", 1000, "ok"),
        ("systemd", "b true", "no", "0::/user.slice/user-1000.slice/user@1000.service/app.slice", 1000, "ok"),
        ("systemd", "b true", "no", "", 0, "ok"),
    ],
)
def test_a_system_that_ends_runs_at_logout_is_told_of(
    tmp_path: Path, first: str, said: str | None, file: str, groups: str, user_id: int, found: str
) -> None:
    (tmp_path / "comm").write_text(f"{first}\n")
    (tmp_path / "cgroup").write_text(groups)
    (tmp_path / "logind.conf").write_text("[Login]\n#KillUserProcesses=yes\n")
    (tmp_path / "logind.conf.d").mkdir()
    line = file if file.startswith("#") else f"KillUserProcesses={file}"
    (tmp_path / "logind.conf.d" / "lab.conf").write_text(f"[Login]\n{line}\n")
    finding = check_sessions(
        first_process=tmp_path / "comm",
        own_groups=tmp_path / "cgroup",
        ask=["echo", said] if said else ["false"],
        files=[str(tmp_path / "logind.conf")],
        user_id=user_id,
    )
    assert sign(finding) == found, finding
    if found == "warning":
        assert "systemd-run --user --scope" in finding.remedy


def test_a_container_of_its_own_process_numbers_is_told_of(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.symlink_to("pid:[4026532201]")
    outside.symlink_to("pid:[4026531836]")
    assert sign(check_container(outside)) == "ok"
    assert (sign(check_container(inside)), "--pid=host" in check_container(inside).remedy) == ("warning", True)
    assert sign(check_container(tmp_path / "absent")) == "ok"


@pytest.fixture
def hung(tmp_path: Path) -> Iterator[Path]:
    """A folder that every question hangs on, as on NFS without its server: its file system has no server."""
    folder = tmp_path / "hung"
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        served = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        pytest.skip(f"/dev/fuse: {error.strerror}")
    options = f"fd={served},rootmode=40000,user_id=0,group_id=0".encode()
    if libc.mount(b"unserved", bytes(folder), b"fuse", 0, options):
        os.close(served)
        pytest.skip(f"nothing can be mounted here: {os.strerror(ctypes.get_errno())}")
    yield folder
    libc.umount2(bytes(folder), 2)  # MNT_DETACH
    os.close(served)


def test_a_disk_that_does_not_answer_blocks_but_does_not_hang_the_doctor(
    hung: Path, lab: Lab, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert answers(lab.folder, timeout_seconds=60)
    assert answers(lab.folder / "absent", timeout_seconds=60)

    def check_the_hung(folders: Sequence[Path]) -> list[Finding]:
        return check_answers([folder for folder in folders if folder.is_relative_to(hung)], timeout_seconds=0.3)

    monkeypatch.setattr("iqa_tui.doctor.findings.check_answers", check_the_hung)
    monkeypatch.setattr(
        "iqa_tui.doctor.findings.check_gpus", lambda **_: pytest.fail("what may wait without end was asked")
    )
    for name in ("IQA_TUI_CACHE", "IQA_TUI_LEASES", "HF_HUB_CACHE", "IQA_TUI_DATA"):
        with monkeypatch.context() as only:
            only.setenv(name, str(hung))
            out = shell("doctor", "koniq-losses", code=4)
        assert f"BLOCKED  disk      {hung}" in out
        assert "does not answer within 0.3 s" in out
        assert out.endswith("Not ready to run koniq-losses: first mend disk.\n")
    assert "first mend disk" in shell("--runs-dir", str(hung / "runs"), "doctor", code=4)


def trainer_that_checks(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr("iqa_tui.doctor.network.program", lambda *_: [sys.executable, "-c", code])


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; sys.exit('error: --backbone x: timm 1.0 has no such model')", "x: --backbone x: timm 1.0 has no"),
        ("print('{}')", "python -m training --check: it has no settings"),
        ("import time; time.sleep(30)", "x: not built within 0.5 s"),
    ],
)
def test_a_network_that_cannot_be_built_blocks(monkeypatch: pytest.MonkeyPatch, code: str, words: str) -> None:
    monkeypatch.setattr("iqa_tui.doctor.network.NETWORK_SECONDS", 0.5 if "sleep" in code else 60)
    trainer_that_checks(monkeypatch, code)
    finding, size = check_network(NetworkNeed("x", [], 1))
    assert (sign(finding), size) == ("blocked", 0)
    assert finding.words.startswith(words)


def test_flags_that_the_trainer_refuses_block_and_nothing_further_of_the_plan_is_asked(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iqa_tui.doctor.findings.check_torch", lambda reading: Finding("torch", "not asked"))
    out = shell("doctor", "koniq-losses", "--set", "epochs=many", code=4)
    assert "'many' is no whole number" in out
    assert "weights" not in out
    assert out.endswith("Not ready to run koniq-losses: first mend flags.\n")


# The command


def test_doctor_ends_with_4_if_something_keeps_the_plan_from_running(
    lab: Lab, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iqa_tui.doctor.findings.check_torch", lambda reading: Finding("torch", "not asked"))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=100 * GIB))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(lab.folder))
    monkeypatch.setenv("IQA_TUI_CACHE", str(lab.folder / "cache"))
    out = shell("doctor", "koniq-losses", code=4)
    assert "BLOCKED  weights   swin_base_patch4_window7_224: not here" in out
    assert "koniq-10k: there is no data/koniq-10k" in out
    assert "ok       locks" in out
    assert out.endswith("Not ready to run koniq-losses: first mend weights, data.\n")
    answer = {"name": "koniq-10k", "images": {"train": 4}, "tested_on": []}
    trainer_that(monkeypatch, f"print({json.dumps(answer)!r})")
    words = ("--set", "weights=none", "--set", f"data_path={lab.folder}", "--only", "F2,F3", "--seeds", "1,2,3")
    out = shell("doctor", "koniq-losses", *words)
    assert "ok       network   swin-base: 89.1 million parameters, 1.00 GiB a checkpoint" in out
    assert "the plan needs 17.9 GiB for checkpoints of 6 runs" in out
    assert out.endswith("Ready to run koniq-losses.\n")


def test_doctor_asks_of_anothers_trainer_only_whether_it_can_be_started(lab: Lab, shell: Shell) -> None:
    out = shell("doctor", plan_file(lab, LONG))
    assert "ok       trainer" in out
    assert "torch" not in out
    missing = lab.folder / "missing.toml"
    missing.write_text('name = "a"\ncommand = ["no-such-trainer"]\n[[experiment]]\nid = "A"\n')
    out = shell("doctor", str(missing), code=4)
    assert "BLOCKED  trainer   no-such-trainer: there is no program no-such-trainer" in out
    missing.write_text('name = "a"\ncommand = ["python", "my_train.py"]\n[[experiment]]\nid = "A"\n')
    out = shell("doctor", str(missing), code=4)
    assert f"BLOCKED  trainer   python my_train.py: there is no file {Path.cwd() / 'my_train.py'}" in out
    assert os.environ["IQA_TUI_LEASES"] in out
