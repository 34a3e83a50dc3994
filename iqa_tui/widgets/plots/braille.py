"""Curves as dots, and dots as signs: braille (two columns and four rows of dots a cell), half blocks, or ASCII."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from iqa_tui.widgets.plots.series import Dots
from iqa_tui.widgets.plots.smoothing import Floats

DotField = NDArray[np.bool_]
Codes = NDArray[np.uint32]
"""Code points, a cell each; 0: nothing is drawn there."""

BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint32)
HALVES = np.array([0, ord("▀"), ord("▄"), ord("█")], dtype=np.uint32)
FAR = 1e9
"""Dots from the bottom: what is farther away is cut at this, so that it can be counted."""


@dataclass(frozen=True, slots=True)
class Raster:
    """The dots of one curve."""

    dots: DotField
    """(rows, columns), row 0 at the top."""
    above: NDArray[np.bool_]
    """(columns,) the curve goes on above the field."""
    below: NDArray[np.bool_]


def raster(low: Floats, high: Floats, bounds: tuple[float, float], rows: int) -> Raster:
    """Dots of one curve. Columns beside each other always touch, if not outside the field.

    Args:
        low, high: (columns,) as `column_extremes` gives them.
        bounds: y at the bottom and at the top.
    """
    drawn = ~np.isnan(low)
    lowest, highest = _row_of(low, bounds, rows), _row_of(high, bounds, rows)
    both = drawn[:-1] & drawn[1:]
    down_to, up_to = lowest.copy(), highest.copy()
    down_to[1:] = np.where(both, np.minimum(lowest[1:], highest[:-1] + 1), lowest[1:])
    up_to[1:] = np.where(both, np.maximum(highest[1:], lowest[:-1] - 1), highest[1:])
    height = np.arange(rows)[::-1, None]
    dots = np.asarray((height >= down_to) & (height <= up_to) & drawn)
    return Raster(dots, drawn & (highest >= rows), drawn & (lowest < 0))


def filled(low: Floats, high: Floats, bounds: tuple[float, float], rows: int) -> DotField:
    """The dots between two curves."""
    drawn = ~np.isnan(low)
    height = np.arange(rows)[::-1, None]
    return np.asarray((height >= _row_of(low, bounds, rows)) & (height <= _row_of(high, bounds, rows)) & drawn)


def _row_of(y: Floats, bounds: tuple[float, float], rows: int) -> NDArray[np.int64]:
    """Rows from the bottom, beyond the field too; 0 for NaN."""
    bottom, top = bounds
    scale = (rows - 1) / (top - bottom) if top > bottom else 0.0
    return np.rint(np.clip((np.nan_to_num(y, nan=bottom) - bottom) * scale, -FAR, FAR)).astype(np.int64)


def cell_codes(dots: DotField, form: Dots, sign: str = "*") -> Codes:
    """The sign of each cell.

    Args:
        dots: rows and columns are multiples of a cell's.
        sign: in ASCII, for a dot.
    """
    if form is Dots.ASCII:
        return np.asarray(dots * np.uint32(ord(sign)), dtype=np.uint32)
    cells = dots.reshape(dots.shape[0] // form.rows, form.rows, dots.shape[1] // form.columns, form.columns)
    if form is Dots.HALF:
        return np.asarray(HALVES[cells[:, 0, :, 0] + 2 * cells[:, 1, :, 0]])
    bits = (cells * BITS[None, :, None, :]).sum(axis=(1, 3), dtype=np.uint32)
    return np.asarray(np.where(bits, bits + np.uint32(0x2800), np.uint32(0)))


def cell_lines(codes: Codes) -> list[str]:
    """Lines of text; a cell without a dot is a blank."""
    blanks = np.where(codes, codes, np.uint32(ord(" "))).astype("<u4")
    return [line.tobytes().decode("utf-32-le") for line in blanks]
