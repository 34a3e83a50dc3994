"""Every check, in the order in which `make gpu` runs them: what fails most clearly first."""

from __future__ import annotations

from tests.gpu import memory, runs, speed
from tests.gpu.check import Check

CHECKS = (
    Check("a run that was given a GPU never trains on a CPU", runs.refused_without_a_gpu, needs_gpu=False),
    Check("every precision trains", runs.precisions, needs_gpu=False),
    Check("training, scoring and checkpoints have their speed", speed.training, needs_gpu=False),
    Check("the pipeline has its speed", speed.pipeline, needs_gpu=False),
    Check("copies are pinned and no step waits", speed.copies_and_waits),
    Check("two runs of one seed have the same bits", runs.same_bits, needs_gpu=False),
    Check("a killed run goes on", runs.resume, needs_gpu=False),
    Check("a GPU is the same by number and by UUID", runs.masks),
    Check("too little memory for a step", memory.too_little_for_training),
    Check("too little memory for the network", memory.too_little_for_the_network),
    Check("too little memory for scoring", memory.too_little_for_scoring),
    Check("two runs share a card", memory.shared_card),
    Check("the driver counts what torch does, and CUDA's own", memory.driver_beside_torch),
    Check("torch.compile trains", runs.compiler),
)
