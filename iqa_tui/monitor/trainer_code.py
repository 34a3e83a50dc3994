"""Which trainer code made the runs, so that no group mixes two versions unnoticed.

The app's first paint needs this, so it imports no reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from iqa_tui.words.code import code_words
from training.runfolder.engines import RECORDED

if TYPE_CHECKING:
    from training.runfolder.schema import Result
    from training.runfolder.spec import Spec


class MadeRun(Protocol):
    """A run, with the code that made it."""

    @property
    def run_id(self) -> str: ...

    @property
    def experiment(self) -> str: ...

    @property
    def trainer_digests(self) -> tuple[str, ...]: ...


def made_by(begun: Sequence[str], result: Result | None, spec: Spec | None) -> tuple[str, ...]:
    """Digests of the trainer code that made what there is of a run, oldest first, each once; () if none is known, and
    of a recorded run, which was trained elsewhere.

    Args:
        begun: the digest that each attempt's trainer reported when it started, since the last fresh start.
        result: its digest counts too.
        spec: its digest, of the code at launch, counts only while nothing is known of the code that ran.
    """
    if spec is not None and spec.engine == RECORDED:
        return ()
    own = result.source_digest if result is not None else ""
    if begun:
        return (*begun, own) if own and own not in begun else tuple(begun)
    own = own or (spec.source_digest if spec is not None else "")
    return (own,) if own else ()


def codes_of(runs: Iterable[MadeRun]) -> dict[str, list[str]]:
    """Digest to the names of the runs that this code made."""
    codes: dict[str, list[str]] = {}
    for run in runs:
        for digest in run.trainer_digests:
            codes.setdefault(digest, []).append(run.experiment or run.run_id)
    return codes


def code_note(runs: Iterable[MadeRun]) -> str:
    """A sentence if different trainer code made the runs of a group; else empty."""
    codes = codes_of(runs)
    if len(codes) < 2:
        return ""
    return f"trainer code differs: {code_words(codes)}; launch the older ones again to compare them"


def other_code_words(group: str, codes: Mapping[str, Sequence[str]], digest: str) -> list[str]:
    """What the user should know before runs of this code join a group; [] if all its runs are of this code.

    Args:
        codes: of the group, see `codes_of`.
        digest: of the runs that shall join; empty if it is not known.
    """
    others = {code: names for code, names in codes.items() if code != digest}
    if not digest or not others:
        return []
    return [
        f"{group} has runs of other trainer code: {code_words(others)}; what is launched now is {digest}.",
        "Differences may come from the code: launch every row again (--runs-dir takes another folder), or put it back.",
    ]
