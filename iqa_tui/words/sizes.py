"""How an amount of memory or disk is said."""

from __future__ import annotations

GIB = 1 << 30


def gib_words(size_bytes: float, decimals: int = 1) -> str:
    """`21.3 GiB`."""
    return f"{size_bytes / GIB:.{decimals}f} GiB"


def size_words(size_bytes: float) -> str:
    """`21.3 GiB`, `312 MiB`, `4 KiB`, `417 B`: in the unit in which it has one to three digits before the point."""
    for unit, name in ((GIB, "GiB"), (1 << 20, "MiB")):
        if size_bytes >= unit:
            return f"{size_bytes / unit:.1f} {name}" if unit == GIB else f"{size_bytes / unit:.0f} {name}"
    return f"{size_bytes / 1024:.0f} KiB" if size_bytes >= 1024 else f"{size_bytes:.0f} B"
