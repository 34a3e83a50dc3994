"""Cells of signs and styles that are laid over each other. A cell shows one thing: dots of two are never joined."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from iqa_tui.widgets.canvas import Line
from iqa_tui.widgets.plots.braille import Codes

BLANK = np.uint32(ord(" "))


@dataclass(frozen=True, slots=True)
class Layer:
    """Signs of one style; a cell of 0 lets through what lies below."""

    codes: Codes
    style: str


class Sheet:
    """Layers, the last one on top."""

    def __init__(self, width: int, height: int) -> None:
        self._codes: Codes = np.zeros((height, width), dtype=np.uint32)
        self._places: NDArray[np.int32] = np.zeros((height, width), dtype=np.int32)
        self._styles = [""]

    def copy(self) -> Sheet:
        height, width = self._codes.shape
        other = Sheet(width, height)
        other._codes, other._places, other._styles = self._codes.copy(), self._places.copy(), list(self._styles)
        return other

    def put(self, layer: Layer, *, only_if_free: bool = False) -> None:
        """Over what is there, from the first column on; or into the cells alone in which nothing is."""
        if layer.style not in self._styles:
            self._styles.append(layer.style)
        codes, places = (each[:, : layer.codes.shape[1]] for each in (self._codes, self._places))
        drawn = layer.codes != 0
        if only_if_free:
            drawn &= codes == 0
        codes[drawn] = layer.codes[drawn]
        places[drawn] = self._styles.index(layer.style)

    def put_under(self, column: int, sign: str, style: str) -> None:
        """A sign into each cell of a column that is free."""
        if style not in self._styles:
            self._styles.append(style)
        free = self._codes[:, column] == 0
        self._codes[free, column] = ord(sign)
        self._places[free, column] = self._styles.index(style)

    def is_free(self, row: int, start: int, end: int) -> bool:
        return not self._codes[row, start:end].any()

    def line(self, row: int, start: int, end: int) -> Line:
        """The cells of a row as spans, neighbours of one style as one."""
        if end <= start:
            return []
        codes = self._codes[row, start:end]
        places = np.where(codes, self._places[row, start:end], 0)
        text = np.where(codes, codes, BLANK).astype("<u4").tobytes().decode("utf-32-le")
        edges = [0, *(np.flatnonzero(np.diff(places)) + 1).tolist(), end - start]
        return [(text[first:last], self._styles[places[first]]) for first, last in pairwise(edges)]
