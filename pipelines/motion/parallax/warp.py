"""Backward warp of one layer: a coarse inverse map, solved per node, then bilinear sampling.

The map is solved on nodes a few pixels apart and interpolated, since it is smooth within a layer:
for a camera turned by 6 degrees the interpolation error at 16 pixels' spacing is about 0.003 px.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.motion.parallax.geometry import Epipolar, FloatMap, View
from pipelines.motion.parallax.tiles import TILE_COLUMNS, TILE_ROWS, Bounds

STEEPEST = -0.3
"""The residual's slope is held below this, so that folds (a surface turned past the line of
sight) cannot throw a node across the picture."""

EVALUATIONS = 4


@dataclass(frozen=True)
class Box:
    """A rectangle of whole pixels: left and top inside, right and bottom outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def empty(self) -> bool:
        """Whether it holds no pixel."""
        return self.right <= self.left or self.bottom <= self.top

    @property
    def slices(self) -> tuple[slice, slice]:
        """Row and column slices of an array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def clipped(self, width: int, height: int) -> Box:
        """Return the part inside a (width, height) frame."""
        return Box(
            max(self.left, 0), max(self.top, 0), min(self.right, width), min(self.bottom, height)
        )


@dataclass(frozen=True, eq=False)
class Surface:
    """Inverse depth of a layer, kept coarse.

    Attributes:
        values: (rows, columns) float32 1/z.
        left, top: pixel of frame 0 at the centre of the first value.
        step: (x, y) pixels between values.
        flat: the one value everywhere, when there is only one.
    """

    values: FloatMap
    left: float
    top: float
    step: tuple[float, float]

    @property
    def mean(self) -> float:
        """Mean inverse depth."""
        return float(self.values.mean())

    @property
    def flat(self) -> bool:
        """Whether it is one fronto-parallel plane."""
        return bool(np.ptp(self.values) < 1e-6)

    def sample(self, pixels: FloatMap) -> FloatMap:
        """Return the inverse depth at (2, rows, columns) x and y in frame 0."""
        column = (pixels[0] - np.float32(self.left)) * np.float32(1 / self.step[0])
        row = (pixels[1] - np.float32(self.top)) * np.float32(1 / self.step[1])
        return cv2.remap(
            self.values, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )

    def solve(self, lines: Epipolar) -> FloatMap:
        """Return the pixel of frame 0 each node sees: the root of w = W(position(w)), by secant."""
        guess = np.full(lines.at_infinity.shape[1:], self.mean, np.float32)
        if self.flat:
            return lines.at(self.mean)
        residual = self.sample(lines.at(guess)) - guess
        slope = np.full_like(guess, -1.0)
        for _ in range(EVALUATIONS - 1):
            change = residual / -slope
            guess = guess + change
            before, residual = residual, self.sample(lines.at(guess)) - guess
            with np.errstate(divide="ignore", invalid="ignore"):
                secant = (residual - before) / change
            slope = np.where(np.abs(change) > 1e-6, np.clip(secant, -4.0, STEEPEST), -1.0)
        return lines.at(guess - residual / slope)


@dataclass(frozen=True, eq=False)
class Band:
    """Where some rows of a frame look, from column ``left`` on: x and y, float32."""

    x: FloatMap
    y: FloatMap
    left: int

    def at(self, columns: slice) -> tuple[FloatMap, FloatMap]:
        """Return x and y of some columns of the frame."""
        inside = slice(columns.start - self.left, columns.stop - self.left)
        return self.x[:, inside], self.y[:, inside]


@dataclass(frozen=True, eq=False)
class BackwardMap:
    """Where each pixel of a frame looks, solved on nodes and interpolated band by band.

    Attributes:
        nodes: (2, rows, columns) float32 x and y, in pixels of a texture.
        spacing: pixels between nodes; divides the sides of a tile.
    """

    nodes: FloatMap
    spacing: int

    @classmethod
    def solve(
        cls,
        surface: Surface,
        view: View,
        size: tuple[int, int],
        spacing: int,
        origin: tuple[float, float],
    ) -> BackwardMap:
        """Solve the nodes of a frame.

        Args:
            surface: the layer's inverse depth.
            view: the new camera.
            size: (width, height) of the frame.
            spacing: pixels between nodes.
            origin: pixel of frame 0 at the texture's (0, 0).
        """
        columns, rows = (_nodes(side, spacing) for side in size)
        seen = surface.solve(view.epipolar(columns, rows))
        return cls(seen - np.array(origin, np.float32)[:, None, None], spacing)

    def band(self, rows: slice, columns: slice) -> Band:
        """Return the map of a part of the frame.

        Args:
            rows, columns: start at multiples of the spacing.
        """
        (top, bottom), (left, right) = (
            (span.start // self.spacing, -(-span.stop // self.spacing) + 2)
            for span in (rows, columns)
        )
        size = ((right - left) * self.spacing, (bottom - top) * self.spacing)
        inside = tuple(
            slice(self.spacing, self.spacing + span.stop - span.start) for span in (rows, columns)
        )
        x, y = (
            cv2.resize(axis[top:bottom, left:right], size, interpolation=cv2.INTER_LINEAR)[inside]
            for axis in self.nodes
        )
        return Band(x, y, columns.start)

    def bounds(self) -> Bounds:
        """Return what each tile of the frame looks at: between nodes it is never beyond them."""
        steps = TILE_ROWS // self.spacing, TILE_COLUMNS // self.spacing
        window = np.ones([step + 2 for step in steps], np.uint8)
        tiles = tuple(
            slice(0, side - 2, step) for side, step in zip(self.nodes.shape[1:], steps, strict=True)
        )
        least, most = (
            [extreme(axis, window, anchor=(0, 0))[tiles] for axis in self.nodes]
            for extreme in (cv2.erode, cv2.dilate)
        )
        return Bounds(*least, *most)


def _nodes(length: int, spacing: int) -> FloatMap:
    """Node positions such that a plain bilinear enlargement lands on whole pixels."""
    count = -(-length // spacing) + 2
    return ((np.arange(count) - 0.5) * spacing - 0.5).astype(np.float32)
