"""Words that hide who acts or on what condition, in comments, docstrings, texts and documents.

    python -m tests.architecture.prose [--count]

Prints file, line, the words, and what to write instead. Exit code 1 if there are any.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ACTOR = "name who acts: the user, the dispatcher, the supervisor, the trainer, no run, no one"
WHERE = (
    "where (there (is|are|was|were)|no|none|nothing|neither|one (is|was)|it (is|was|has|can|cannot|does|did)|"
    "they (are|were|have|can|cannot)|that (is|was|cannot)|this (is|was)|its|the (driver|disk|machine|kernel|"
    "system|trainer|run|plan|data set|loss|folder|file) (does|do|is|has|cannot|can|was)|all|every|neither|"
    "both|several|two|a (run|plan|device|driver|file|trainer) (is|has|was|cannot|does))"
)
RULES = [
    (re.compile(rf"\b{words}\b", re.IGNORECASE), instead)
    for words, instead in (
        ("(some|no|any|every)body('s)?", ACTOR),
        ("another's", "say whose: another user's, an external trainer's"),
        ("whoever", "say who: the user who, the process that"),
        ("say it again", "“Run the command again”"),
        ("stands? in the way", "“keeps … from …”"),
        ("of before", "“earlier”, “of an earlier version”"),
        (
            WHERE,
            "“if” or “when”: “where” is for places",
        ),
    )
]
CHECKED = (".py", ".md", ".toml", ".tcss")
LEFT_OUT = ("tests/golden/", "tests/architecture/prose.py", "tests/architecture/test_prose.py", "CONTRIBUTING.md")


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """(line number, prose) of a file; of Python its comments and strings alone."""
    content = path.read_text()
    if path.suffix != ".py":
        yield from enumerate(content.splitlines(), start=1)
        return
    for token in tokenize.generate_tokens(io.StringIO(content).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            yield from enumerate(token.string.splitlines(), start=token.start[0])
        elif token.type == tokenize.NAME and token.string.startswith("test_"):
            yield token.start[0], token.string.replace("_", " ")


def found(root: Path = ROOT) -> Iterator[tuple[str, int, str, str]]:
    """(file, line number, the words, what to write instead) of every tracked file."""
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        path = root / name
        if not name.endswith(CHECKED) or name.startswith(LEFT_OUT) or not path.is_file():
            continue
        for number, text in texts(path):
            for pattern, instead in RULES:
                for match in pattern.finditer(text):
                    yield name, number, match[0], instead


def main(argv: list[str]) -> int:
    everything = list(found())
    if "--count" in argv:
        rooms = Counter("/".join(name.split("/")[: 3 if name.startswith("tests") else 2]) for name, *_ in everything)
        for room, count in sorted(rooms.items()):
            print(f"{count:5}  {room}")
    else:
        for name, number, words, instead in everything:
            print(f"{name}:{number}: {words}: {instead}")
    if everything:
        print(f"{len(everything)} places to say otherwise", file=sys.stderr)
    return bool(everything)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
