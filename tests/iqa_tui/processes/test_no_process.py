"""What is said if the system refuses to start a process."""

from __future__ import annotations

import errno
import os
import resource

import pytest

from iqa_tui.processes.no_process import is_no_process, no_process_words


@pytest.mark.parametrize(
    ("number", "is_refused"),
    [(errno.EAGAIN, True), (errno.ENOMEM, True), (errno.ENOENT, False), (errno.EACCES, False), (errno.E2BIG, False)],
)
def test_only_too_many_processes_and_too_little_memory_pass_by_themselves(number: int, is_refused: bool) -> None:
    assert is_no_process(OSError(number, os.strerror(number))) == is_refused


@pytest.mark.parametrize(
    ("number", "most", "words"),
    [
        (errno.ENOMEM, 4096, "this machine has no memory for one more process"),
        (errno.EAGAIN, 4096, "this machine lets you start no more processes (ulimit -u 4,096)"),
        (errno.EAGAIN, resource.RLIM_INFINITY, "this machine lets you start no more processes (ulimit -u)"),
    ],
)
def test_the_limit_is_named_if_there_is_one(
    monkeypatch: pytest.MonkeyPatch, number: int, most: int, words: str
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda limit: (most, most))
    assert no_process_words(OSError(number, os.strerror(number))) == words
