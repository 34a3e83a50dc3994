"""What the image cache holds, which processes use it, and what a request to prune it would delete."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from iqa_tui.words.durations import duration_words
from iqa_tui.words.people import name_of_user
from iqa_tui.words.sizes import size_words
from training.runfolder.image_packs import Pack, all_packs, own_folder, packs_of, read_about, read_records
from training.runfolder.image_room import (
    OldCache,
    delete_old,
    delete_pack,
    is_in_use,
    limit_bytes,
    lone_pixels,
    old_caches,
    used_bytes,
)

HEADINGS = ("data set", "size", "images", "bytes", "last used", "in use by", "of", "folder")
LOCKS = Path("/proc/locks")
RUN_FOLDER_FLAG = b"--run_folder"


@dataclass(frozen=True, slots=True)
class Deletion:
    """What a prune would delete."""

    what: Pack | OldCache
    name: str
    """In words."""
    size_bytes: int

    def delete(self) -> bool:
        """Whether it is gone; False if a process has it."""
        return delete_pack(self.what) if isinstance(self.what, Pack) else delete_old(self.what)


def rows(cache: Path) -> list[list[str]]:
    """A row of `HEADINGS` for each data set's folder and size, of this user first, and one for each older cache."""
    now, holders = time.time(), _holders()
    groups: dict[tuple[Path, str], list[Pack]] = defaultdict(list)
    for pack in all_packs(cache):
        groups[pack.stem.parent, pack.stem.name.rpartition("-")[0]].append(pack)
    has_others = any(folder != own_folder(cache) for folder, _ in groups)
    found = [_row(packs, holders, now, has_others=has_others) for packs in groups.values()]
    for old in old_caches(cache):
        age = _age(old.last_used, now)
        found.append([_old_name(old), "", "", size_words(old.size_bytes), age, "", "", ""])
    return found


def _row(packs: Sequence[Pack], holders: dict[int, set[int]], now: float, *, has_others: bool) -> list[str]:
    abouts = [read_about(pack) for pack in packs]
    names = dict.fromkeys(name for about in abouts for name in about.datasets)
    return [
        ", ".join(names) or "not known",
        abouts[0].sizing or _sizes(packs),
        f"{sum(pack.images for pack in packs):,}",
        size_words(sum(pack.size_bytes for pack in packs)),
        _age(max(pack.last_used for pack in packs), now),
        ", ".join(_users(packs, holders)),
        name_of_user(packs[0].owner) if has_others else "",
        abouts[0].folder,
    ]


def _sizes(packs: Sequence[Pack]) -> str:
    sizes = {(record.width, record.height) for pack in packs for record in read_records(pack)}
    return "{}×{}".format(*sizes.pop()) if len(sizes) == 1 else f"{len(sizes):,} sizes"


def _age(then: float, now: float) -> str:
    return f"{duration_words(max(now - then, 0))} ago"


def _users(packs: Sequence[Pack], holders: dict[int, set[int]]) -> list[str]:
    """Runs and processes that have one of the packs."""
    processes: set[int] = set()
    is_used = False
    for pack in packs:
        with contextlib.suppress(OSError):
            inode = pack.pixels.stat().st_ino
            if is_in_use(pack):
                is_used = True
                processes |= holders.get(inode, set())
    if is_used and not processes:
        return ["a process"]
    return sorted({_process_name(process) for process in processes})


def _holders() -> dict[int, set[int]]:
    """Inode to the processes that hold a lock on the file, as far as this machine tells."""
    found: dict[int, set[int]] = defaultdict(set)
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in LOCKS.read_text().splitlines():
            words = line.split()
            if words[1] == "FLOCK":
                found[int(words[5].rpartition(":")[2])].add(int(words[4]))
    return found


def _process_name(process: int) -> str:
    """The run that it trains, else its number."""
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        if RUN_FOLDER_FLAG in words[:-1]:
            return Path(words[words.index(RUN_FOLDER_FLAG) + 1].decode(errors="replace")).name
    return f"process {process}"


def summary(cache: Path) -> str:
    """`5.6 GiB in /home/ann/.cache/iqa-tui, of at most 21.0 GiB`."""
    used, limit = used_bytes(cache), limit_bytes(cache)
    return f"{size_words(used)} in {cache}, of at most {size_words(limit)}"


def to_prune(cache: Path, keep_bytes: int) -> list[Deletion]:
    """Of this user: caches of earlier versions, what a killed run left, and the packs used longest ago, until
    `keep_bytes` are left; without those that a process has.
    """
    found = [Deletion(old, _old_name(old), old.size_bytes) for old in old_caches(cache)]
    found += [
        Deletion(pack, "pixels without an index", pack.size_bytes) for pack in lone_pixels(cache) if not is_in_use(pack)
    ]
    return [*found, *_least_used(cache, keep_bytes)]


def _least_used(cache: Path, keep_bytes: int) -> Iterator[Deletion]:
    packs = sorted(packs_of(own_folder(cache)), key=lambda pack: pack.last_used)
    left = sum(pack.size_bytes for pack in packs)
    for pack in packs:
        if left <= keep_bytes:
            return
        if not is_in_use(pack):
            left -= pack.size_bytes
            yield Deletion(pack, pack_words(pack), pack.size_bytes)


def in_use_bytes(cache: Path) -> int:
    """Of this user's packs that a process has."""
    return sum(pack.size_bytes for pack in packs_of(own_folder(cache)) if is_in_use(pack))


def pack_words(pack: Pack) -> str:
    """`koniq-10k, 512×384, 1,234 images, last used 3 d ago`."""
    about = read_about(pack)
    name = ", ".join(about.datasets) or pack.stem.name
    sizing = [about.sizing] if about.sizing else []
    return ", ".join([name, *sizing, f"{pack.images:,} images", f"last used {_age(pack.last_used, time.time())}"])


def _old_name(old: OldCache) -> str:
    return f"{old.folder.name} (of an earlier version)"
