"""Reads the records of a run folder, whatever stands in them, even while they are written."""

from __future__ import annotations

import codecs
import contextlib
import json
from pathlib import Path
from typing import Any, Protocol, TypeVar

from training.runfolder.engines import FORMAT, SPEC_FORMAT
from training.runfolder.errors import DiskTrouble, NewerFormat, RunFolderError, UnreadableFile, is_disk_trouble
from training.runfolder.exits import ExitKind
from training.runfolder.fields import (
    LONGEST_TEXT,
    WrongField,
    build,
    has_long_text,
    shown,
    with_whole_characters,
)
from training.runfolder.layout import RunFolder
from training.runfolder.opening import read_bounded
from training.runfolder.schema import ExitRecord, RunNotes
from training.runfolder.spec import Spec
from training.runfolder.text import plain_copy


class Record(Protocol):
    """A dataclass of `schema` or `facts`."""

    @property
    def format(self) -> int: ...


R = TypeVar("R", bound=Record)


NOT_SHOWN = ("plan", "config", "versions")
"""Large tables of which a listing shows nothing; code that shows a part of one makes it plain."""


class _NotPlain(ValueError):
    """JSON that Python takes but other readers do not."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        raise _NotPlain(f"{shown(next(name for name in names if names.count(name) > 1))} stands in it twice")
    return table


def _no_number(name: str) -> Any:
    raise _NotPlain(f"{name} is no number in JSON")


DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number)


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in `path`; None if there is no such file.

    Raises:
        UnreadableFile: no JSON object, or no file.
        NewerFormat: from a later version of this program.
    """
    raw = _raw(path)
    return None if raw is None else _object(raw, path, FORMAT)


def _raw(path: Path) -> bytes | None:
    """None if there is no such file. Raises as `read_json`."""
    try:
        return read_bounded(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise UnreadableFile(f"{path}: may not be read by you. Ask its owner.") from error
    except OSError as error:
        kind = DiskTrouble if is_disk_trouble(error) else UnreadableFile
        raise kind(f"{path}: cannot be read ({error.strerror or error}).") from error


def _object(raw: bytes, path: Path, newest: int) -> dict[str, Any]:
    """Args:
    newest: the latest format of such a record that this version reads.
    """
    content = _parsed(path, raw)
    if not isinstance(content, dict):
        raise UnreadableFile(f"{path}: holds a {type(content).__name__}, not an object.")
    version = content.get("format", 1)
    if type(version) is not int:
        raise UnreadableFile(f"{path}: format is {shown(version)}, but must be a whole number. Mend it.")
    if version > newest:
        raise NewerFormat(
            f"{path}: written in format {version}; this version reads up to {newest}. Upgrade iqa-tui to read it."
        )
    return content


def _parsed(path: Path, raw: bytes) -> Any:
    """The JSON of a record; names that stand twice and numbers that JSON does not know are refused.

    Raises:
        UnreadableFile: it is no such JSON.
    """
    try:
        content = DECODER.decode(raw.removeprefix(codecs.BOM_UTF8).decode())
        if rb"\u" in raw:
            content = with_whole_characters(content)
        if len(raw) <= LONGEST_TEXT or not has_long_text(content):
            return content
        words = f"a text in it is longer than {LONGEST_TEXT:,} characters"
    except UnicodeDecodeError as error:
        words = f"is no text in UTF-8, from byte {error.start} on"
    except (json.JSONDecodeError, _NotPlain) as error:
        words = str(error)
    except ValueError:
        words = "a number in it has too many digits"
    except RecursionError:
        words = "lists or tables in it are nested too deeply"
    except MemoryError:
        words = "there is not enough memory for what is in it"
    raise UnreadableFile(f"{path}: {words}. Move the file away, or restore it from a backup.")


def read_record(path: Path, kind: type[R]) -> R | None:
    """One of the whole files of `schema`; None if there is no such file. Unknown fields are skipped.

    Raises:
        UnreadableFile, NewerFormat: as `read_json`, or a field is missing or not what it must be.
    """
    raw = _raw(path)
    return None if raw is None else parse_record(raw, kind, path)


def read_shown_record(path: Path, kind: type[R]) -> R | None:
    """As `read_record`, for showing: every text but those of large tables is plain. Execute nothing of it."""
    raw = _raw(path)
    if raw is None:
        return None
    record = parse_record(raw, kind, path)
    # Printable ASCII without escapes: no text in it can be harmful, and that is seen in an instant.
    is_harmless = raw.isascii() and b"\\" not in raw and b"\x7f" not in raw
    return record if is_harmless else plain_copy(record, leave=NOT_SHOWN)


def parse_record(content: bytes, kind: type[R], path: Path) -> R:
    """A record from bytes that were read already. Raises as `read_record`, naming `path`."""
    return _record(_object(content, path, SPEC_FORMAT if issubclass(kind, Spec) else FORMAT), kind, path)


def _record(content: dict[str, Any], kind: type[R], path: Path) -> R:
    if kind is ExitRecord and type(content.get("kind")) is str:
        content["kind"] = _exit_kind(content["kind"])
    try:
        return build(kind, content)
    except WrongField as error:
        raise UnreadableFile(f"{path}: {error}. Mend it, or restore the file from a backup.") from error


def _exit_kind(name: str) -> ExitKind:
    """A kind that only a later version knows counts as a failure; its cause still says what happened."""
    try:
        return ExitKind(name)
    except ValueError:
        return ExitKind.FAILED


def read_spec(run: RunFolder) -> Spec:
    """What was asked.

    Raises:
        UnreadableFile: missing, or not a spec, or the folder is one in which nothing is read.
        NewerFormat: from a later version.
    """
    refuse_trouble(run)
    spec = read_record(run.spec, Spec)
    if spec is None:
        raise UnreadableFile(f"{run.spec}: there is no such file, so {run.path} is not a run.")
    return spec


def refuse_trouble(run: RunFolder) -> None:
    if run.trouble:
        raise UnreadableFile(f"{run.path}: {run.trouble}")


def read_shown_notes(run: RunFolder) -> RunNotes:
    """What a user noted of it, for showing. Nothing if there is no such file, or none that can be read: no run is worth
    less for a damaged note.
    """
    with contextlib.suppress(RunFolderError):
        return read_shown_record(run.notes, RunNotes) or RunNotes()
    return RunNotes()
