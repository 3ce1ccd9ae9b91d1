"""Laying a plane of paint or light over a frame: 8-bit passes over the part it touches.

Each of these writes into the frame it is given and returns it.
"""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import Image, Mask, Plane

Colour = tuple[int, int, int]
"""sRGB, each 0..255."""


def to_plane(field: Mask) -> Plane:
    """Turn a float32 field into 8 bits, 0..1 becoming 0..255; values outside are clipped."""
    return np.asarray(cv2.convertScaleAbs(np.maximum(field, 0), alpha=255), np.uint8)


def times(first: Plane, second: Plane) -> Plane:
    """Multiply two planes that mean 0..1."""
    return np.asarray(cv2.multiply(first, second, scale=1 / 255), np.uint8)


def tint(plane: Plane, colour: Colour) -> Image:
    """Give a plane of light a colour: (height, width) → (height, width, 3)."""
    parts = [cv2.convertScaleAbs(plane, alpha=part / 255) for part in colour]
    return np.asarray(cv2.merge(parts), np.uint8)


def veil(pixels: Image, coverage: Plane, colour: Colour) -> Image:
    """Mix ``pixels`` towards ``colour`` by ``coverage`` (0 = not at all, 255 = wholly)."""
    part, coverage = _touched(pixels, coverage)
    left = cv2.cvtColor(cv2.bitwise_not(coverage), cv2.COLOR_GRAY2RGB)
    cv2.add(cv2.multiply(part, left, scale=1 / 255), tint(coverage, colour), dst=part)
    return pixels


def glow(pixels: Image, light: Plane, colour: Colour) -> Image:
    """Screen ``light`` of a ``colour`` over ``pixels``: brightens, never clips abruptly."""
    part, light = _touched(pixels, light)
    room = cv2.multiply(cv2.bitwise_not(part), tint(light, colour), scale=1 / 255)
    cv2.add(part, room, dst=part)
    return pixels


def expose(pixels: Image, share: Plane, colour: Colour, *, brighter: bool) -> Image:
    """Multiply ``pixels`` by 1 ± share · colour, both meaning 0..1."""
    part, share = _touched(pixels, share)
    change = cv2.multiply(part, tint(share, colour), scale=1 / 255)
    (cv2.add if brighter else cv2.subtract)(part, change, dst=part)
    return pixels


def illuminate(pixels: Image, share: Plane, colour: Colour) -> Image:
    """Brighten ``pixels`` p to p + 2 · share · colour · p · (1 − p): white stays, nothing clips."""
    part, share = _touched(pixels, share)
    change = cv2.multiply(part, tint(share, colour), scale=1 / 255)
    change = cv2.multiply(change, cv2.bitwise_not(part), scale=2 / 255)
    cv2.add(part, change, dst=part)
    return pixels


def _touched(pixels: Image, plane: Plane) -> tuple[Image, Plane]:
    """Return views of both, cut to the box where the plane is not 0 (one pixel at least)."""
    left, top, width, height = cv2.boundingRect(plane)
    box = slice(top, top + max(height, 1)), slice(left, left + max(width, 1))
    return pixels[box], plane[box]
