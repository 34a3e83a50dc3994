"""What may stand where a file of a run, or a lock, is expected: other kinds of files, sizes, encodings, JSON.

Everything is drawn from one `random.Random`, so a case is told by its seed and its number.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

HOLLOW_BYTES = 40 << 30
DEEP = 100_000

JSON_VALUES = [
    *("null", "true", "false", "0", "-1", "3", "2.5", "-0.0", "1e308", "1e999", "-1e999", "NaN", "-Infinity"),
    *("9" * 19, "9" * 25, "9" * 400, "9" * 5000, "253402300800", "1e18", "-1e300", "1e-320"),
    *('""', '"x"', '"a\\nb"', '"\\ud800"', '"\\u001b]52;c;eA==\\u0007"', '"a\\u0000b"', '"=1+1"', '"２"'),
    *("[]", "[1]", "[[]]", '["x"]', "[null]", "[1, 2]", "[3, 1, 2]", "{}", '{"a": 1}', '{"a": "b"}', '{"": ""}'),
    *('{"test": 3}', '{"test": {"srcc": "x"}}', '{"test": {"srcc": 1e99}}', '{"a": 1, "a": 2}', "tru", "{", '"'),
    *("[" * 60 + "]" * 60, "[" * 900 + "]" * 900, '{"a":' * 60 + "1" + "}" * 60, "[" * DEEP, "[" * DEEP + "]" * DEEP),
    '"' + "x" * 300_000 + '"',
    "[" + "[]," * 200_000 + "[]]",
]
"""As they stand in a file, for many of them Python would not write."""
HOLE = "@hole@"

Damage = Callable[[Path], None]
Drawn = tuple[str, Damage]
"""What it is, in words, and how it is done to a path."""


def draw_kind(rng: random.Random) -> Drawn:
    """Another kind of file in its place, or another size."""
    name = rng.choice(sorted(KINDS))
    return name, KINDS[name]


def draw_content(rng: random.Random) -> Drawn:
    """The file's own bytes, spoilt."""
    name = rng.choice(sorted(CONTENTS))
    cut = rng.random()
    return f"{name} at {cut:.3f}", lambda path: _spoil(path, lambda raw: CONTENTS[name](raw, int(cut * len(raw))))


def draw_value(rng: random.Random) -> Drawn:
    """One value of a JSON file, at any depth, replaced by another; or left out, or there twice, or wrapped."""
    seed, value = rng.random(), rng.choice(JSON_VALUES)
    how = rng.choices(("replaced", "left out", "twice", "wrapped", "added"), (20, 2, 1, 1, 1))[0]
    words = f"a value {how} ({value[:40]}, {seed:.6f})"
    return words, lambda path: _spoil(path, lambda raw: _with_value(raw, random.Random(seed), how, value))


def draw_events(rng: random.Random) -> Drawn:
    """Lines of events with whatever values."""
    seed = rng.random()
    return f"events of any values ({seed:.6f})", lambda path: _spoil(
        path, lambda raw: raw + _events(random.Random(seed))
    )


def draw_samples(rng: random.Random) -> Drawn:
    """Lines of what the machine shows, with whatever values."""
    seed = rng.random()
    return f"samples of any values ({seed:.6f})", lambda path: _spoil(
        path, lambda raw: raw + _samples(random.Random(seed))
    )


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _link_to(target: str) -> Damage:
    return lambda path: path.symlink_to(target)


def _make_socket(path: Path) -> None:
    """Its name may be longer than an address of a socket: made elsewhere and moved here."""
    short = path.parents[-2] / f"fuzz-{os.getpid()}.sock"
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(short))
    short.rename(path)


def _make_device(path: Path) -> None:
    """A character device that gives zeros for ever; if we may not make one, a link to it."""
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        path.symlink_to("/dev/zero")


def _make_hollow(path: Path) -> None:
    path.touch()
    os.truncate(path, HOLLOW_BYTES)


def _in_place_of(make: Damage) -> Damage:
    def replace(path: Path) -> None:
        remove(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        make(path)

    return replace


def _write(content: bytes) -> Damage:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


KINDS: dict[str, Damage] = {
    "absent": remove,
    "a pipe": _in_place_of(os.mkfifo),
    "a socket": _in_place_of(_make_socket),
    "a folder": _in_place_of(Path.mkdir),
    "a device": _in_place_of(_make_device),
    "a link to itself": _in_place_of(lambda path: path.symlink_to(path.name)),
    "a link to /etc/passwd": _in_place_of(_link_to("/etc/passwd")),
    "a link to /dev/zero": _in_place_of(_link_to("/dev/zero")),
    "a link to a folder": _in_place_of(_link_to("/etc")),
    "a link to nothing": _in_place_of(_link_to("/nowhere/at/all")),
    "a hollow file": _in_place_of(_make_hollow),
    "an empty file": _in_place_of(Path.touch),
    "4 MiB of zeros": _in_place_of(_write(bytes(4 << 20))),
    "9 MiB of brackets": _in_place_of(_write(b"[" * (9 << 20))),
    "200,000 short lines": _in_place_of(_write(b"{}\n" * 200_000)),
    "1 MiB of newlines": _in_place_of(_write(b"\n" * (1 << 20))),
    "closed": lambda path: path.chmod(0) if path.exists() else None,
}

CONTENTS: dict[str, Callable[[bytes, int], bytes]] = {
    "cut": lambda raw, at: raw[:at],
    "a NUL": lambda raw, at: raw[:at] + b"\0" + raw[at:],
    "latin-1": lambda raw, at: raw[:at] + b"\xe9\xff" + raw[at:],
    "UTF-16": lambda raw, at: raw.decode(errors="replace").encode("utf-16"),
    "UTF-32": lambda raw, at: raw.decode(errors="replace").encode("utf-32"),
    "a byte order mark": lambda raw, at: b"\xef\xbb\xbf" + raw,
    "a bare surrogate": lambda raw, at: raw[:at] + b"\xed\xa0\x80" + raw[at:],
    "an ESC": lambda raw, at: raw[:at] + b"\x1b[2J" + raw[at:],
    "twice": lambda raw, at: raw + raw,
    "one bit": lambda raw, at: raw[:at] + bytes([raw[at] ^ 4]) + raw[at + 1 :] if at < len(raw) else raw,
}


def _spoil(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Of a folder any file in it; what is not there yet is made."""
    if path.is_dir():
        path = next((entry for entry in sorted(path.rglob("*")) if entry.is_file()), path / "new")
    content = change(path.read_bytes() if path.exists() else b"{}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _with_value(raw: bytes, rng: random.Random, how: str, value: str) -> bytes:
    try:
        content = json.loads(raw)
    except ValueError:
        return value.encode()
    places = list(_places(content))
    if how == "wrapped" or not places:
        return f"[{raw.decode()}]".encode()
    table, key = rng.choice(places)
    if how == "left out":
        del table[key]
    elif how == "added" and isinstance(table, dict):
        table["colour"] = HOLE
    else:
        table[key] = HOLE
    text = json.dumps(content, ensure_ascii=False, indent=1).replace(f'"{HOLE}"', value)
    return (f'{{"format": 1,{text[1:]}' if how == "twice" else text).encode()


def _places(content: Any) -> Any:
    """Each table or list with each of its keys; the outer ones as often as all below them."""
    if isinstance(content, dict | list):
        for key in list(content) if isinstance(content, dict) else range(len(content)):
            below = list(_places(content[key]))
            yield from [(content, key)] * max(1, len(below))
            yield from below


KINDS_OF_EVENTS = (
    *("started", "progress", "resumed", "step", "epoch", "evaluated", "checkpoint", "warning", "finished", "dreamed"),
)
FIELDS_OF_EVENTS = (
    *("epoch", "step", "loss", "lr", "images_per_second", "grad_norm", "metrics", "split", "text", "what", "done"),
    *("total", "epochs", "steps_per_epoch", "source_digest", "name", "srcc"),
)


FIELDS_OF_GPUS = ("key", "index", "memory_bytes", "utilisation_percent", "power_watts", "temperature_celsius")


def _events(rng: random.Random) -> bytes:
    """Many of them can be counted with, so that they meet the others."""
    lines = []
    for _ in range(rng.choice((1, 5, 40))):
        fields = {"kind": json.dumps(rng.choice(KINDS_OF_EVENTS)), "t": str(rng.choice((1, 2e9, 1_795_460_500.5)))}
        fields["attempt"] = str(rng.choice((1, 1, 2, 99)))
        for name in rng.sample(FIELDS_OF_EVENTS, rng.randrange(1, 9)):
            fields[name] = rng.choice((*JSON_VALUES, str(rng.randrange(900)), "9007199254740992", "1"))
        if rng.random() < 0.2:
            fields[rng.choice(sorted(fields))] = rng.choice(JSON_VALUES)
        lines.append(_object(fields))
    return "\n".join([*lines, ""]).encode()


def _samples(rng: random.Random) -> bytes:
    lines = []
    for _ in range(rng.choice((1, 5, 40))):
        gpu = {name: rng.choice((*JSON_VALUES, "1", "97")) for name in rng.sample(FIELDS_OF_GPUS, rng.randrange(1, 6))}
        fields = {"t": rng.choice(("1", "2e9", "1795460500.5")), "attempt": rng.choice(("1", "2"))}
        fields["gpus"] = rng.choice((f"[{_object(gpu)}, {_object(gpu)}]", *JSON_VALUES))
        for name in ("memory_bytes", "processes", "peak_gpu_memory_bytes"):
            fields[name] = rng.choice((*JSON_VALUES, "9007199254740992"))
        if rng.random() < 0.2:
            fields[rng.choice(sorted(fields))] = rng.choice(JSON_VALUES)
        lines.append(_object(fields))
    return "\n".join([*lines, ""]).encode()


def _object(fields: dict[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in fields.items()) + "}"
