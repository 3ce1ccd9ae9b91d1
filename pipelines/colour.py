"""sRGB, linear light and CIELAB (D65). The only place that knows these formulas.

Sources: IEC 61966-2-1 for the transfer curve, CIE 15 for L*a*b*, BT.709 for luminance weights.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeVar

import cv2
import numpy as np

from pipelines.arrays import Image, ImageF, Mask

Pixels = TypeVar("Pixels", Image, ImageF)

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
"""BT.709 weights of linear red, green and blue."""

_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_TO_RELATIVE = _TO_XYZ / _TO_XYZ.sum(axis=1, keepdims=True)
"""Linear sRGB → X, Y, Z over those of the white, so that greys have no chroma."""

_KNEE, _BENT_KNEE, _SHIFT, _SLOPE = (
    np.float32(value) for value in ((6 / 29) ** 3, 2 / 29, 4 / 29, 841 / 108)
)
"""CIELAB bends X, Y and Z: the cube root less a shift, and below the knee a straight line."""

_TO_LAB = np.array([[0, 116, 0], [500, -500, 0], [0, 200, -200]])
_FROM_RELATIVE, _FROM_LAB = np.linalg.inv(_TO_RELATIVE), np.linalg.inv(_TO_LAB)

_PIXELS_AT_ONCE = 1 << 13


@cache
def _decode_table() -> ImageF:
    encoded = np.arange(256, dtype=np.float32) / np.float32(255)
    return srgb_to_linear(encoded)


def srgb_to_linear(srgb: ImageF) -> ImageF:
    """Decode sRGB values 0..1 of any shape to linear light 0..1.

    >>> round(float(srgb_to_linear(np.float32(0.5))), 4)
    0.214
    """
    low = srgb / 12.92
    high = ((np.maximum(srgb, 0.04045) + 0.055) / 1.055) ** 2.4
    return np.where(srgb <= 0.04045, low, high).astype(np.float32)


def linear_to_srgb(linear: ImageF) -> ImageF:
    """Encode linear light of any shape to sRGB values; input is clipped to 0..1 first.

    >>> round(float(linear_to_srgb(np.float32(0.214))), 2)
    0.5
    """
    clipped = np.clip(linear, 0.0, 1.0)
    high = 1.055 * np.maximum(clipped, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(clipped <= 0.0031308, clipped * 12.92, high).astype(np.float32)


def decode(image: Image) -> ImageF:
    """Turn (height, width, 3) uint8 sRGB into float32 linear light 0..1."""
    return _decode_table()[image]


def encode(linear: ImageF) -> Image:
    """Turn float32 linear light into uint8 sRGB, rounded to nearest."""
    return quantise(linear_to_srgb(linear))


def quantise(srgb: ImageF) -> Image:
    """Turn float32 sRGB 0..1 into uint8, clipped and rounded to nearest."""
    return (np.clip(srgb, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


def luminance(linear: ImageF) -> Mask:
    """Return (height, width) relative luminance of (height, width, 3) linear light."""
    return cv2.transform(linear, LUMINANCE[None, :])


def image_to_lab(image: Image) -> ImageF:
    """Turn (height, width, 3) uint8 sRGB into L* 0..100, a*, b*."""
    return _by_rows(image, lambda rows: _to_lab(decode(rows)))


def srgb_to_lab(srgb: ImageF) -> ImageF:
    """Turn (height, width, 3) float32 sRGB, clipped to 0..1, into L* 0..100, a*, b*."""
    return _by_rows(srgb, lambda rows: _to_lab(srgb_to_linear(rows)))


def lab_to_srgb(lab: ImageF) -> ImageF:
    """Turn L*a*b* back into float32 sRGB, clipped to 0..1."""
    return _by_rows(lab, lambda rows: linear_to_srgb(_from_lab(rows)))


def linear_to_lab(linear: ImageF) -> ImageF:
    """Turn (height, width, 3) float32 linear light, clipped to 0..1, into L* 0..100, a*, b*."""
    return _by_rows(linear, _to_lab)


def lab_to_linear(lab: ImageF) -> ImageF:
    """Turn L*a*b* back into float32 linear light, clipped to 0..1."""
    return _by_rows(lab, _from_lab)


def _by_rows(picture: Pixels, turn: Callable[[Pixels], ImageF]) -> ImageF:
    """Turn a picture some rows at a time, so that what lies between stays in the cache."""
    height, width = picture.shape[:2]
    step = max(1, _PIXELS_AT_ONCE // width)
    turned = np.empty(picture.shape, np.float32)
    for top in range(0, height, step):
        turned[top : top + step] = turn(picture[top : top + step])
    return turned


def _to_lab(linear: ImageF) -> ImageF:
    """By the formulas: OpenCV's tables miss by up to half a level, and are slow to set up.

    Curve and line meet without a bend, so each may be held at the knee while the other runs on.
    """
    relative = cv2.transform(np.clip(linear, 0.0, 1.0, dtype=np.float32), _TO_RELATIVE)
    line = (np.minimum(relative, _KNEE) - _KNEE) * _SLOPE
    bent = cv2.pow(np.maximum(relative, _KNEE), 1 / 3) + line
    bent -= _SHIFT
    return cv2.transform(np.maximum(bent, 0.0, out=bent), _TO_LAB)


def _from_lab(lab: ImageF) -> ImageF:
    bent = cv2.transform(np.ascontiguousarray(lab, np.float32), _FROM_LAB)
    line = (np.minimum(bent, _BENT_KNEE) - _BENT_KNEE) / _SLOPE
    roots = np.maximum(bent, _BENT_KNEE) + _SHIFT
    relative = roots * roots * roots + line
    return np.clip(cv2.transform(relative, _FROM_RELATIVE), 0.0, 1.0)
