"""What can be wrong with a run folder. The text names the file and what to do."""

from __future__ import annotations


class RunFolderError(Exception):
    """Something about a run folder is not as it must be; the text names the file and what to do."""


class UnreadableFile(RunFolderError):
    """A file that is there but cannot be understood."""


class NewerFormat(RunFolderError):
    """A file written by a later version of this program."""


class Fenced(RunFolderError):
    """Another attempt has taken this run over: this process must write nothing more in its folder, and exit."""


class LockHeld(RunFolderError):
    """Another process holds the lock."""
