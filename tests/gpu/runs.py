"""Whole runs: every precision, the compiler, a kill and its resume, the same bits twice, a GPU by number and by UUID."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable

import torch

from tests.gpu.check import Figure
from tests.gpu.driver import first_uuid
from tests.gpu.ground import LITE0, SWIN_BASE, Ended, Ground
from training.checkpoints.file import read_file

SHORT = ["--epochs", 1, "--train_patch_num", 4, "--test_patch_num", 4]


def precisions(ground: Ground) -> Iterable[Figure]:
    """Each network trains, and its result names the precision that was asked for."""
    networks = {"swin-base": SWIN_BASE, "lite0": LITE0} if ground.is_gpu else {"tiny": ground.network}
    for name, network in networks.items():
        for precision in ("bf16", "fp32", "tf32"):
            done = ground.train(f"{name}-{precision}", *network, *SHORT, "--precision", precision)
            assert done.returncode == 0, done.last_line
            said = done.result.precision
            assert said == (precision if ground.is_gpu or precision != "tf32" else "fp32"), said
            assert done.result.metrics["test"]["srcc"] is not None, done.output[-500:]
            (started,) = done.events("started")
            steps = done.events("step")
            yield Figure(
                f"{name}_{precision}_images_per_second",
                steps[-1].fields["images_per_second"],
                "images/s",
                f"the last of {len(steps)} step events, {started.fields['device']}",
            )


def compiler(ground: Ground) -> Iterable[Figure]:
    """torch.compile trains, and the weights load without it."""
    done = ground.train("compiled", *LITE0, *SHORT, "--torch_compile")
    assert done.returncode == 0, done.last_line
    again = ground.train("not-compiled", *LITE0, *SHORT, "--epochs", 0, "--weights", done.run.best_checkpoint)
    assert again.returncode == 0, again.last_line
    ours, theirs = (one.result.metrics["test"]["srcc"] for one in (done, again))
    assert ours is not None, done.output[-500:]
    assert abs(ours - (theirs or 0)) < 0.05, (ours, theirs)
    yield Figure("compile_seconds", done.result.elapsed_seconds, "s", "one epoch of Lite0, compiled from nothing")


def resume(ground: Ground) -> Iterable[Figure]:
    """A run that was killed goes on, with the generators of its device, and with the same bits if the device has them."""
    flags = [*ground.network, "--epochs", 2, "--train_patch_num", 4, "--test_patch_num", 2, "--deterministic"]
    whole = ground.train("whole", *flags)
    if _refused(whole):
        flags.remove("--deterministic")
        whole = ground.train("whole-anyhow", *flags)
    assert whole.returncode == 0, whole.last_line
    steps = max(event.fields["step"] for event in whole.events("step"))
    ground.killed_after("killed", steps // 2, *flags, "--checkpoint_minutes", "1e-9")
    went_on = ground.train("killed", *flags, "--checkpoint_minutes", "1e-9", "--resume")
    assert went_on.returncode == 0, went_on.last_line
    assert went_on.events("resumed"), went_on.output[-500:]
    if ground.is_gpu:
        assert read_file(went_on.run.last_checkpoint)["generators"]["cuda"] is not None
    if "--deterministic" in flags:
        assert are_same(went_on.result.metrics, whole.result.metrics), (went_on.result.metrics, whole.result.metrics)
        yield Figure("resume_changes_weights_by", _largest_difference(whole, went_on), "", "the unbroken run")


def same_bits(ground: Ground) -> Iterable[Figure]:
    """Two runs of one seed under --deterministic are equal, or the operation that cannot is named."""
    networks = {"swin-base": SWIN_BASE, "lite0": LITE0} if ground.is_gpu else {"tiny": ground.network}
    for name, network in networks.items():
        first = ground.train(f"{name}-once", *network, *SHORT, "--deterministic")
        if _refused(first):
            yield Figure(f"{name}_same_bits", 0, "", first.last_line)
            continue
        assert first.returncode == 0, first.last_line
        second = ground.train(f"{name}-twice", *network, *SHORT, "--deterministic")
        assert are_same(second.result.metrics, first.result.metrics), (first.result.metrics, second.result.metrics)
        difference = _largest_difference(first, second)
        assert difference == 0, difference
        yield Figure(f"{name}_same_bits", 1, "", "two runs of one seed")


def _refused(done: Ended) -> bool:
    """True if an operation has no deterministic implementation, and the run says which."""
    if done.returncode != 2:
        return False
    assert "--deterministic: " in done.last_line, done.last_line
    assert "does not have a deterministic" in done.last_line, done.last_line
    return True


def _largest_difference(one: Ended, other: Ended) -> float:
    """Of any weight of their best networks."""
    ours, theirs = (read_file(done.run.best_checkpoint)["network"] for done in (one, other))
    return max(float((ours[name].double() - theirs[name].double()).abs().max()) for name in ours if ours[name].numel())


def masks(ground: Ground) -> Iterable[Figure]:
    """A GPU named by number and by UUID is the same one."""
    uuid = first_uuid()
    names = []
    for name, mask in (("by-number", "0"), ("by-uuid", uuid)):
        env = {"CUDA_VISIBLE_DEVICES": mask, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
        done = ground.train(name, *LITE0, *SHORT, **env)
        assert done.returncode == 0, f"CUDA_VISIBLE_DEVICES={mask}: {done.last_line}"
        names.append(done.result.device)
    assert len(set(names)) == 1, names
    assert torch.cuda.get_device_name(0) == names[0] or "CUDA_VISIBLE_DEVICES" in os.environ, names
    yield Figure("masks", 2, "ways", f"{names[0]}, by number and by {uuid[:8]}…")


def refused_without_a_gpu(ground: Ground) -> Iterable[Figure]:
    """A run that was given a GPU never trains on a CPU."""
    done = ground.train("none", *ground.network, *SHORT, IQA_TUI_DEVICE="cuda", CUDA_VISIBLE_DEVICES="")
    assert done.returncode == 4, done.last_line
    assert "a GPU was given to this run" in done.last_line, done.last_line
    return ()


Metrics = dict[str, dict[str, float | None]]


def are_same(one: Metrics, other: Metrics) -> bool:
    """To the last bit; metrics after the fit to six digits, as LAPACK's last bits depend on where memory lies."""
    exact = [
        {
            split: {name: value for name, value in of.items() if not name.endswith("_fitted")}
            for split, of in each.items()
        }
        for each in (one, other)
    ]
    pairs = [(value, other[split][name]) for split, of in one.items() for name, value in of.items() if split in other]
    return exact[0] == exact[1] and all(
        mine == its or (mine is not None and its is not None and math.isclose(mine, its, rel_tol=1e-6, abs_tol=1e-6))
        for mine, its in pairs
    )
