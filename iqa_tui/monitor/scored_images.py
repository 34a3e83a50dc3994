"""The images of a run with their opinion scores and predictions, and which of them it is most wrong about.

Losses such as SRCC fix no scale, so images are compared by their places: an image that is the 12th best by people and
the 180th by the network is as wrong for every loss.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from iqa_tui.monitor.calibration import ON_SCALE, PredictionScale, scale_of
from iqa_tui.monitor.state import RunState
from training.runfolder.errors import RunFolderError
from training.runfolder.evaluation import is_evaluation
from training.runfolder.mixed import dataset_names, is_mixed
from training.runfolder.opening import read_bounded
from training.runfolder.text import plain

LARGEST_BYTES = 16 << 20
MOST_IMAGES = 200_000
SPLITS = ("test", "val")


@dataclass(frozen=True, slots=True)
class ScoredImage:
    """One image of a split."""

    name: str
    mos: float
    pred: float
    mos_place: int = 0
    """1 for the best by people; of equal ones the mean place, rounded."""
    pred_place: int = 0
    """1 for the best by the network."""
    count: int = 1
    """Images among which the places are."""

    @property
    def error(self) -> int:
        """Places by which the network puts it too high, negative for too low."""
        return self.mos_place - self.pred_place


@dataclass(frozen=True, slots=True)
class ScoredImages:
    """Of the test split, else of the validation split."""

    split: str = ""
    """Empty: no scores are written yet."""
    images: tuple[ScoredImage, ...] = ()
    problem: str = ""
    """Why they cannot be read."""
    scale: PredictionScale = ON_SCALE
    """What the predictions lie on."""
    ends: tuple[tuple[float, float], ...] = ()
    """Of a run on several data sets, for each image the ends of its own scale; empty for one data set, and if the
    scales are not known.
    """

    @property
    def points(self) -> list[tuple[float, float]]:
        """(MOS, prediction) of each image, from 0 to 1 of its own scale if the run is on several data sets."""
        if not self.ends:
            return [(image.mos, image.pred) for image in self.images]
        scaled = zip(self.images, self.ends, strict=True)
        return [((it.mos - low) / (high - low), (it.pred - low) / (high - low)) for it, (low, high) in scaled]

    def worst(self, most: int) -> list[ScoredImage]:
        """The largest errors first, as a share of all places: data sets have different sizes."""
        return sorted(self.images, key=lambda image: (-abs(image.error) / image.count, image.name))[:most]


def read_scored_images(state: RunState) -> ScoredImages:
    """Never raises for what a file holds."""
    if state.is_recorded and not (state.spec is not None and is_evaluation(state.spec)):
        return ScoredImages(problem="its log holds no scores of single images")
    dataset = state.result.dataset if state.result else state.spec.dataset if state.spec else ""
    if is_mixed(dataset):
        return _of_several(state, dataset)
    for split in SPLITS:
        path = state.run.score_file(plain(dataset).replace("/", "_"), split)
        try:
            content = read_bounded(path, LARGEST_BYTES)
        except FileNotFoundError:
            continue
        except (OSError, RunFolderError) as error:
            return ScoredImages(problem=f"{path.name} cannot be read: {error}")
        return _on_scale(_parsed(path, split, content), scale_of(state.result, dataset, split))
    return ScoredImages()


def _on_scale(found: ScoredImages, scale: PredictionScale) -> ScoredImages:
    """With predictions as they are shown; a calibration keeps their order, so the places stay."""
    images = tuple(replace(image, pred=scale.map(image.pred)) for image in found.images)
    return replace(found, images=images, scale=scale)


def _of_several(state: RunState, dataset: str) -> ScoredImages:
    """Places are those within an image's own data set: opinions of two studies do not compare."""
    for split in SPLITS:
        found: list[ScoredImage] = []
        ends: list[tuple[float, float] | None] = []
        scales: list[PredictionScale] = []
        for name in dataset_names(plain(dataset).replace("/", "_")):
            path = state.run.score_file(name, split)
            try:
                own = _parsed(path, split, read_bounded(path, LARGEST_BYTES))
            except FileNotFoundError:
                continue
            except (OSError, RunFolderError) as error:
                return ScoredImages(problem=f"{path.name} cannot be read: {error}")
            if own.problem:
                return own
            scales.append(scale_of(state.result, name, split))
            own = _on_scale(own, scales[-1])
            found += (replace(image, name=f"{name}/{image.name}") for image in own.images)
            ends += [_ends(state, name)] * len(own.images)
        if found:
            known = tuple(each for each in ends if each is not None)
            return ScoredImages(
                split, tuple(found), scale=_common(scales), ends=known if len(known) == len(found) else ()
            )
    return ScoredImages()


def _ends(state: RunState, dataset: str) -> tuple[float, float] | None:
    """Of the scale of one data set of a run on several; None before the run has a result that tells them."""
    told = state.result.sets.get(dataset, {}).get("mos_range") if state.result else None
    try:
        low, high = (float(end) for end in told or ())
    except (TypeError, ValueError):
        return None
    return (low, high) if low < high else None


def _common(scales: Sequence[PredictionScale]) -> PredictionScale:
    """Of several data sets: numbers of which some have no scale are shown as having none."""
    return next((scale for scale in scales if not scale.has_numbers), scales[0])


def _parsed(path: Path, split: str, content: bytes) -> ScoredImages:
    reader = csv.reader(io.StringIO(content.decode(errors="replace")))
    images: list[ScoredImage] = []
    try:
        header = next(reader, [])
        if header[:3] != ["image", "mos", "pred"]:
            return ScoredImages(problem=f"{path.name}, line 1: not “image,mos,pred”")
        for row in reader:
            if len(row) < 3 or len(images) >= MOST_IMAGES:
                continue
            mos, pred = float(row[1]), float(row[2])
            if math.isfinite(mos) and math.isfinite(pred):
                images.append(ScoredImage(plain(row[0], 400), mos, pred))
    except (csv.Error, ValueError) as error:
        return ScoredImages(problem=f"{path.name}, line {reader.line_num}: {plain(str(error), 200)}")
    return ScoredImages(split, _placed(images))


def _placed(images: Sequence[ScoredImage]) -> tuple[ScoredImage, ...]:
    by_people, by_network = (_places([key(image) for image in images]) for key in (_mos, _pred))
    return tuple(
        ScoredImage(image.name, image.mos, image.pred, by_people[number], by_network[number], len(images))
        for number, image in enumerate(images)
    )


def _mos(image: ScoredImage) -> float:
    return image.mos


def _pred(image: ScoredImage) -> float:
    return image.pred


def _places(values: Sequence[float]) -> list[int]:
    """1 for the highest; equal values share the mean of their places, rounded down."""
    order = sorted(range(len(values)), key=lambda number: -values[number])
    places = [0] * len(values)
    first = 0
    while first < len(order):
        last = first
        while last + 1 < len(order) and values[order[last + 1]] == values[order[first]]:
            last += 1
        for number in order[first : last + 1]:
            places[number] = (first + last) // 2 + 1
        first = last + 1
    return places
