"""10,000 resamples of the test images: SRCC, PLCC and RMSE of every run in each.

A resample is a vector of counts, one an image. One draw serves all runs that were tested on the same images, so what is
common to two runs falls out of their difference.

SRCC of a resample is Pearson's r of the mid-ranks within it. The images are sorted once for each run; in a resample the
mid-rank of an image is the count of all images before it plus half of the counts of those equal to it. So one walk over
the images in their order, with the counts of a whole block of resamples in one vector, gives the SRCC of all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from iqa_tui.results.intervals.cancelling import Steps
from iqa_tui.results.intervals.correlation import centred, dense_ranks, unit_of
from iqa_tui.results.intervals.scores import Floats, Integers

BLOCK_BYTES = 40 << 20
"""Of one matrix of images × resamples; two of them are held."""
TINIEST_VARIANCE = 1e-14
"""Of values of magnitude 1 around their mean: less is rounding, and the correlation of that resample undefined."""


@dataclass(frozen=True, slots=True)
class Resampling:
    """How images are drawn."""

    resamples: int = 10_000
    generator_seed: int = 20_211


USUAL = Resampling()


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is asked of one run's vectors in every resample."""

    metric: str
    """`srcc`, `plcc` or `rmse`."""
    pred: Floats
    """(N,) predictions."""


def resampled(mos: Floats, units: Integers, tasks: Sequence[Task], resampling: Resampling, steps: Steps) -> Floats:
    """(tasks, resamples) metrics; NaN if one is undefined in a resample.

    Args:
        mos: (N,) opinions that all tasks share.
        units: (N,) number from 0 on of what is drawn: images of one number are drawn together.
        tasks: what to compute.
        resampling: how often.
        steps: told of one step a task and block, see `blocks_of`.

    Raises:
        Cancelled: asked to stop.
    """
    found = np.empty((len(tasks), resampling.resamples))
    ranked = [number for number, task in enumerate(tasks) if task.metric == "srcc"]
    by_moments = [number for number, task in enumerate(tasks) if task.metric != "srcc"]
    orders = {number: order_of(tasks[number].pred) for number in ranked}
    moments = _Moments(mos, [tasks[number] for number in by_moments]) if by_moments else None
    opinion_order = order_of(mos)
    done = 0
    for counts in drawn(units, resampling, block_size(len(mos))):
        block = slice(done, done + counts.shape[1])
        if moments is not None:
            found[by_moments, block] = moments.of(counts)
            steps.step(len(by_moments))
        if ranked:
            weights = _Ranked(counts, opinion_order)
            for number in ranked:
                found[number, block] = weights.srcc(orders[number])
                steps.step()
            del weights
        del counts  # before the next block is drawn
        done = block.stop
    return found


def block_size(images: int) -> int:
    """Resamples at once."""
    return max(1, BLOCK_BYTES // (8 * max(images, 1)))


def blocks_of(images: int, resampling: Resampling) -> int:
    """How many blocks a draw has."""
    return -(-resampling.resamples // block_size(images))


def drawn(units: Integers, resampling: Resampling, block: int) -> Iterator[Floats]:
    """(N, up to `block`) counts: how often each image is in each resample. The same for every size of block."""
    generator = np.random.Generator(np.random.PCG64(resampling.generator_seed))
    unit_count = int(units.max()) + 1
    alone = unit_count == len(units) and bool((units == np.arange(unit_count)).all())
    for start in range(0, resampling.resamples, block):
        resamples = min(block, resampling.resamples - start)
        yield _drawn(generator, unit_count, resamples) if alone else _drawn(generator, unit_count, resamples)[units]


def _drawn(generator: np.random.Generator, units: int, resamples: int) -> Floats:
    """(units, resamples): a function of its own, so that nothing here holds a block while it is used."""
    counts = np.empty((resamples, units), dtype=np.int32)
    for row in counts:
        row[:] = np.bincount(generator.integers(0, units, units), minlength=units)
    return counts.T.astype(np.float64, order="C")


def order_of(values: Floats) -> list[Integers]:
    """Images from the lowest value to the highest; equal ones together."""
    ranks = dense_ranks(values)
    order = np.argsort(ranks, kind="stable")
    ends = np.cumsum(np.bincount(ranks)).tolist()
    return [order[start:end] for start, end in pairwise([0, *ends])]


class _Ranked:
    """A block of resamples with the mid-ranks of the opinions in each."""

    def __init__(self, counts: Floats, order: list[Integers]) -> None:
        self._counts = counts
        self._size = counts.sum(axis=0)
        self._weights = np.empty_like(counts)
        """Count times mid-rank of the opinion, less the mean rank: (N, resamples)."""
        before = -self._size / 2  # the mean rank; both ranks lack the same half
        cubes = np.zeros_like(before)
        for equal in order:
            here = _sum_of(counts, equal)
            rank = before + here / 2
            for image in equal:
                np.multiply(counts[image], rank, out=self._weights[image])
            before += here
            cubes += here**3
        self._opinion_spread = (self._size**3 - cubes) / 12
        self._cubes = np.einsum("ib,ib,ib->b", counts, counts, counts)
        self._own_halves = np.einsum("ib,ib->b", counts, self._weights) / 2

    def srcc(self, order: list[Integers]) -> Floats:
        """(resamples,) by the order of one run's predictions."""
        is_tied = len(order) < len(self._counts)
        product, cubes = self._walk_ties(order) if is_tied else (self._walk(order), self._cubes)
        spread = (self._size**3 - cubes) / 12
        with np.errstate(all="ignore"):
            return np.asarray(product / np.sqrt(spread * self._opinion_spread), dtype=np.float64)

    def _walk(self, order: list[Integers]) -> Floats:
        """Sum of the products of both ranks, if no two predictions are equal."""
        through = np.zeros_like(self._size)
        product = np.zeros_like(through)
        scratch = np.empty_like(through)
        for image in np.concatenate(order).tolist():
            np.add(through, self._counts[image], out=through)
            np.multiply(through, self._weights[image], out=scratch)
            np.add(product, scratch, out=product)
        return np.asarray(product - self._own_halves, dtype=np.float64)

    def _walk_ties(self, order: list[Integers]) -> tuple[Floats, Floats]:
        """The same for any order, and the sum of the cubes of the tied counts."""
        before = np.zeros_like(self._size)
        product = np.zeros_like(before)
        cubes = np.zeros_like(before)
        for equal in order:
            here = _sum_of(self._counts, equal)
            product += (before + here / 2) * _sum_of(self._weights, equal)
            before += here
            cubes += here**3
        return product, cubes


def _sum_of(rows: Floats, places: Integers) -> Floats:
    return rows[places[0]] if len(places) == 1 else np.asarray(rows[places].sum(axis=0), dtype=np.float64)


class _Moments:
    """Sums over images by one product of matrices, for PLCC and RMSE."""

    def __init__(self, mos: Floats, tasks: Sequence[Task]) -> None:
        opinions = centred(mos)
        rows = [np.ones_like(opinions), opinions, opinions**2]
        self._places: list[tuple[str, int, float]] = []
        for task in tasks:
            unit = unit_of(task.pred - mos) if task.metric == "rmse" else 1.0
            self._places.append((task.metric, len(rows), unit))
            if task.metric == "rmse":
                rows.append(((task.pred - mos) / unit) ** 2)
            else:
                scores = centred(task.pred)
                rows += [scores, scores**2, scores * opinions]
        self._rows = np.array(rows)

    def of(self, counts: Floats) -> Floats:
        """(tasks, resamples)."""
        sums = self._rows @ counts
        size, opinions, squares = sums[:3]
        spread = squares / size - (opinions / size) ** 2
        found = np.empty((len(self._places), counts.shape[1]))
        for number, (metric, place, unit) in enumerate(self._places):
            if metric == "rmse":
                found[number] = np.sqrt(sums[place] / size) * unit
                continue
            mean, mean_square, mean_product = (sums[place + each] / size for each in range(3))
            own = mean_square - mean**2
            with np.errstate(all="ignore"):
                value = (mean_product - mean * opinions / size) / np.sqrt(own * spread)
            found[number] = np.where(np.minimum(own, spread) > TINIEST_VARIANCE, value, np.nan)
        return found
