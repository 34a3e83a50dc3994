"""Files stay short, functions take few arguments, and the modules of a room import each other in one direction."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
MOST_LINES = 300
MOST_ARGUMENTS = 6
MOST_FILES = 8
"""Of a room without a contract that orders them."""
PACKAGES = ("iqa_tui", "training")


def sources() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split() if (ROOT / name).exists()]


def test_no_file_is_longer_than_a_reader_keeps_in_mind() -> None:
    lines = {str(path.relative_to(ROOT)): path.read_bytes().count(b"\n") for path in sources()}
    assert len(lines) > 300
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """(name, how many arguments without self) of every function in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            yield node.name, len([name for name in names if name not in ("self", "cls")])


def test_no_function_takes_more_arguments_than_a_caller_keeps_in_mind() -> None:
    found = [(str(path.relative_to(ROOT)), *each) for path in sources() for each in functions(path)]
    assert len(found) > 3000
    assert [each for each in found if each[2] > MOST_ARGUMENTS] == []


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES)


def rooms() -> list[str]:
    """Every package of the app and the trainer, by its dotted name."""
    found = (path.parent.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("__init__.py"))
    return sorted(".".join(folder.parts) for folder in found)


def imports_among(children: set[str], graph: grimp.ImportGraph) -> dict[str, set[str]]:
    """Child to those of its siblings that it, or a module below it, imports."""
    below = {name: child for child in children for name in (child, *graph.find_descendants(child))}
    edges: dict[str, set[str]] = {child: set() for child in children}
    for name, child in below.items():
        imported = {below.get(other, child) for other in graph.find_modules_directly_imported_by(name)}
        edges[child] |= imported - {child}
    return edges


@pytest.mark.parametrize("room", rooms())
def test_no_two_modules_of_a_room_import_each_other(room: str, graph: grimp.ImportGraph) -> None:
    try:
        TopologicalSorter(imports_among(graph.find_children(room), graph)).prepare()
    except CycleError as error:
        pytest.fail(f"{room}: {' → '.join(error.args[1])}")


def test_a_circle_is_found() -> None:
    graph = grimp.ImportGraph()
    for name in ("a", "a.b", "a.c", "a.c.d"):
        graph.add_module(name)
    graph.add_import(importer="a.b", imported="a.c.d")
    assert imports_among({"a.b", "a.c"}, graph) == {"a.b": {"a.c"}, "a.c": set()}
    graph.add_import(importer="a.c", imported="a.b")
    with pytest.raises(CycleError):
        TopologicalSorter(imports_among({"a.b", "a.c"}, graph)).prepare()


def test_a_room_of_many_files_has_a_contract_that_orders_all_of_them() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    ordered = {room for each in contracts if each.get("exhaustive") for room in each["containers"]}
    many = {
        room
        for room in rooms()
        if len([path for path in (ROOT / room.replace(".", "/")).glob("*.py") if path.name != "__init__.py"])
        > MOST_FILES
    }
    assert many - ordered == set()


def test_no_handler_calls_its_bases_since_textual_calls_the_handler_of_every_class() -> None:
    called_twice = re.compile(r"super\(\)\._?on_(?!event\b)\w+\(")
    found = {str(path.relative_to(ROOT)): called_twice.findall(path.read_text()) for path in sources()}
    assert {name: calls for name, calls in found.items() if calls and name.startswith("iqa_tui/")} == {}
