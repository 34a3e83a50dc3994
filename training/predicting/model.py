"""A trained network as an object of Python that scores image files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path

from training.errors import BadData
from training.images.decode import Decoded
from training.predicting.images import Failure, image_file
from training.run.scorer import Prediction, Scorer

DECODERS = 4
"""Threads that decode images."""
Result = Prediction | Failure


class Model:
    """A trained network. `training.predict.load` makes one; it writes no file."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer

    @property
    def dataset(self) -> str:
        """The data set that the network was trained on."""
        return self._scorer.dataset.name

    @property
    def scale(self) -> tuple[float, float] | None:
        """The worst and the best score of that data set; None if scores only order images."""
        return self._scorer.dataset.mos_range if self._scorer.has_scale else None

    @property
    def scorer(self) -> Scorer:
        """Network, settings and calibration."""
        return self._scorer

    def score(self, images: str | Path | Iterable[str | Path]) -> list[float]:
        """The score of each image, in their order; higher is better.

        Args:
            images: files; a single one may stand by itself.

        Raises:
            BadData: one of them cannot be scored; the text names it. `predictions` goes on with the others.
        """
        scores = []
        for result in self.predictions(images):
            if isinstance(result, Failure):
                raise BadData(result.error)
            scores.append(result.score)
        return scores

    def predictions(self, images: str | Path | Iterable[str | Path | Failure]) -> Iterator[Result]:
        """Score images as the iterator is read, several at a time, in their order.

        An image that cannot be scored gives a `Failure`. On a CPU no image is asked for before the earlier ones are
        scored, on a GPU the next ones are decoded meanwhile.

        Args:
            images: files, or failures, which are handed on.

        Raises:
            GpuOutOfMemory: not even a single crop fits.
        """
        waiting = iter([images] if isinstance(images, str | Path) else images)
        pool = ThreadPoolExecutor(DECODERS, thread_name_prefix="decoder")
        try:
            reading = self._begin(pool, waiting)
            while reading:
                ahead = self._begin(pool, waiting) if self._scorer.placement.is_cuda else None
                yield from self._finish(reading)
                reading = self._begin(pool, waiting) if ahead is None else ahead
        finally:
            pool.shutdown(cancel_futures=True)

    def _begin(
        self, pool: ThreadPoolExecutor, waiting: Iterator[str | Path | Failure]
    ) -> list[Failure | tuple[str, Future[Decoded]]]:
        return [
            each if isinstance(each, Failure) else (str(each), pool.submit(self._read, str(each)))
            for each in islice(waiting, self._scorer.images_at_once)
        ]

    def _read(self, image: str) -> Decoded:
        return self._scorer.read(image_file(image))

    def _finish(self, reading: list[Failure | tuple[str, Future[Decoded]]]) -> list[Result]:
        decoded: list[tuple[str, Decoded]] = []
        failures: dict[int, Failure] = {}
        for number, each in enumerate(reading):
            if isinstance(each, Failure):
                failures[number] = each
                continue
            image, future = each
            try:
                decoded.append((image, future.result()))
            except BadData as error:
                failures[number] = Failure(image, str(error))
        scored = iter(self._scorer.score_decoded(decoded, self._take_smaller_batches) if decoded else ())
        return [failures[number] if number in failures else _finite(next(scored)) for number in range(len(reading))]

    def _take_smaller_batches(self, crops: int) -> None:
        """From now on, so that the GPU does not run out of memory once for every few images."""
        self._scorer = replace(self._scorer, batch_size=crops)


def _finite(prediction: Prediction) -> Result:
    if math.isfinite(prediction.score):
        return prediction
    return Failure(prediction.image, f"{prediction.image}: the network's score is {prediction.score}, no finite number")
