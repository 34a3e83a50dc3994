"""What the doctor says of GPUs and their driver."""

from __future__ import annotations

from iqa_tui.devices.gpus.driver import Driver
from iqa_tui.devices.withdrawn import record_xid, withdraw
from iqa_tui.doctor.gpus import check_gpus
from iqa_tui.processes.start import child_environment, program
from tests.fakes.doctor import sign
from tests.fakes.lab import Lab
from tests.fakes.nvml import NOT_SUPPORTED, UNKNOWN, VERSION_MISMATCH, FakeGpus


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
