"""What the lens adds: focus blur by distance, and the veil of a blurred near edge."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.arrays import Image, Mask
from pipelines.motion.parallax.geometry import FloatMap
from pipelines.motion.parallax.layers import Layer
from pipelines.ramp import eased

SOFTNESS = 0.22
"""Width of the veil's blurred edge, share of the frame's width."""

VEIL_LIGHT = 0.22
"""Brightness of the near edge against the picture's mean: it stands in its own shade."""


@dataclass(frozen=True, eq=False)
class Defocus:
    """A layer ready to be blurred by distance.

    The circle of confusion is proportional to the difference of inverse depths (thin lens), so a
    layer is a mix of three fixed blurs by a map of that difference.

    Attributes:
        textures: sharp, half and full blur, premultiplied.
        inverse_depth: (rows, columns) float32 of the texture's pixels.
        diameter: of the full blur's disc, pixels.
    """

    textures: tuple[Image, Image, Image]
    inverse_depth: FloatMap
    diameter: float

    @classmethod
    def of(cls, layer: Layer, diameter: float) -> Defocus:
        """Blur a layer's texture with discs of half the diameter and of all of it."""
        rows, columns = layer.texture.shape[:2]
        depth = cv2.resize(layer.surface.values, (columns, rows), interpolation=cv2.INTER_LINEAR)
        half, full = (_disc(layer.texture, diameter * share) for share in (0.5, 1.0))
        return cls((layer.texture, half, full), depth, diameter)

    @property
    def reach(self) -> int:
        """Pixels by which the full blur carries coverage."""
        return _reach(self.diameter)

    def texture(self, blur: float, focus: float) -> Image:
        """Return the texture blurred for a focus.

        Args:
            blur: disc diameter in pixels per unit of inverse depth.
            focus: inverse depth that is sharp.
        """
        level = np.abs(self.inverse_depth - np.float32(focus)) * np.float32(
            2.0 * blur / max(self.diameter, 1e-6)
        )
        sharp, half, full = self.textures
        low = _mixed(sharp, half, np.clip(level, 0, 1)) if level.min() < 1 else half
        return _mixed(low, full, np.clip(level - 1, 0, 1)) if level.max() > 1 else low


def _mixed(first: Image, second: Image, share: Mask) -> Image:
    return cv2.blendLinear(first, second, 1 - share, share)


def _disc(texture: Image, diameter: float) -> Image:
    """Blur with an anti-aliased disc."""
    radius, reach = diameter / 2, _reach(diameter)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    kernel = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return cv2.filter2D(texture, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)


def _reach(diameter: float) -> int:
    return int(np.ceil(diameter / 2)) + 1


def draw_veil(frame: Image, amount: float, shade: tuple[float, ...]) -> None:
    """Lay a blurred near edge over a frame, in place.

    Args:
        frame: (height, width, 4) uint8.
        amount: how far it has come in, 0..1 of the width; negative comes from the right.
        shade: its colour, 0..255 per channel.
    """
    width = frame.shape[1]
    soft = SOFTNESS * width
    edge = abs(amount) * (width + soft) - soft
    x = np.arange(width, dtype=np.float32)
    alpha = eased((edge + soft - x) / soft)
    reach = int(np.count_nonzero(alpha > 0.002))
    if not reach:
        return
    strip = frame[:, :reach] if amount > 0 else frame[:, width - reach :]
    cover = alpha[:reach] if amount > 0 else alpha[:reach][::-1]
    over = np.broadcast_to(cover[None, :], strip.shape[:2])
    colour = np.empty_like(strip)
    colour[:] = np.array(shade, np.uint8)
    strip[:] = cv2.blendLinear(
        np.ascontiguousarray(strip), colour, 1 - over, np.ascontiguousarray(over)
    )


def veil_shade(pixels: Image) -> tuple[float, ...]:
    """Return the colour of a near edge that belongs to this picture."""
    mean = pixels.reshape(-1, pixels.shape[2]).mean(axis=0) * VEIL_LIGHT
    return (*(float(channel) for channel in mean), 255.0)
