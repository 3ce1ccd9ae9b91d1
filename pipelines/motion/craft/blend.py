"""Laying a plane of paint or light over a frame, in 8 bits and in one or two passes."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import Image, ImageF, Mask, Plane

Colour = tuple[int, int, int]
"""sRGB, each 0..255."""


def to_plane(field: Mask) -> Plane:
    """Turn a float32 field into 8 bits, 0..1 becoming 0..255; values outside are clipped."""
    plane: Plane = (np.clip(field, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    return plane


def times(first: Plane, second: Plane) -> Plane:
    """Multiply two planes that mean 0..1."""
    return np.asarray(cv2.multiply(first, second, scale=1 / 255), np.uint8)


def veil(pixels: Image, coverage: Plane, colour: Colour) -> Image:
    """Mix ``pixels`` towards ``colour`` by ``coverage`` (0 = not at all, 255 = wholly)."""
    left = cv2.cvtColor(cv2.bitwise_not(coverage), cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.add(cv2.multiply(pixels, left, scale=1 / 255), tint(coverage, colour)))


def tint(plane: Plane, colour: Colour) -> Image:
    """Give a plane of light a colour: (height, width) → (height, width, 3)."""
    parts = [cv2.convertScaleAbs(plane, alpha=part / 255) for part in colour]
    return np.asarray(cv2.merge(parts), np.uint8)


def glow(pixels: Image, light: Plane, colour: Colour) -> Image:
    """Screen ``light`` of a ``colour`` over ``pixels``: brightens, never clips abruptly."""
    room = cv2.multiply(cv2.bitwise_not(pixels), tint(light, colour), scale=1 / 255)
    return np.asarray(cv2.add(pixels, room), np.uint8)


def lit(pixels: ImageF, gain: Mask, sheen: Mask, colour: Colour) -> ImageF:
    """Light a picture: body colour times (1 + gain), plus ``sheen`` reflected as ``colour``.

    Light adds up in linear light, for which a square stands in here (within 1 % of the sRGB curve
    in the mid-tones, and a square root is quick).

    Args:
        pixels: (height, width, 3) float32 sRGB 0..1.
        gain, sheen: (height, width) float32, 0 = as it was.

    Returns:
        (height, width, 3) float32 sRGB; may exceed 1.
    """
    light = np.square(np.array(colour, np.float32) / 255)
    linear = np.square(pixels) * (1 + gain[..., None] * light) + sheen[..., None] * light
    return np.asarray(cv2.sqrt(np.maximum(linear, 0)), np.float32)


def expose(pixels: Image, share: Plane, colour: Colour, *, brighter: bool) -> Image:
    """Multiply ``pixels`` by 1 ± share · colour, both meaning 0..1."""
    change = cv2.multiply(pixels, tint(share, colour), scale=1 / 255)
    changed = cv2.add(pixels, change) if brighter else cv2.subtract(pixels, change)
    return np.asarray(changed, np.uint8)
