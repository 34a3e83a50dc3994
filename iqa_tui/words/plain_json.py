"""JSON that may be printed: programs read back what was written, and a terminal gets no control characters."""

from __future__ import annotations

import json
from typing import Any

from training.runfolder.text import HARMFUL_IN_A_LINE


def plain_json(content: Any, indent: int, *, allow_nan: bool = True) -> str:
    r"""Every text as it is, but its harmful characters are written as JSON's own escapes (`\u001b`).

    Raises:
        ValueError: a number that is not finite, unless `allow_nan`.
    """
    text = json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=allow_nan)
    return HARMFUL_IN_A_LINE.sub(lambda match: json.dumps(match[0])[1:-1], text)
