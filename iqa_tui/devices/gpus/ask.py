"""One question to NVIDIA's management library, which may have no answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pynvml

T = TypeVar("T")

NO_ANSWER = (pynvml.NVMLError, pynvml.NVMLLibraryMismatchError)
"""The second one comes from functions without a version that an old library lacks; it is no NVMLError."""


def ask(question: Callable[..., T], *arguments: Any, **named: Any) -> T | None:
    """The answer, or None if the driver has none."""
    try:
        return question(*arguments, **named)
    except NO_ANSWER:
        return None


def text(answer: str | bytes) -> str:
    """Old versions of the library answer in bytes."""
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
