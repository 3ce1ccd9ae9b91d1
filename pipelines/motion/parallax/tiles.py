"""Which layers each part of a frame needs, so that nothing hidden or empty is painted.

A frame is divided into tiles. Looking from the nearest layer back, a tile needs every layer that
may show there, up to and including the first that covers it wholly.
"""

from __future__ import annotations

from collections.abc import Sequence
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

CELL = 32
"""Side of a cell of the coverage's extremes, pixels."""

REACH = 2
"""Cells on each side that a tile's view may reach: half a tile, and as much again for stretch."""

EMPTY, MIXED, SOLID = 0, 1, 2
Classes = NDArray[np.uint8]


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
class Extent:
    """Where a layer is empty, mixed or solid, for any tile that looks at it.

    Attributes:
        classes: (cells, cells) uint8, each with its neighbours within `REACH` taken in.
    """

    classes: Classes

    @classmethod
    def of(cls, alpha: Plane) -> Extent:
        """Summarise a coverage, (height, width) uint8."""
        height, width = alpha.shape
        border = (0, -height % CELL, 0, -width % CELL)
        full = cv2.copyMakeBorder(alpha, *border, cv2.BORDER_CONSTANT, value=0)
        cells = full.reshape(full.shape[0] // CELL, CELL, full.shape[1] // CELL, CELL)
        low, high = (np.pad(extreme(axis=(1, 3)), REACH + 1) for extreme in (cells.min, cells.max))
        around = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
        lowest, highest = cv2.erode(low, around), cv2.dilate(high, around)
        return cls(
            np.where(highest == 0, EMPTY, np.where(lowest == 255, SOLID, MIXED)).astype(np.uint8)
        )

    def at(self, x: FloatMap, y: FloatMap) -> Classes:
        """Return the class of each position, in pixels of the coverage."""
        rows, columns = self.classes.shape
        column = np.clip(x // CELL + REACH + 1, 0, columns - 1).astype(np.intp)
        row = np.clip(y // CELL + REACH + 1, 0, rows - 1).astype(np.intp)
        return self.classes[row, column]


def bands(height: int) -> list[slice]:
    """Divide a frame's rows into bands of tiles."""
    return [slice(top, min(top + TILE_ROWS, height)) for top in range(0, height, TILE_ROWS)]


def middles(length: int, tile: int) -> NDArray[np.intp]:
    """Return the pixel at the middle of each tile, the last pixel of one cut short."""
    return np.minimum(np.arange(tile // 2, length + tile // 2, tile), length - 1)


def find_runs(classes: Sequence[Classes], width: int) -> list[list[Run]]:
    """Return the runs of each band.

    Args:
        classes: of each layer, nearest first, (bands, tiles across).
        width: of the frame, pixels.
    """
    key = np.zeros(classes[0].shape, np.int64)
    covered = np.zeros(classes[0].shape, np.bool_)
    for index, kind in enumerate(classes):
        key |= np.where(covered | (kind == EMPTY), 0, 1 << index)
        covered |= kind == SOLID
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
