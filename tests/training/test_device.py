from types import SimpleNamespace

import pytest
import torch
from torch import nn

from tests.fakes.photographs import write_csv_dataset
from tests.fakes.trainer_processes import SMALL, train
from training import device
from training.device import Placement, cap_memory, check_compiler, keep_freed_memory, place, suit_network
from training.errors import NoCompiler, NoDevice

DEPTHWISE = nn.Sequential(nn.Conv2d(4, 4, 3, groups=4))
DENSE = nn.Sequential(nn.Conv2d(4, 4, 3), nn.Linear(4, 4))


@pytest.fixture(autouse=True)
def no_cuda(monkeypatch):
    monkeypatch.delenv("IQA_TUI_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(device, "set_threads", lambda: 3)


def test_auto_means_bf16_where_the_processor_has_it(monkeypatch):
    monkeypatch.setattr(device, "cpu_has_bf16", lambda: True)
    assert place("auto").precision == "bf16"
    assert place("fp32").precision == "fp32"
    monkeypatch.setattr(device, "cpu_has_bf16", lambda: False)
    assert place("auto").precision == "fp32"
    assert place("bf16").precision == "bf16"


def test_the_device_says_how_many_threads_it_has():
    assert place("fp32").name == "CPU (3 threads)"


def test_depthwise_networks_train_in_fp32_on_a_cpu_and_say_so(monkeypatch):
    monkeypatch.setattr(device, "cpu_has_bf16", lambda: True)
    suited = suit_network(place("auto"), "auto", DEPTHWISE)
    assert suited.precision_in_words == "fp32 training, bf16 scoring"
    with suited.autocast(training=True):
        assert DENSE[1](torch.zeros(1, 4)).dtype == torch.float32
    with suited.autocast(training=False):
        assert DENSE[1](torch.zeros(1, 4)).dtype == torch.bfloat16
    assert suit_network(place("auto"), "auto", DENSE).precision_in_words == "bf16"
    assert suit_network(place("bf16"), "bf16", DEPTHWISE).precision_in_words == "bf16"


@pytest.mark.parametrize(
    ("capability", "precision", "chosen", "products"),
    [
        ((9, 0), "auto", "bf16", "ieee"),
        ((8, 0), "fp32", "fp32", "ieee"),
        ((8, 0), "tf32", "tf32", "tf32"),
        ((7, 5), "auto", "fp32", "ieee"),
        ((7, 5), "tf32", "fp32", "ieee"),
        ((7, 5), "fp16", "fp16", "ieee"),
        ((9, 0), "fp16", "fp16", "ieee"),
    ],
)
def test_a_gpu_takes_what_its_generation_has_and_fp32_means_fp32(monkeypatch, capability, precision, chosen, products):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a GPU")
    placement = place(precision)
    assert placement.precision == chosen
    assert torch.backends.cuda.matmul.allow_tf32 is torch.backends.cudnn.allow_tf32 is (products == "tf32")
    if hasattr(torch.backends.cudnn, "conv"):  # the newer flags agree, and reading the older ones raised nothing
        assert torch.backends.cuda.matmul.fp32_precision == products
    with torch.backends.cudnn.flags(enabled=True):
        pass
    device.allow_tf32(False)


def test_fp16_is_refused_on_a_cpu_and_computes_in_halves_with_a_scaled_loss_elsewhere():
    with pytest.raises(NoDevice, match="--precision fp16 is for GPUs, a CPU is slower with it; use --precision auto"):
        place("fp16")
    placement = Placement(torch.device("cpu"), "a GPU", "fp16")
    with placement.autocast(training=True):
        assert DENSE[1](torch.zeros(1, 4)).dtype == torch.float16
    assert placement.grad_scaler().is_enabled()
    assert not any(Placement(torch.device("cpu"), "", name).grad_scaler().is_enabled() for name in ("fp32", "bf16"))


def test_tf32_on_a_cpu_is_fp32():
    assert place("tf32").precision == "fp32"


def test_a_gpu_that_cannot_be_used_is_refused(monkeypatch):
    monkeypatch.setenv("IQA_TUI_DEVICE", "cuda")
    with pytest.raises(NoDevice, match="a GPU was given to this run"):
        place("auto")


@pytest.mark.parametrize(
    ("visible", "files", "reason"),
    [
        (
            "0",
            (),
            r"CUDA_VISIBLE_DEVICES names a GPU \(CUDA_VISIBLE_DEVICES=0\), but torch .* finds none .*--device cpu",
        ),
        (
            None,
            ("nvidia0", "nvidiactl"),
            r"this machine has an NVIDIA GPU \(CUDA_VISIBLE_DEVICES=unset\).*--device cpu",
        ),
    ],
)
def test_a_run_by_hand_never_trains_on_the_cpu_of_a_machine_with_a_gpu_unasked(
    monkeypatch, tmp_path, visible, files, reason
):
    given_visible(monkeypatch, tmp_path, visible, files)
    with pytest.raises(NoDevice, match=reason):
        place("auto")
    assert place("auto", "cpu").device.type == "cpu"
    with pytest.raises(NoDevice, match="--device cuda asks for a GPU"):
        place("auto", "cuda")


@pytest.mark.parametrize(("visible", "files"), [(None, ()), (None, ("nvidiactl",)), ("", ("nvidia0",)), ("-1", ())])
def test_without_a_gpu_auto_means_the_cpu(monkeypatch, tmp_path, visible, files):
    given_visible(monkeypatch, tmp_path, visible, files)
    assert place("auto").device.type == "cpu"


def given_visible(monkeypatch, tmp_path, visible, files):
    monkeypatch.delenv("IQA_TUI_DEVICE", raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setattr(device, "DEVICE_FILES", tmp_path)
    for name in files:
        (tmp_path / name).touch()


@pytest.mark.parametrize(
    ("build", "text", "words"),
    [
        (
            "13.0",
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5",
            r"driver 550\.54\.15\): check",
        ),
        ("13.0", None, r"no NVIDIA driver is loaded\): check the driver with `nvidia-smi`"),
        (None, None, r"built without CUDA, finds none .*: install a torch that is built for CUDA"),
    ],
)
def test_the_refusal_names_driver_and_build(monkeypatch, tmp_path, build, text, words):
    monkeypatch.setattr(torch.version, "cuda", build)
    monkeypatch.setattr(device, "DRIVER_FILE", tmp_path / "version")
    if text is not None:
        (tmp_path / "version").write_text(text)
    with pytest.raises(NoDevice, match=words):
        place("auto", "cuda")


def test_the_launchers_device_is_not_overruled_by_a_flag(monkeypatch):
    monkeypatch.setenv("IQA_TUI_DEVICE", "cpu")
    assert place("auto", "cpu").device.type == "cpu"
    with pytest.raises(NoDevice, match="--device cuda: the launcher gave this run the device cpu"):
        place("auto", "cuda")


def test_an_unknown_device_is_refused(monkeypatch):
    monkeypatch.setenv("IQA_TUI_DEVICE", "tpu")
    with pytest.raises(NoDevice, match="IQA_TUI_DEVICE=tpu"):
        place("auto")


def test_memory_is_kept_where_the_c_library_can():
    assert keep_freed_memory() is True


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(device.ctypes, "CDLL", lambda name: SimpleNamespace())
    assert keep_freed_memory() is False


def test_a_machine_without_a_compiler_is_refused_with_what_is_missing(monkeypatch):
    def fail(function, **_):
        raise RuntimeError("\nInvalidCxxCompiler: No working C++ compiler found\nand much more")

    monkeypatch.setattr(torch, "compile", fail)
    with pytest.raises(
        NoCompiler, match=r"--torch_compile: .*No working C\+\+ compiler found\).*g\+\+.*leave the flag out"
    ):
        check_compiler(torch.device("cpu"))


def test_a_gpu_that_torch_cannot_use_is_an_error_and_never_a_cpu_run(tmp_path):
    labels = write_csv_dataset(tmp_path / "data")
    flags = [*SMALL, "--data_path", labels, "--run_folder", tmp_path / "run"]
    (tmp_path / "run").mkdir()
    ended = train(*flags, IQA_TUI_DEVICE="cuda", IQA_TUI_ATTEMPT="1")
    assert ended.returncode == 4
    assert "a GPU was given to this run" in ended.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("declared", "share"),
    [({}, None), ({"IQA_TUI_VRAM_BYTES": str(10 << 30)}, 9.5 / 80), ({"IQA_TUI_VRAM_BYTES": str(1 << 29)}, 0.25 / 80)],
)
def test_a_run_that_declared_its_memory_takes_no_more(monkeypatch, declared, share):
    shares = []
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (79 << 30, 80 << 30))
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", shares.append)
    cap_memory(declared)
    assert shares == ([] if share is None else [pytest.approx(share)])


@pytest.mark.parametrize("text", ["", "10 GiB", "-1", "²"])
def test_a_declaration_that_is_no_number_is_refused(text):
    with pytest.raises(NoDevice, match=r"IQA_TUI_VRAM_BYTES=.*must be a whole number of bytes"):
        cap_memory({"IQA_TUI_VRAM_BYTES": text})


def test_a_declaration_beyond_the_card_is_all_of_it(monkeypatch):
    shares = []
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (7 << 30, 8 << 30))
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", shares.append)
    cap_memory({"IQA_TUI_VRAM_BYTES": str(10 << 30)})
    assert shares == [1.0]
