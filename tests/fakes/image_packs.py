"""Packs of decoded images as the trainer writes them, of grey squares."""

import os
import zlib
from pathlib import Path

from training.runfolder.image_packs import About, ImageRecord, Pack, about_bytes, own_folder, record_bytes_of

SIDE = 8


def write_pack(
    cache: Path,
    name: str = "0123456789abcdef-0",
    *,
    images: int = 3,
    datasets: list[str] | None = None,
    used: float = 0.0,
) -> Pack:
    """One of this user, last used at `used` (0: now)."""
    folder = own_folder(cache)
    folder.mkdir(parents=True, exist_ok=True)
    pack = Pack(folder / name, os.geteuid())
    square = bytes([128]) * (SIDE * SIDE * 3)
    records = [
        ImageRecord(bytes([number % 256] * 16), SIDE, SIDE, SIDE, SIDE, number * len(square), zlib.crc32(square), 0)
        for number in range(images)
    ]
    pack.pixels.write_bytes(square * images)
    pack.index.write_bytes(b"".join(record_bytes_of(record) for record in records))
    pack.about.write_bytes(about_bytes(About(datasets or ["csv"], "/data/pictures", "own size")))
    if used:
        os.utime(pack.about, (used, used))
    return pack
