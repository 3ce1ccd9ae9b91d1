"""sRGB, linear light and CIELAB (D65). The only place that knows these formulas.

Sources: IEC 61966-2-1 for the transfer curve, CIE 15 for L*a*b*, BT.709 for luminance weights.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from pipelines.arrays import Image, ImageF, Mask

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

_KNEE, _SHIFT, _SLOPE = (6 / 29) ** 3, 4 / 29, 841 / 108
"""CIELAB bends X, Y and Z: the cube root less a shift, and below the knee a straight line."""

_TO_LAB = np.array([[0, 116, 0], [500, -500, 0], [0, 200, -200]])


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
    return linear_to_lab(decode(image))


def srgb_to_lab(srgb: ImageF) -> ImageF:
    """Turn (height, width, 3) float32 sRGB, clipped to 0..1, into L* 0..100, a*, b*."""
    return linear_to_lab(srgb_to_linear(srgb))


def lab_to_srgb(lab: ImageF) -> ImageF:
    """Turn L*a*b* back into float32 sRGB, clipped to 0..1."""
    return linear_to_srgb(lab_to_linear(lab))


def linear_to_lab(linear: ImageF) -> ImageF:
    """Turn (height, width, 3) float32 linear light, clipped to 0..1, into L* 0..100, a*, b*.

    OpenCV's own goes by tables: they miss by up to half a level, and take a tenth of a second to
    set up.
    """
    relative = cv2.transform(np.clip(linear, 0.0, 1.0, dtype=np.float32), _TO_RELATIVE)
    bent = cv2.pow(np.maximum(relative, np.float32(_KNEE)), 1 / 3) - np.float32(_SHIFT)
    np.copyto(bent, np.float32(_SLOPE) * relative, where=relative < np.float32(_KNEE))
    return cv2.transform(bent, _TO_LAB)


def lab_to_linear(lab: ImageF) -> ImageF:
    """Turn L*a*b* back into float32 linear light, clipped to 0..1."""
    bent = cv2.transform(np.ascontiguousarray(lab, np.float32), np.linalg.inv(_TO_LAB))
    roots = bent + np.float32(_SHIFT)
    line = bent / np.float32(_SLOPE)
    relative = np.where(bent > np.float32(6 / 29 - _SHIFT), roots * roots * roots, line)
    return np.clip(cv2.transform(relative, np.linalg.inv(_TO_RELATIVE)), 0.0, 1.0)
