"""The model card: what was trained, on what, by which protocol, how it scored, and by which command."""

from __future__ import annotations

from training.runfolder.mixed import dataset_names, is_mixed, of_scores
from training.runfolder.schema import Result
from training.runfolder.tuned import tuned_words
from training.telling.recorder import shown_metric

METRICS = ("srcc", "plcc", "krcc", "rmse")
SPLITS = {
    "test": "test, at the chosen epoch",
    "val": "validation, at the chosen epoch",
    "test_oracle": "test, best of any epoch (chosen with knowledge of it)",
}
CHOICE = {
    "clean": "The epoch was chosen on the validation split; the test split played no part in it.",
    "published": "The epoch was chosen on the test split itself, as in the published code, so the test score flatters.",
}
MIXED = (
    "It was trained on several data sets. Scores of test and validation are means over them, each counted once; the "
    "epoch was chosen by that mean; RMSE stands on each data set's own scale. If its scores have a scale, that of an "
    "image of unknown origin goes from 0 to 1, to which the labels of all data sets were brought."
)
NO_TEST = "The epoch was chosen on the validation split; the test split was not scored."
LEAVE_OUT = "Its numbers are no scientific result: "


def model_card(result: Result, command: str) -> str:
    """Markdown with the heading that model hubs read."""
    warnings = [
        LEAVE_OUT + reason
        for is_so, reason in (
            (result.demo, "the labels are no human opinions."),
            (result.limited, "only some of the images were used."),
        )
        if is_so
    ]
    return "\n".join(
        [
            "---",
            "library_name: pytorch",
            "tags: [image-quality-assessment, no-reference]",
            f"datasets: [{', '.join(dataset_names(result.dataset))}]",
            "---",
            f"# {result.network}, {_loss(result)} loss, {result.dataset}",
            "A no-reference image-quality network: an image in, a score out, higher is better.",
            "",
            *(f"**{warning}**\n" for warning in warnings),
            *_facts(result),
            "",
            "## Scores",
            CHOICE[result.protocol] if "test" in result.metrics else NO_TEST,
            *([MIXED] if is_mixed(result.dataset) else []),
            "",
            *_scores(result),
            "",
            *(["## What a reader must know", *(f"- {note}" for note in result.notes), ""] if result.notes else []),
            "## The command",
            "```console",
            command,
            "```",
            "",
            "## Use",
            "`checkpoints/best.safetensors` holds the weights; `python -m training.predict RUN IMAGE` scores images.",
            "",
        ]
    )


def _loss(result: Result) -> str:
    """Markdown would take two stars of a sum, and the words between them, for emphasis."""
    return result.loss_type.replace("*", r"\*").replace("_", r"\_")


def _facts(result: Result) -> list[str]:
    images = ", ".join(
        f"{count:,} {split}" for split, count in result.images.items() if split in ("train", "val", "test")
    )
    images = f"{images} images"
    if result.sets:
        of_each = (f"{each['images']['train']:,} of {name}" for name, each in result.sets.items())
        images = f"{images} in all; for training {', '.join(of_each)}"
    versions = ", ".join(f"{name} {version}" for name, version in result.versions.items())
    facts = {
        "Backbone (timm)": result.backbone,
        "Began with": str(result.config.get("weights", "unknown")),
        "Parameters": f"{result.parameters:,}",
        "Data": f"{result.dataset}: {images}",
        "Loss": _loss(result),
        "Protocol": result.protocol,
        "Seed": str(result.seed),
        "Epochs": f"{result.epochs}, chosen {result.best_epoch}",
        "Took": f"{result.elapsed_seconds / 3600:.2f} hours on {result.device}, {result.precision}",
        "Versions": versions,
    }
    if result.tuned:
        facts["Tuned"] = tuned_words(result.tuned)
    if result.attention is not None:
        weights = ", ".join(f"{weight:.3f}" for weight in result.attention)
        facts["Mean attention on the four scales, fine to coarse"] = weights
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts.items())]


def _scores(result: Result) -> list[str]:
    header = f"| on | {' | '.join(name.upper() for name in METRICS)} |"
    rows = [
        f"| {_split_words(split, result)} | {' | '.join(shown_metric(metrics.get(name)) for name in METRICS)} |"
        for split, metrics in result.metrics.items()
    ]
    return [header, f"|---|{'---|' * len(METRICS)}", *rows]


def _split_words(split: str, result: Result) -> str:
    own = of_scores(split, result.dataset)
    if own is not None:
        return f"{own[0]}: {SPLITS[own[1]]}"
    mean = " (mean over the data sets)" if is_mixed(result.dataset) and split in SPLITS else ""
    return f"{SPLITS[split]}{mean}" if split in SPLITS else f"{split}, which it was not trained on"
