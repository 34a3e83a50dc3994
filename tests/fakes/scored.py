"""Scores of runs that never ran: opinions and predictions that follow them as closely as asked."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from iqa_tui.results.intervals.estimates import Difference, Estimate
from iqa_tui.results.intervals.resampling import Resampling
from iqa_tui.results.intervals.scores import RowScores, RunScores
from iqa_tui.results.intervals.table import MeasuredTable, measure_rows

METRICS = ("srcc", "plcc", "plcc_fitted", "krcc", "rmse")


class Scored:
    """Test images with opinions, and runs whose predictions have about the SRCC that is asked for."""

    def __init__(self, images: int = 200, seed: int = 0) -> None:
        self.noise = np.random.default_rng(seed)
        self.names = tuple(f"img_{number:04d}.jpg" for number in range(images))
        self.opinions = self.noise.normal(size=images)
        self.difficulty = self.noise.normal(size=images)
        """What all runs are wrong about alike."""

    def predictions(self, srcc: float, of_row: np.ndarray | None = None) -> np.ndarray:
        """Six tenths of the variance of their noise is that of all runs, three tenths that of a row."""
        rho = 2 * math.sin(math.pi * srcc / 6)  # of a bivariate normal distribution
        drawn, own = self.noise.normal(size=(2, len(self.names)))
        row = drawn if of_row is None else of_row
        noise = math.sqrt(0.6) * self.difficulty + math.sqrt(0.3) * row + math.sqrt(0.1) * own
        return rho * self.opinions + math.sqrt(1 - rho**2) * noise

    def run(self, seed: int, srcc: float = 0.9, **changes: object) -> RunScores:
        given = {"images": self.names, "mos": self.opinions, "predictions": self.predictions(srcc)}
        return RunScores(seed, **{**given, **changes})

    def row(self, name: str, srccs: list[float], seeds: tuple[int, ...] = (), **changes: object) -> RowScores:
        """One run a score, by the seeds given or 1, 2, …"""
        chosen = seeds or tuple(range(1, len(srccs) + 1))
        noise = self.noise.normal(size=len(self.names))
        runs = tuple(
            self.run(seed, predictions=self.predictions(srcc, noise)) for seed, srcc in zip(chosen, srccs, strict=True)
        )
        return RowScores(name, **{"runs": runs, "dataset": "koniq-10k", "protocol": "clean", **changes})


def measured(*rows: RowScores) -> MeasuredTable:
    return measure_rows(rows, METRICS, Resampling(400))


def with_all(row: RowScores, **changes: object) -> RowScores:
    return replace(row, runs=tuple(replace(run, **changes) for run in row.runs))


def is_bare(found: Estimate | Difference) -> bool:
    """No standard error, no interval, no p."""
    p = found.p if isinstance(found, Difference) else None
    return (found.se, found.low, found.high, found.df, p) == (None, None, None, None, None)
