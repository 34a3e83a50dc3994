"""What is looked at: the screens and dialogs with the keys that lead to them, and the forms of terminal."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.color import ColorSystem

Size = tuple[int, int]

USUAL, SMALL, WIDE, LEAST, TINY = (140, 40), (80, 24), (200, 60), (60, 15), (20, 5)


@dataclass(frozen=True)
class Form:
    """One terminal."""

    name: str
    size: Size
    theme: str = "iqa-dark"
    colour_system: ColorSystem | None = None
    """Of a terminal of few colours; None: it has all of them."""
    ascii_mode: bool = False
    environment: tuple[tuple[str, str], ...] = ()


FORMS = (
    *(Form(name, size, f"iqa-{name}") for name in ("dark", "light") for size in (USUAL, SMALL)),
    *(Form("dark", size) for size in (WIDE, LEAST, TINY)),
    *(Form("nocolour", size, environment=(("NO_COLOR", "1"),)) for size in (USUAL, SMALL)),
    Form("ascii", USUAL, ascii_mode=True),
    Form("sixteen-dark", USUAL, colour_system=ColorSystem.STANDARD),
    Form("sixteen-light", USUAL, "iqa-light", colour_system=ColorSystem.STANDARD),
    Form("256-dark", USUAL, colour_system=ColorSystem.EIGHT_BIT),
    Form("256-light", USUAL, "iqa-light", colour_system=ColorSystem.EIGHT_BIT),
)


@dataclass(frozen=True)
class Look:
    """One picture: the keys that lead there from the screen that is opened."""

    name: str
    room: str
    keys: tuple[str, ...] = ()
    folder: str = "seeds"
    """Of `folders.MAKERS`."""
    settle_seconds: float = 1.0
    suits_any: bool = False
    """It can be drawn of any folder of runs."""
    in_all_sizes: bool = False
    """It changes so much with the size that it is looked at in the least and in the tiny one too."""
    environment: tuple[tuple[str, str], ...] = ()

    def room_for(self, form: Form) -> bool:
        """Whether this form is worth a picture."""
        return self.in_all_sizes or form.size not in (LEAST, TINY)

    def on(self, folder: str) -> Look:
        return replace(self, folder=folder)


TO_RUN = ("g", "j", "j", "j", "right", "j", "j")
"""To the second seed of F2, which runs."""
TO_FAILED = ("G", "right", "j")
TO_JOB = ("g", "j", "j", "j")
"""To a job that runs."""

LOOKS = (
    Look("monitor", "monitor", suits_any=True, in_all_sizes=True),
    Look("monitor-open", "monitor", ("right", *TO_RUN, *TO_FAILED)),
    Look("monitor-marked", "monitor", ("a",), suits_any=True, in_all_sizes=True),
    Look("monitor-crosshair", "monitor", ("a", "c", "left", "left", "left")),
    Look("monitor-curves", "monitor", ("a", "z"), suits_any=True),
    Look("monitor-alone", "monitor", ("a", "b", "z")),
    Look("monitor-sorted", "monitor", (*[">"] * 6, "r")),
    Look("monitor-folded", "monitor", ("d",)),
    Look("monitor-readonly", "monitor", environment=(("IQA_TUI_READ_ONLY", "1"),)),
    Look("filter", "monitor", ("slash", *"state:fail"), in_all_sizes=True),
    Look("filter-wrong", "monitor", ("slash", *"srcc>x")),
    Look("filter-none", "monitor", ("slash", *"nosuchrun", "enter")),
    Look("log", "monitor", (*TO_RUN, "tab", "tab", "z"), in_all_sizes=True),
    Look("log-search", "monitor", (*TO_RUN, "tab", "tab", "z", "slash", *"loss 0.01", "enter")),
    Look("log-select", "monitor", (*TO_RUN, "tab", "tab", "z", "v", "k", "k")),
    Look("log-error", "monitor", (*TO_FAILED, "tab", "tab", "z", "E")),
    Look("log-save", "monitor", (*TO_RUN, "tab", "tab", "z", "s")),
    Look("run", "monitor", ("enter",), suits_any=True),
    Look("run-one", "monitor", (*TO_RUN, "enter"), in_all_sizes=True),
    Look("run-failed", "monitor", (*TO_FAILED, "enter")),
    Look("comparison", "monitor", (*TO_RUN, "space", "j", "space", "D"), in_all_sizes=True),
    Look("comparison-all", "monitor", (*TO_RUN, "space", "j", "space", "D", "a")),
    Look("metrics", "monitor", ("m",), in_all_sizes=True),
    Look("columns", "monitor", ("C",), in_all_sizes=True),
    Look("notes", "monitor", (*TO_RUN, "t", *"baseline, keep"), in_all_sizes=True),
    Look("stop", "monitor", (*TO_RUN, "K"), in_all_sizes=True),
    Look("leave", "monitor", ("q",)),
    Look("help", "monitor", ("question_mark",), in_all_sizes=True),
    Look("help-down", "monitor", ("question_mark", "end")),
    Look("palette", "monitor", (*TO_RUN, "ctrl+p"), in_all_sizes=True),
    Look("palette-search", "monitor", (*TO_RUN, "ctrl+p", *"stop")),
    Look("theme", "monitor", ("ctrl+p", *"theme", "enter")),
    Look("launch", "launch", suits_any=True, in_all_sizes=True, settle_seconds=3.0),
    Look("launch-devices", "launch", ("tab", "j"), settle_seconds=3.0),
    Look("launch-settings", "launch", ("f", *"epochs=1", "enter"), settle_seconds=3.0),
    Look("launch-open", "launch", ("o", *"no/such.toml", "enter"), settle_seconds=3.0),
    Look("launch-question", "launch", ("enter",), settle_seconds=30.0, in_all_sizes=True),
    Look("results", "results", suits_any=True, in_all_sizes=True, settle_seconds=12.0),
    Look("results-end", "results", ("G",), settle_seconds=12.0),
    Look("results-findings", "results", ("tab", "tab"), settle_seconds=12.0, suits_any=True, in_all_sizes=True),
    Look("row-images", "results", ("j", "i"), settle_seconds=8.0, suits_any=True, in_all_sizes=True),
    Look("row-images-apart", "results", ("j", "i", "b", "j"), settle_seconds=8.0, suits_any=True),
    Look("row-images-alone", "results", ("j", "i", "z", "j"), settle_seconds=8.0),
    Look("export", "results", ("e",), in_all_sizes=True),
    Look("help-results", "results", ("question_mark",)),
    Look("archive", "monitor", (*TO_FAILED, "A"), folder="changed"),
    Look("monitor-message", "monitor", (*TO_FAILED, "R"), folder="changed"),
    Look("monitor", "monitor", folder="many", in_all_sizes=True),
    Look("monitor-marked", "monitor", ("a",), folder="many"),
    Look("results", "results", folder="many", settle_seconds=12.0),
    Look("monitor", "monitor", folder="tuning", in_all_sizes=True),
    Look("monitor-open", "monitor", ("g", "j", "right"), folder="tuning"),
    Look("run-trial", "monitor", ("g", "j", "right", "j", "j", "enter"), folder="tuning"),
    Look("run-chosen", "monitor", ("g", "j", "j", "j", "enter"), folder="tuning"),
    Look("run-waits", "monitor", ("G", "enter"), folder="tuning"),
    Look("results", "results", folder="tuned", settle_seconds=12.0),
    Look("results-findings", "results", ("tab", "tab"), folder="tuned", settle_seconds=12.0),
    Look("monitor", "monitor", folder="empty", in_all_sizes=True),
    Look("launch", "launch", folder="empty", settle_seconds=3.0),
    Look("results", "results", folder="empty"),
    Look("monitor", "monitor", folder="states", in_all_sizes=True),
    Look("monitor", "monitor", folder="closed"),
    Look("monitor", "monitor", folder="slurm", settle_seconds=3.0, in_all_sizes=True),
    Look("monitor-down", "monitor", ("G",), folder="slurm", settle_seconds=3.0),
    Look("run", "monitor", (*TO_JOB, "enter"), folder="slurm", settle_seconds=3.0, in_all_sizes=True),
    Look("run-waits", "monitor", (*TO_JOB, "j", "j", "enter"), folder="slurm", settle_seconds=3.0),
    Look("stop", "monitor", (*TO_JOB, "K"), folder="slurm", settle_seconds=3.0),
    Look("launch", "launch", folder="slurm", settle_seconds=4.0, in_all_sizes=True),
    Look("launch-partition", "launch", ("tab", "G", "k", "space"), folder="slurm", settle_seconds=4.0),
    Look("launch-question", "launch", ("tab", "G", "k", "space", "enter"), folder="slurm", settle_seconds=30.0),
)
