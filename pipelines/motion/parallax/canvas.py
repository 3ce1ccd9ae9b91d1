"""The framed still at the frames' own scale, with a margin for what the camera uncovers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Depth, Image, Mask
from pipelines.media import Framing, Still

SOFT_STEP = 4
"""The soft copy is made at a quarter of the resolution."""


@dataclass(frozen=True, eq=False)
class Canvas:
    """The still resampled once, so that a frame is a warp at about one to one.

    Attributes:
        pixels: (height + 2·margin, width + 2·margin, 3) uint8 sRGB.
        subject: coverage, same size.
        nearness: same size.
        margin: pixels round the frame; canvas pixel = frame pixel + margin.
        width, height: of the frame inside.
    """

    pixels: Image
    subject: Mask
    nearness: Depth
    margin: int
    width: int
    height: int

    @property
    def frame(self) -> tuple[slice, slice]:
        """Slices of the frame inside the canvas."""
        rows = slice(self.margin, self.margin + self.height)
        return rows, slice(self.margin, self.margin + self.width)


def draw_canvas(still: Still, framing: Framing, width: int, height: int, margin: int) -> Canvas:
    """Resample the framing's window, and what lies round it, to the frame's scale.

    Beyond the still's own borders the picture is mirrored, ever softer, so that what a move looks
    past the border at is light and colour, not a pattern turned round.

    Args:
        still: with mask and depth of its size.
        framing: the window that fills the frame.
        width, height: of the frame, pixels.
        margin: pixels to add on each side.
    """
    window = _Window(framing, width, height, margin)
    with ThreadPoolExecutor(1) as beside:
        subject, nearness = (
            beside.submit(window.draw, each, cv2.INTER_LINEAR)
            for each in (still.subject.mask, still.depth.nearness)
        )
        pixels = window.draw(still.pixels, cv2.INTER_CUBIC)
        softened = _softened(pixels, window.outside(still.size))
        return Canvas(softened, subject.result(), nearness.result(), margin, width, height)


@dataclass(frozen=True)
class _Window:
    framing: Framing
    width: int
    height: int
    margin: int

    def draw(self, picture: NDArray[Any], interpolation: int) -> NDArray[Any]:
        """Resample one picture: area-averaged first where it is finer than the frame."""
        scale_x = self.framing.width / self.width
        scale_y = self.framing.height / self.height
        picture, shrink_x, shrink_y = _shrunk(picture, max(scale_x, scale_y, 1.0))
        scale_x, scale_y = scale_x * shrink_x, scale_y * shrink_y
        left, top = self.framing.left * shrink_x, self.framing.top * shrink_y
        affine = np.array(
            [
                [scale_x, 0, left + (0.5 - self.margin) * scale_x - 0.5],
                [0, scale_y, top + (0.5 - self.margin) * scale_y - 0.5],
            ]
        )
        affine = np.where(np.abs(affine - affine.round()) < 1e-3, affine.round(), affine)
        if np.array_equal(affine[:, :2], np.eye(2)) and not np.any(affine[:, 2] % 1):
            return self._cut(picture, *affine[:, 2].astype(int))
        return cv2.warpAffine(
            picture,
            affine,
            (self.width + 2 * self.margin, self.height + 2 * self.margin),
            flags=interpolation | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )

    def _cut(self, picture: NDArray[Any], left: int, top: int) -> NDArray[Any]:
        """Take whole pixels, which needs no resampling, and mirror what lies outside."""
        height, width = picture.shape[:2]
        right = left + self.width + 2 * self.margin - width
        bottom = top + self.height + 2 * self.margin - height
        inside = picture[
            max(0, top) : height + min(0, bottom), max(0, left) : width + min(0, right)
        ]
        return cv2.copyMakeBorder(
            inside,
            max(0, -top),
            max(0, bottom),
            max(0, -left),
            max(0, right),
            cv2.BORDER_REFLECT_101,
        )

    def outside(self, still_size: tuple[int, int]) -> tuple[Mask, Mask]:
        """How far each column and each row lies outside the still, in canvas pixels; 0 inside."""
        sides = []
        for start, span, size, full in (
            (self.framing.left, self.framing.width, self.width, still_size[0]),
            (self.framing.top, self.framing.height, self.height, still_size[1]),
        ):
            scale = span / size
            first = self.margin - start / scale
            last = first + full / scale
            place = np.arange(size + 2 * self.margin, dtype=np.float32) + 0.5
            past = np.maximum(np.maximum(first - place, place - last), 0)
            sides.append(past.astype(np.float32))
        return sides[0], sides[1]


def _softened(pixels: Image, outside: tuple[Mask, Mask]) -> Image:
    """Blur what lies outside the still, more the farther out.

    Args:
        pixels: the canvas; changed and returned.
        outside: how far each column and each row does, pixels.
    """
    depth = float(max(side.max() for side in outside))
    if depth < 1:
        return pixels
    height, width = pixels.shape[:2]
    small = cv2.resize(
        pixels, (width // SOFT_STEP, height // SOFT_STEP), interpolation=cv2.INTER_AREA
    )
    blurred = cv2.GaussianBlur(small, (0, 0), max(depth / 6, 1.0) / SOFT_STEP)
    soft = cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)
    shares = [np.clip(side / (depth / 3), 0, 1) for side in outside]
    for part in _rim(*(_inner(share) for share in shares)):
        share = np.maximum(shares[0][None, part[1]], shares[1][part[0], None])
        if share.size:
            pixels[part] = cv2.blendLinear(pixels[part], soft[part], 1 - share, share)
    return pixels


def _inner(share: Mask) -> slice:
    """The columns, or rows, that lie inside the still; all that remain are before or after."""
    inside = np.flatnonzero(share == 0)
    return slice(int(inside[0]), int(inside[-1]) + 1) if inside.size else slice(0, 0)


def _rim(columns: slice, rows: slice) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of the four parts of a picture round its inner ones."""
    yield slice(0, rows.start), slice(None)
    yield slice(rows.stop, None), slice(None)
    yield rows, slice(0, columns.start)
    yield rows, slice(columns.stop, None)


def _shrunk(picture: NDArray[Any], scale: float) -> tuple[NDArray[Any], float, float]:
    """Shrink by area averaging; return the picture and how much smaller it really became.

    A map that shrinks a lot is thinned first: half the samples of an average are enough.
    """
    height, width = picture.shape[:2]
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    if size == (width, height):
        return picture, 1.0, 1.0
    step = max(1, int(scale / 4))
    small = cv2.resize(picture[::step, ::step], size, interpolation=cv2.INTER_AREA)
    return small, size[0] / width, size[1] / height
