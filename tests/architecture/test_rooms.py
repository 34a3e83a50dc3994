"""The picture of the rooms in ARCHITECTURE.md is the true list of which room imports which."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PICTURE = re.compile(r"<!-- rooms of (\w+) -->\n```\n(.*?)```", re.DOTALL)


def drawn() -> dict[str, dict[str, set[str]]]:
    """Package to room to the rooms that it imports, as ARCHITECTURE.md draws them."""
    pictures = {}
    for package, text in PICTURE.findall((ROOT / "ARCHITECTURE.md").read_text()):
        edges: dict[str, set[str]] = {}
        room = ""
        for line in text.splitlines():
            left, arrow, right = line.partition("─►")
            room = left.strip() or room
            edges.setdefault(room, set()).update(right.split() if arrow else ())
        pictures[package] = edges
    return pictures


def imported(package: str) -> dict[str, set[str]]:
    """Room to the rooms of its package that it imports, local imports included; rooms that import none are left out."""
    edges: dict[str, set[str]] = defaultdict(set)
    for path in (ROOT / package).rglob("*.py"):
        parts = path.relative_to(ROOT / package).with_suffix("").parts
        room = parts[0]
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                words = name.split(".")
                if words[0] == package and len(words) > 1 and words[1] != room:
                    edges[room].add(words[1])
    return dict(edges)


@pytest.mark.parametrize("package", ["iqa_tui", "training"])
def test_the_picture_is_the_true_list_of_imports(package: str) -> None:
    picture = {room: rooms for room, rooms in drawn()[package].items() if rooms}
    assert picture == imported(package)


def draw(package: str) -> str:
    """The picture, rooms from top to bottom as the contract orders them: what to put into ARCHITECTURE.md."""
    edges = imported(package)
    rooms = set(edges).union(*edges.values())
    below: dict[str, int] = {}

    def depth(room: str) -> int:
        below.setdefault(room, 1 + max((depth(other) for other in edges.get(room, ())), default=-1))
        return below[room]

    order = sorted(rooms, key=lambda room: (-depth(room), room))
    width = max(map(len, rooms))
    lines = []
    for room in order:
        if room not in edges:
            continue
        words = sorted(edges.get(room, ()), key=order.index)
        rows = [words[first : first + 9] for first in range(0, len(words), 9)]
        for number, row in enumerate(rows):
            name = room if number == 0 else ""
            lines.append(f"{name:<{width}} ─► {' '.join(row)}")
    return "\n".join([*lines, " ".join(room for room in order if room not in edges)])


if __name__ == "__main__":
    for each in ("iqa_tui", "training"):
        print(f"<!-- rooms of {each} -->\n```\n{draw(each)}\n```\n")
