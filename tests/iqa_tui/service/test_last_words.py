"""What a trainer said last, found in whatever it printed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from iqa_tui.service.last_words import TRACEBACK as TRACEBACK_LINE
from iqa_tui.service.last_words import last_words, tail
from tests.trust.damage import KINDS


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("error: again in 3 s\n{0}KeyError: 'moon'\n", "KeyError: 'moon'"),
        ("{0}KeyError: 'moon'\nerror: no moon\n", "no moon"),
        (" 50%|#####     | 5/10{0}KeyError: 'moon'\n\r 60%|######", "KeyError: 'moon'"),
        (
            "{0}KeyError: 'a'\n\nDuring handling of the above exception, another exception occurred:\n\n{0}ValueError: b\nc\n",
            "ValueError: b",
        ),
        (
            "{0}ValueError: Caught ValueError in DataLoader worker process 0.\nOriginal {0}ValueError: no image 7\n",
            "ValueError: no image 7",
        ),
        (
            "{0}KeyError: 'moon'\nException ignored in: <function __del__>\n{0}AssertionError: aside\n",
            "KeyError: 'moon'",
        ),
        ("Exception in thread Thread-1:\n{0}OSError: its own\n", "OSError: its own"),
        ("{0}RuntimeError: \n        An attempt was made\n        too early\n", "RuntimeError: An attempt was made"),
        (
            "  + Exception Group Traceback (most recent call last):\n  |   File x\n  | ExceptionGroup: a (1 sub-exception)\n  +-+--- 1 ---\n    | ValueError: 1\n    +------\n",
            "ExceptionGroup: a (1 sub-exception)",
        ),
        ("\x1b]8;;file\x1b\\here\x1b]8;;\x1b\\ it is\n", "here it is"),
    ],
)
def test_the_last_words_are_those_that_ended_it(output: str, words: str) -> None:
    frames = f'{TRACEBACK_LINE}\n  File "t.py", line 1, in <module>\n    f()\n    ^^^\n'
    assert last_words(output.format(frames).encode()) == words


TORCHRUN = """Traceback (most recent call last):
  File "train.py", line 9, in <module>
    main()
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.
E1129 07:04:00.1 4242 torch/distributed/elastic/multiprocessing/api.py:869] failed (exitcode: 1) local_rank: 0
Traceback (most recent call last):
  File "/usr/bin/torchrun", line 8, in <module>
    sys.exit(main())
torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
============================================================
train.py FAILED
------------------------------------------------------------
Root Cause (first observed failure):
  traceback : To enable traceback see: https://pytorch.org/docs/stable/elastic/errors.html
============================================================
"""
ACCELERATE = """Traceback (most recent call last):
  File "train.py", line 9, in <module>
ValueError: no such split
Traceback (most recent call last):
  File "/usr/bin/accelerate", line 8, in <module>
subprocess.CalledProcessError: Command '['python', 'train.py']' returned non-zero exit status 1.
"""
LOGURU = """2026-11-29 07:04:00.123 | ERROR    | __main__:<module>:12 - An error has been caught in function '<module>'
Traceback (most recent call last):

> File "train.py", line 12, in <module>
    main()
    └ <function main at 0x7f>

  File "train.py", line 9, in main
    raise ValueError("loss is negative")

ValueError: loss is negative
"""
RICH = """╭─────────────── Traceback (most recent call last) ────────────────╮
│ train.py:9 in <module>                                           │
╰──────────────────────────────────────────────────────────────────╯
KeyError: 'mos'
"""
SPAWN = """Traceback (most recent call last):
  File "train.py", line 20, in <module>
torch.multiprocessing.spawn.ProcessRaisedException:

-- Process 0 terminated with the following error:
Traceback (most recent call last):
  File "spawn.py", line 90, in _wrap
RuntimeError: NCCL error
"""


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (TORCHRUN, "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB."),
        (ACCELERATE, "ValueError: no such split"),
        (LOGURU, "ValueError: loss is negative"),
        (RICH, "KeyError: 'mos'"),
        (SPAWN, "RuntimeError: NCCL error"),
        (TORCHRUN.partition("E1129")[2], "torch.distributed.elastic.multiprocessing.errors.ChildFailedError:"),
    ],
)
def test_a_launchers_own_words_do_not_hide_the_trainers(output: str, words: str) -> None:
    assert last_words(output.encode()) == words


def test_output_full_of_escapes_is_read_in_no_time() -> None:
    began = time.process_time()
    last_words(b"\x1b]8;;" * 10_000)
    assert time.process_time() - began < 5  # some milliseconds; a search from each of them to the end takes minutes


def test_last_words_are_text_of_a_bearable_length() -> None:
    assert last_words(b"\xff\xfe broken \x1b[31mred\x1b[0m\x07\n\n") == "�� broken red"
    assert len(last_words(b"x" * 100_000)) == 300
    assert last_words(b"") == ""


@pytest.mark.parametrize("kind", ["absent", "a pipe", "a socket", "a folder", "a device", "a link to /etc/passwd"])
def test_an_output_that_is_no_file_has_no_end(tmp_path: Path, kind: str) -> None:
    KINDS[kind](tmp_path / "output.log")
    assert tail(tmp_path / "output.log") == b""


def test_the_end_of_an_output_is_read_however_long_it_is(tmp_path: Path) -> None:
    KINDS["a hollow file"](tmp_path / "output.log")
    with (tmp_path / "output.log").open("ab") as file:
        file.write(b"error: the end\n")
    assert tail(tmp_path / "output.log").endswith(b"\0error: the end\n")
