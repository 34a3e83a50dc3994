"""How the value of a flag is said."""

from __future__ import annotations

import re

SHORT_POWER = re.compile(r"e([+-])0(\d)$")


def value_words(value: object) -> str:
    """As a user would type it: `5e-6` for 5e-06, `true` for True."""
    if isinstance(value, bool):
        return str(value).lower()
    return SHORT_POWER.sub(r"e\1\2", str(value)) if isinstance(value, float) else str(value)
