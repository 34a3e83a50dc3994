r"""Regular expressions that the user typed.

RE2 matches them, in a time linear in the length of the text. The standard library's `re` would look for `(a+)+$` in
one long line for ever, and nothing stops a search by `re` but the end of the process. The price: no look-around, no
reference to a group, and `\w`, `\d`, `\b` know the letters of ASCII alone (`\pL` is any letter).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    import re

MOST_INSTRUCTIONS = 500
"""Of the program that RE2 makes of an expression; each may cost a step for each byte of the text."""
MEMORY_BYTES = 8 << 20
"""RE2's own bound for one expression."""

UNKNOWN = "; look-around and references to a group are not known here"


class Expression(Protocol):
    """As much of `re.Pattern` as is used of one: its own, and RE2's."""

    @property
    def pattern(self) -> str: ...
    def search(self, text: str, /) -> re.Match[str] | None: ...
    def finditer(self, text: str, /) -> Iterator[re.Match[str]]: ...


class BytesExpression(Protocol):
    """An expression for bytes of UTF-8."""

    def search(self, text: bytes, /) -> re.Match[bytes] | None: ...


def typed_expression(written: str, *, ignores_case: bool) -> Expression:
    """Of what the user typed.

    Raises:
        ValueError: it is none, or RE2 does not know it, in words.
    """
    return cast("Expression", _compiled(written, ignores_case=ignores_case))


def of_many_lines(written: str, *, ignores_case: bool) -> BytesExpression:
    """The same, for the bytes of many lines at once: found if one of them has it and `searches_lines` is true.

    Raises:
        ValueError: as above.
    """
    return cast("BytesExpression", _compiled(f"(?m:{written})", ignores_case=ignores_case, never_nl=True))


def searches_lines(written: str) -> bool:
    """False if it may ask for the beginning or the end of the text, so that each line must be searched by itself."""
    return r"\A" not in written and r"\z" not in written


def _compiled(written: str, *, ignores_case: bool, **further: bool) -> object:
    try:
        import re2  # noqa: PLC0415  most users never search by one: not before the first paint
    except ImportError as error:
        raise ValueError(
            f"a regular expression needs the package google-re2: pip install google-re2 ({error})"
        ) from None
    options = re2.Options()
    options.case_sensitive, options.max_mem, options.log_errors = not ignores_case, MEMORY_BYTES, False
    for name, value in further.items():
        setattr(options, name, value)
    try:
        expression: Any = re2.compile(written, options)
    except re2.error as error:
        said = error.args[0].decode(errors="replace")
        is_of_perl = said.startswith(("invalid perl operator", "invalid escape sequence"))
        raise ValueError(f"{said}{UNKNOWN if is_of_perl else ''}") from None
    if expression.programsize > MOST_INSTRUCTIONS:
        raise ValueError("too long once its repetitions are written out; shorten it, or repeat with * and +")
    return cast("object", expression)
