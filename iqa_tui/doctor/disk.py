"""Do the folders answer, and do checkpoints and decoded images fit onto the disks?"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from iqa_tui.doctor.ask_python import answers
from iqa_tui.doctor.file_systems import existing_parent
from iqa_tui.doctor.finding import Finding, blocked, doubtful
from iqa_tui.words.sizes import GIB, gib_words
from training.runfolder.image_packs import own_folder, packs_of, read_about
from training.runfolder.image_room import old_caches, used_bytes

CHECKPOINTS = 3
"""That a run keeps at one time: the last, the best, and the one that is being written."""
IMAGE_BYTES = 600_000
"""Of one decoded image in the cache: 512×384×3, the size of KonIQ-10k's."""
MUCH_BYTES = 10 * GIB
"""Of decoded images, from which on the doctor says how much they take."""
SPARE_BYTES = GIB // 2
"""For logs, scores, and what others write meanwhile."""
ANSWER_SECONDS = 10.0
"""Enough for a sleeping disk to wake up."""


@dataclass(frozen=True, slots=True)
class Need:
    """What will be written into one folder."""

    what: str
    folder: Path
    size_bytes: int
    cached_bytes: int = 0
    """Of decoded images that are there already and may be deleted."""


def checkpoint_need(runs_dir: Path, sizes: Sequence[int]) -> Need:
    """Args:
    runs_dir: into which they are written.
    sizes: bytes of one checkpoint of each run; 0 if it is not known.
    """
    runs = f"{len(sizes)} run{'s' if len(sizes) != 1 else ''}"
    return Need(f"checkpoints of {runs}", runs_dir, sum(sizes) * CHECKPOINTS)


def cache_needs(cache: Path, images: Mapping[str, int]) -> list[Need]:
    """Room for images that are not in the cache yet, and what the cache holds if that is much.

    Args:
        cache: the trainer's folder of decoded images.
        images: data set to how many images it has.
    """
    there: dict[str, int] = {}
    for pack in packs_of(own_folder(cache)):
        for name in read_about(pack).datasets:
            there[name] = there.get(name, 0) + pack.images
    missing = {name: count - there.get(name, 0) for name, count in images.items()}
    used = used_bytes(cache) + sum(old.size_bytes for old in old_caches(cache))
    held = [Need("decoded images", cache, 0, used)] if used >= MUCH_BYTES else []
    return held + [
        Need(f"decoded images of {name}", cache, count * IMAGE_BYTES) for name, count in missing.items() if count > 0
    ]


def check_answers(folders: Sequence[Path], timeout_seconds: float = ANSWER_SECONDS) -> list[Finding]:
    """A line for each folder whose disk does not answer; [] if all answer."""
    asked = list(dict.fromkeys(folder.absolute() for folder in folders))
    with ThreadPoolExecutor(len(asked)) as pool:
        answered = pool.map(lambda folder: answers(folder, timeout_seconds=timeout_seconds), asked)
    remedy = "Is the server of a network disk down? Wait until it is back, or name another folder"
    return [
        blocked("disk", f"{folder} does not answer within {timeout_seconds:g} s", remedy)
        for folder, did in zip(asked, answered, strict=True)
        if not did
    ]


def check_disk(needs: Sequence[Need]) -> list[Finding]:
    """One line for each disk, with everything that will be written onto it."""
    findings = []
    disks: dict[int, list[Need]] = {}
    for need in needs:
        folder = existing_parent(need.folder)
        if not os.access(folder, os.W_OK):
            remedy = "Choose another folder: --runs-dir for runs, IQA_TUI_CACHE for decoded images"
            findings.append(blocked("disk", f"{folder} may not be written", remedy))
            continue
        disks.setdefault(folder.stat().st_dev, []).append(need)
    return findings + [_check_one(own) for own in disks.values()]


def _check_one(needs: Sequence[Need]) -> Finding:
    folder = existing_parent(needs[0].folder)
    free, needed = shutil.disk_usage(folder).free, sum(need.size_bytes for need in needs)
    what = " and ".join(f"{gib_words(need.size_bytes)} for {need.what}" for need in needs if need.size_bytes)
    words = f"{gib_words(free, 0)} free at {folder}" + (f"; the plan needs {what}" if what else "")
    remedy = "Delete old checkpoints, launch fewer runs at once, or name other folders: --runs-dir, IQA_TUI_CACHE"
    if cached := sum(need.cached_bytes for need in needs):
        words += f"; {gib_words(cached, 0)} are taken by decoded images (`iqa-tui cache`)"
        remedy = f"`iqa-tui cache prune --all` deletes decoded images that no run uses. {remedy}"
    if free < needed + SPARE_BYTES:
        return blocked("disk", words, remedy)
    if free < 2 * needed:
        return doubtful("disk", f"{words}: little is left for others", remedy)
    return Finding("disk", words)
