"""Which layers each part of a frame needs, so that nothing hidden or empty is painted.

A frame is divided into tiles. Looking from the nearest layer back, a tile needs every layer that
may show there, up to and including the first that covers it wholly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Plane
from pipelines.motion.parallax.geometry import FloatMap

TILE_ROWS, TILE_COLUMNS = 128, 64
"""Size of a tile, pixels; a band of tiles is small enough to stay in the processor's cache."""

CELL = 16
"""Side of a cell of the coverage's extremes, pixels."""

BESIDE = 1
"""Pixels that sampling reads beside a position, on each side."""

EMPTY, MIXED, SOLID = 0, 1, 2
Classes = NDArray[np.uint8]
Sums = NDArray[np.int32]


@dataclass(frozen=True)
class Run:
    """A run of tiles of one band that need the same layers.

    Attributes:
        columns: slice of the frame.
        layers: indices, nearest first.
    """

    columns: slice
    layers: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Bounds:
    """The rectangle of a texture that each tile of a frame looks at.

    Attributes:
        left, top, right, bottom: (tiles down, tiles across) float32 pixels of the texture, all
            of them inside.
    """

    left: FloatMap
    top: FloatMap
    right: FloatMap
    bottom: FloatMap


@dataclass(frozen=True, eq=False)
class Extent:
    """Where a layer is empty, mixed or solid, for any tile that looks at it.

    Attributes:
        some: summed-area table of the cells that are not empty (Crow 1984, "Summed-area tables
            for texture mapping"), with a ring of empty cells for all that lies outside.
        gaps: the same of those that are not solid.
        reach: pixels by which the layer's blur may carry its coverage.
    """

    some: Sums
    gaps: Sums
    reach: int

    @classmethod
    def of(cls, alpha: Plane, reach: int = 0) -> Extent:
        """Summarise a coverage, (height, width) uint8."""
        low, high = (np.pad(_cells(alpha, extreme), 1) for extreme in (np.min, np.max))
        some, gaps = (cv2.integral(cells.astype(np.uint8)) for cells in (high > 0, low < 255))
        return cls(some, gaps, reach)

    def at(self, seen: Bounds) -> Classes:
        """Return the class of each tile."""
        beside = self.reach + BESIDE
        rows, columns = (side - 1 for side in self.some.shape)
        first = _cell(seen.top - beside, rows), _cell(seen.left - beside, columns)
        last = _cell(seen.bottom + beside, rows) + 1, _cell(seen.right + beside, columns) + 1
        some, gaps = (
            sums[last] - sums[first[0], last[1]] - sums[last[0], first[1]] + sums[first]
            for sums in (self.some, self.gaps)
        )
        return np.where(some == 0, EMPTY, np.where(gaps == 0, SOLID, MIXED)).astype(np.uint8)


def _cells(alpha: Plane, extreme: Callable[..., Plane]) -> Plane:
    """The extreme of each cell; what lies outside the coverage is empty. Whole rows go first."""
    full = np.pad(alpha, [(0, -side % CELL) for side in alpha.shape])
    rows = extreme(full.reshape(-1, CELL, full.shape[1]), axis=1)
    return extreme(rows.reshape(len(rows), -1, CELL), axis=2)


def _cell(position: FloatMap, count: int) -> NDArray[np.intp]:
    """The cell that holds each position, among ``count`` with the ring's."""
    return np.clip(np.floor(position * (1 / CELL)) + 1, 0, count - 1).astype(np.intp)


def bands(height: int) -> list[slice]:
    """Divide a frame's rows into bands of tiles."""
    return [slice(top, min(top + TILE_ROWS, height)) for top in range(0, height, TILE_ROWS)]


def find_runs(nearer: Sequence[Classes], size: tuple[int, int]) -> list[list[Run]]:
    """Return the runs of each band.

    Args:
        nearer: of each layer but the farthest, which covers everything; nearest first, (bands,
            tiles across).
        size: (width, height) of the frame.
    """
    width, height = size
    shape = -(-height // TILE_ROWS), -(-width // TILE_COLUMNS)
    key = np.zeros(shape, np.int64)
    covered = np.zeros(shape, np.bool_)
    for index, kind in enumerate(nearer):
        key |= np.where(covered | (kind == EMPTY), 0, 1 << index)
        covered |= kind == SOLID
    key |= np.where(covered, 0, 1 << len(nearer))
    return [_runs(line, width) for line in key]


def _runs(line: NDArray[np.int64], width: int) -> list[Run]:
    starts = [0, *(np.flatnonzero(np.diff(line)) + 1).tolist(), line.size]
    return [
        Run(
            slice(start * TILE_COLUMNS, min(end * TILE_COLUMNS, width)),
            _layers(int(line[start])),
        )
        for start, end in pairwise(starts)
    ]


@cache
def _layers(key: int) -> tuple[int, ...]:
    """The indices of the bits that are set."""
    return tuple(index for index in range(key.bit_length()) if key >> index & 1)
