"""Label files as text, in the encodings that spreadsheets write. What cannot be text is refused with its line."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from training.errors import BadData

WINDOWS = "cp1252"
"""How spreadsheets in western Europe save a CSV: Latin-1 with a few signs more."""
CONTROL = r"[\x00-\x08\x0b-\x1f]"
"""Signs of a file that is no text; tab, line feed and carriage return are not among them."""


def read_text(path: Path, kind: str) -> tuple[str, str]:
    """The text of a label file, and what to say after its name in errors: empty for UTF-8.

    A text that is not UTF-8 is read as Windows-1252. If that is wrong, names of images are, and no such image is found.

    Args:
        path: the file.
        kind: what the file should be, for errors.

    Raises:
        BadData: no such file, UTF-16, or bytes that no text has.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise BadData(f"{path}: no such file. Give the data set's place with --data_path") from None
    except OSError as error:
        raise BadData(f"{path}: cannot be read as {kind} ({error})") from error
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadData(f"{path}: cannot be read as {kind} (it begins as UTF-16 does); save it as UTF-8")
    try:
        return _without(r"\0", content.decode("utf-8-sig"), path, kind), ""
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        wrong = f"{path}, line {line}: cannot be read as {kind} (byte {content[error.start]:#04x} is not UTF-8)"
    try:
        return _without(CONTROL, content.decode(WINDOWS), path, kind), " (not UTF-8: read as Windows-1252)"
    except UnicodeDecodeError:
        raise BadData(f"{wrong}; save it as UTF-8") from None


def _without(signs: str, text: str, path: Path, kind: str) -> str:
    """Refuse signs that no label has. A NUL can stand in no file name, and is every second byte of UTF-16."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := re.search(signs, lines):
        line = lines.count("\n", 0, found.start()) + 1
        raise BadData(f"{path}, line {line}: cannot be read as {kind} (it holds {found[0]!r}); save it as UTF-8 text")
    return text
