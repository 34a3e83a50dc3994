"""The version, as pyproject.toml has it: reading it from the installed package would double the time to say it."""

VERSION = "0.1.0"
