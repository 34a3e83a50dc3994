"""How an amount of memory or disk is said."""

from __future__ import annotations

GIB = 1 << 30


def gib_words(size_bytes: float, decimals: int = 1) -> str:
    """`21.3 GiB`."""
    return f"{size_bytes / GIB:.{decimals}f} GiB"
