"""What the table's caption says, in plain sentences that LaTeX and the report share."""

from __future__ import annotations

from iqa_tui.results.caption import split_sentences
from iqa_tui.results.findings.answers import is_shown
from iqa_tui.results.findings.wording import listed
from iqa_tui.results.intervals.estimates import ONE_SEED, Difference
from iqa_tui.results.paper.citations import dataset_name
from iqa_tui.results.paper.content import Content, PaperRow
from iqa_tui.results.tuning import table_sentences
from iqa_tui.words.repetitions import repetitions_words
from training.runfolder.mixed import is_mixed

PROTOCOLS = {
    "clean": "the best epoch is chosen on the validation split",
    "published": "the best epoch is chosen on the test split",
}


def caption_sentences(content: Content) -> list[str]:
    """Title, what was tested and how often, what an interval means, which seeds, and what is not comparable."""
    return [
        f"{content.table.title.rstrip('.')}.",
        *_demo(content),
        _tested(content),
        *split_sentences(content.table),
        *_differences(content),
        *table_sentences([row.row for row in content.rows]),
        *_one_seed(content),
        *(["Some runs used only part of the images."] if any(run.result.limited for run in content.runs) else []),
        *_best(content),
        *([content.table.code_note] if content.table.code_note else []),
        *([f"Not run yet: {listed(list(content.missing))}."] if content.missing else []),
    ]


def _demo(content: Content) -> list[str]:
    return ["Demo data: the labels are levels of distortion, not human opinions."] if content.table.demo else []


def _tested(content: Content) -> str:
    runs = content.runs
    counts = sorted({count for run in runs if (count := run.result.images.get("test"))})
    images = f"n = {listed([f'{count:,}' for count in counts])} test images" if counts else "the test images"
    datasets = listed([dataset_name(name) for name in dict.fromkeys(run.result.dataset for run in runs)])
    means = " (means over the data sets of a run)" if any(is_mixed(run.result.dataset) for run in runs) else ""
    return f"SRCC and PLCC on the test split{means}: {images} of {datasets}; {_protocols(content)}; {_seeds(content)}."


def _protocols(content: Content) -> str:
    names = list(dict.fromkeys(run.result.protocol for run in content.trained or content.runs))
    words = [f"“{name}” ({PROTOCOLS[name]})" if name in PROTOCOLS else f"“{name}”" for name in names]
    return f"protocol{'s' if len(names) > 1 else ''} {listed(words)}"


def _seeds(content: Content) -> str:
    seeds = sorted({run.spec.seed for run in content.trained or content.runs})
    if len(content.table.splits) > 1:
        return repetitions_words(seeds, content.table.splits)
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    own = {
        row.id: len({run.spec.seed for run in row.runs}) for row in content.rows if row.runs and not row.row.recorded
    }
    unequal = f" ({listed([f'{row}: {count}' for row, count in own.items()])})" if len(set(own.values())) > 1 else ""
    return f"mean ± SD over the seeds {', '.join(map(str, seeds))}{unequal}"


def has_intervals(content: Content) -> bool:
    """Of differences in SRCC."""
    return any(each.metric == "srcc" and each.low is not None for each in content.findings.differences)


def _differences(content: Content) -> list[str]:
    known = [each for each in content.findings.differences if each.metric == "srcc" and each.value is not None]
    if not known:
        return []
    baseline = content.findings.baseline
    if not has_intervals(content):
        notes = listed(list(dict.fromkeys(each.note for each in known if each.note)))
        return [f"Δ: difference to {baseline} in SRCC ({notes or 'no interval'})."]
    count = sum(1 for each in known if each.p_holm is not None)
    over = f" over the {count} differences" if count > 1 else ""
    star = f"* marks a difference that is shown: p < 0.05 after Holm's correction{over}"
    none = "" if any(map(is_shown, known)) else "; here none is"
    how = f"Δ: difference to {baseline} in SRCC with its 95% interval, {_from(content)}."
    left_out = any(set(found.seeds) != _seeds_of(row, content) for row, found in _compared(content))
    what = "splits and seeds" if content.has_medians else "seeds"
    shared = [f"It counts the {what} that both rows have."] if left_out or _has_unequal_splits(content) else []
    return [how, *shared, f"{star}{none}."]


def _from(content: Content) -> str:
    """What an interval comes from."""
    if content.has_medians:
        return (
            "from the spread over the random splits, corrected as their training images overlap (Nadeau and Bengio),"
            " paired by split and by seed"
        )
    return (
        f"from {content.findings.resamples:,} resamples of the test images and from the seeds if there are several,"
        " paired by image and by seed"
    )


def _has_unequal_splits(content: Content) -> bool:
    return content.has_medians and len({row.row.splits for row in content.rows if row.runs}) > 1


def _compared(content: Content) -> list[tuple[PaperRow, Difference]]:
    """Rows with runs and their differences to the baseline."""
    return [(row, found) for row in content.rows if row.runs and (found := content.difference(row, "srcc")) is not None]


def _seeds_of(row: PaperRow, content: Content) -> set[int]:
    """Those of the row and those of the baseline."""
    baseline = content.findings.estimate(content.findings.baseline, "srcc")
    return {*content.estimate(row, "srcc").seeds, *(baseline.seeds if baseline else ())}


def _one_seed(content: Content) -> list[str]:
    rows = [row.id for row in content.rows if ONE_SEED in content.estimate(row, "srcc").note]
    if not rows:
        return []
    which = "" if len(rows) == sum(1 for row in content.rows if row.runs) else f" of {listed(rows)}"
    return [f"One seed{which}: training noise is not in the intervals."]


def _best(content: Content) -> list[str]:
    return ["Highest mean in bold."] if any(row.row.best_srcc or row.row.best_plcc for row in content.rows) else []
