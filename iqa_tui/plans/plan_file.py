"""The text of a plan and the TOML in it; what is wrong is said with its line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from iqa_tui.errors import PlanError
from iqa_tui.plans.toml_lines import TomlPlace, line_of


def read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    """A file's text and content.

    Raises:
        FileNotFoundError: there is no such file.
        PlanError: it cannot be read, or is no TOML.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # editors on Windows write a byte order mark
        return text, tomllib.loads(text)
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        byte = f"byte {error.object[error.start]:#04x}"
        raise PlanError(f"{path}: line {line} holds {byte}, which is not UTF-8. Save the file as UTF-8.") from error
    except OSError as error:
        raise PlanError(f"{path}: cannot be read ({error}). Give a readable text file.") from error
    except tomllib.TOMLDecodeError as error:
        raise PlanError(f"{path}: this is no TOML: {error}. Mend that line.") from error


def with_line(error: PlanError, text: str) -> PlanError:
    """The same error with the line of its key in this text, if it has a place and the key stands there."""
    if error.place is None:
        return error
    heading, number, key = error.place
    line = line_of(text, TomlPlace(heading, number), key)
    return error if line is None else PlanError(f"{error} (at line {line})")
