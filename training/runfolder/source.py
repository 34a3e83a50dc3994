"""Which code a trainer is: a digest of its source files, the same for launcher and trainer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

DIGEST_CHARACTERS = 12
TRAINING = Path(__file__).parents[1]
"""The folder of our trainer."""


def trainer_digest() -> str:
    """Of every Python file of `training`, by its place in it.

    Raises:
        OSError: one of them cannot be read.
    """
    return source_digest({str(path.relative_to(TRAINING)): path for path in TRAINING.rglob("*.py")})


def source_digest(files: Mapping[str, Path]) -> str:
    """A few hexadecimal characters, which differ if a name or a content differs.

    Args:
        files: name to file; the order does not matter.

    Raises:
        OSError: one of them cannot be read.
    """
    digest = hashlib.sha256()
    for name in sorted(files):
        content = files[name].read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:DIGEST_CHARACTERS]
