"""`python -m training.predict` in this process, and what it printed."""

import json

from training.predict import main


def predict(capsys, *arguments: object) -> dict:
    assert main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys, *arguments: object) -> tuple[int, str]:
    code = main([*map(str, arguments)])
    return code, capsys.readouterr().err.splitlines()[-1]
