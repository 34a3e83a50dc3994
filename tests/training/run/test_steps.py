"""Flags of a step in a whole run, each against a plain torch loop written out here, and resumed after a kill."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.fakes.opened_datasets import decoded, opened
from tests.fakes.trainer_processes import train_here
from tests.fakes.trouble import AT_EVERY_STEP, STEPS, events_of
from training.device import Placement
from training.errors import BadUsage, LossNotFinite
from training.flags import parse
from training.images.batches import SplitImages, TrainBatch, train_batches
from training.images.transforms import plan_crops, to_network_input
from training.network.build import build_network
from training.network.quality import QualityNetwork
from training.optim import PLAIN_DECAY_WORDS
from training.progress import Progress
from training.run import loop, setup
from training.run.loop import MOST_SKIPPED, Unread
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result
from training.seed import seed_network
