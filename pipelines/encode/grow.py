"""A larger canvas for a still: its backdrop continued plainly, or out of focus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Depth, Image
from pipelines.complete import complete
from pipelines.encode.backdrop import Edge, T, strip_depth, turned
from pipelines.media import DepthMap, Still, Subject
from pipelines.ramp import eased

DOUBT = 0.01
"""Rim round the product that is not trusted to be backdrop, in short sides of the still."""

NEAR_BLUR, FAR_BLUR = 0.02, 0.12
"""Blur of the backdrop beside the still and far from it, in short sides of the still."""

SOFTEN = 0.25
"""Distance over which the backdrop reaches its full blur, in short sides of the still."""

FEATHER = 0.05
"""Width of the soft join to what is out of focus, in short sides of the still."""


@dataclass(frozen=True)
class Margins:
    """Pixels added on each side."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0

    def around(self) -> tuple[int, int, int, int]:
        """In OpenCV's order."""
        return self.top, self.bottom, self.left, self.right

    def widened(self, by: int) -> Margins:
        """Return these and ``by`` pixels more on every side."""
        return Margins(self.top + by, self.bottom + by, self.left + by, self.right + by)


NO_MARGINS = Margins()

Extend = Callable[[Still, Margins], Still]
"""A way to continue a still's backdrop."""


def extend_plain(still: Still, margins: Margins) -> Still:
    """Continue the plain backdrop: a smooth gradient that settles, with the same grain."""
    return with_margins(still, _continued(still.pixels, margins, _with_grain), margins)


def extend_soft(still: Still, margins: Margins) -> Still:
    """Continue the light and colour of a plain backdrop on which the look has put things.

    Nothing that lies near the edge goes on: a shadow or a pattern would come again, turned round.
    """
    backdrop = _without_product(still)
    soft = _blurred(backdrop, NEAR_BLUR * min(still.size))
    return _feathered(still, _continued(soft, margins, _gradient), margins)


def extend_blurred(still: Still, margins: Margins) -> Still:
    """Lay the still on its own backdrop, mirrored outwards, ever softer with distance.

    Mirrored, so that colours meet at the join and only the sharpness falls; without the product,
    so that no second one looms in the blur.
    """
    short = min(still.size)
    mirrored = cv2.copyMakeBorder(_without_product(still), *margins.around(), cv2.BORDER_REFLECT)
    soft, softer = (_blurred(mirrored, share * short) for share in (NEAR_BLUR, FAR_BLUR))
    far = eased(_outside(still.size, margins) / np.float32(SOFTEN * short))[..., None]
    return _feathered(still, soft + far * (softer - soft), margins)


def _without_product(still: Still) -> Image:
    return complete(still.pixels, still.subject.mask > 0.02, round(DOUBT * min(still.size)))


def _feathered(still: Still, filled: NDArray[np.float32], margins: Margins) -> Still:
    """Lay the still on what is filled, its grown edges soft."""
    feather = np.float32(FEATHER * min(still.size))
    alpha = eased(-_outside(still.size, margins) / feather)[..., None]
    framed = cv2.copyMakeBorder(still.pixels, *margins.around(), cv2.BORDER_CONSTANT)
    mixed = filled + alpha * (framed - filled)
    return with_margins(still, np.clip(np.rint(mixed), 0, 255).astype(np.uint8), margins)


def _blurred(image: Image, sigma: float) -> NDArray[np.float32]:
    """Blur widely: on a copy so small that the blur is a few pixels wide, which no eye can tell."""
    height, width = image.shape[:2]
    shrink = max(1, int(sigma / 4))
    size = (-(-width // shrink), -(-height // shrink))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    soft = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def _continued(
    plane: NDArray[T],
    margins: Margins,
    beyond: Callable[[NDArray[T], int], NDArray[T]],
) -> NDArray[T]:
    """Add to each side what ``beyond`` makes of the strip along it and the number of rows.

    Row 0 of the strip lies at the edge, row 0 of what is added next to it.
    """
    for side in fields(margins):
        rows = getattr(margins, side.name)
        if rows:
            edge = cast(Edge, side.name)
            facing = turned(plane, edge)
            strip = np.ascontiguousarray(facing[: strip_depth(facing.shape[0])])
            joined = np.concatenate([beyond(strip, rows)[::-1], facing])
            plane = np.ascontiguousarray(_unturned(joined, edge))
    return plane


def _with_grain(strip: Image, rows: int) -> Image:
    """Continue the strip's gradient and its grain."""
    exact = strip.astype(np.float32)
    level = _low_pass(exact)
    beyond = _gradient(level, rows) + _grain(exact - level, rows)
    return np.clip(np.rint(beyond), 0, 255).astype(np.uint8)


def _unturned(array: NDArray[T], edge: Edge) -> NDArray[T]:
    """Undo `turned`."""
    if edge in ("bottom", "right"):
        array = array[::-1]
    return array.swapaxes(0, 1) if edge in ("left", "right") else array


def _low_pass(strip: NDArray[np.float32]) -> NDArray[np.float32]:
    """The strip without its grain."""
    return cv2.GaussianBlur(strip, (0, 0), 2.5, borderType=cv2.BORDER_REFLECT)


def _gradient(level: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
    """Continue ``level`` beyond its first row; row 0 of the result lies next to it.

    The edge's own profile leads over, within a strip's depth, to one smoothed ever more along the
    edge, so that no detail at the edge is drawn out into a streak; the slope towards the edge goes
    on and settles over half a strip.
    """
    depth, width = level.shape[:2]
    profile = level[: max(2, depth // 6)].mean(axis=0)
    slope = np.median(level[0] - level[depth - 1], axis=0) / (depth - 1)
    broad, broader = _smoothed(profile, 0.04 * width), _smoothed(profile, 0.16 * width)
    at = np.arange(1, rows + 1, dtype=np.float32)[:, None, None]
    near, far = (np.exp(-at / (share * depth)) for share in (0.25, 1.5))
    ground = broader + far * (broad - broader) + near * (level[0] - broad)
    settle = 0.8 * depth
    return np.asarray(ground + slope * settle * (1 - np.exp(-at / settle)), np.float32)


def _smoothed(profile: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    row = cv2.GaussianBlur(profile[None], (0, 0), max(1.0, sigma), borderType=cv2.BORDER_REFLECT)
    return np.asarray(row, np.float32).reshape(profile.shape)  # OpenCV drops a single channel


def _grain(residual: NDArray[np.float32], rows: int) -> NDArray[np.float32]:
    """Grain like the strip's: the strip's own, mirrored outwards, and flipped at each turn."""
    limit = 3.0 * np.median(np.abs(residual)) + 1.0
    calm = np.where(np.abs(residual).max(axis=2, keepdims=True) > limit, 0.0, residual)
    tiles = [calm, calm[::-1, ::-1]]
    count = -(-rows // len(calm))
    return np.concatenate([tiles[index % 2] for index in range(count)])[:rows]


def _outside(size: tuple[int, int], margins: Margins) -> NDArray[np.float32]:
    """Distance of each canvas pixel beyond the still's grown edges; negative inside, in pixels."""
    width, height = size
    far = np.float32(-max(size))
    x = np.arange(-margins.left, width + margins.right, dtype=np.float32)[None] + 0.5
    y = np.arange(-margins.top, height + margins.bottom, dtype=np.float32)[:, None] + 0.5
    beyond_x = np.maximum(-x if margins.left else far, x - width if margins.right else far)
    beyond_y = np.maximum(-y if margins.top else far, y - height if margins.bottom else far)
    return np.maximum(beyond_x, beyond_y)


def with_margins(still: Still, pixels: Image, margins: Margins) -> Still:
    """The still with ``pixels``; no subject and smoothly continued nearness where it grew."""
    mask = cv2.copyMakeBorder(still.subject.mask, *margins.around(), cv2.BORDER_CONSTANT, value=0)
    depth = still.depth
    horizon = None if depth.horizon is None else depth.horizon + margins.top
    nearness = _continued(depth.nearness, margins, _nearness_beyond)
    moving = still.moving
    if moving is not None:
        moving = cv2.copyMakeBorder(moving, *margins.around(), cv2.BORDER_REPLICATE)
    return replace(
        still,
        pixels=pixels,
        subject=Subject(mask, still.subject.origin, still.subject.warnings),
        depth=DepthMap(nearness, depth.origin, horizon, depth.warnings),
        moving=moving,
    )


def _nearness_beyond(strip: Depth, rows: int) -> Depth:
    """Continue nearness along its slope at the edge, settling, within 0..1."""
    return np.clip(_gradient(strip[..., None], rows)[..., 0], 0, 1).astype(np.float32)
