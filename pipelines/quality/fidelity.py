"""How true pictures stay: colour (CIEDE2000), structure (SSIM) and text."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image, Mask
from pipelines.colour import image_to_lab

_POWER_25_7 = 25.0**7


def colour_difference(first: Image, second: Image, mask: Mask | None = None) -> float:
    """Return the mean CIEDE2000 of two (height, width, 3) sRGB pictures, weighted by ``mask``.

    0 is equal, 1 about the least a trained eye sees. An empty mask gives 0.
    """
    counts = np.ones(first.shape[:2], np.bool_) if mask is None else mask > 0
    labs = [image_to_lab(image[counts][:, None]) for image in (first, second)]
    return _mean(ciede2000(*labs), None if mask is None else mask[counts][:, None])


def colour_drift(frames: Iterable[Image], mask: Mask | None = None) -> float:
    """Return how far the mean colour of any frame strays from frame 0's, in CIEDE2000."""
    means = [_mean_lab(frame, mask) for frame in frames]
    return max((float(ciede2000(means[0], mean)[0]) for mean in means[1:]), default=0.0)


def structural_similarity(first: Image, second: Image, mask: Mask | None = None) -> float:
    """Return the mean SSIM of two sRGB pictures' luma, weighted by ``mask``; 1 is equal.

    11×11 Gaussian window of σ 1.5, K1 = 0.01, K2 = 0.03: Wang, Bovik, Sheikh, Simoncelli, "Image
    quality assessment: from error visibility to structural similarity", IEEE TIP 13(4), 2004.
    """
    luma = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) for image in (first, second)]
    return _mean(ssim_map(*luma), mask)


def text_similarity(expected: str, found: str) -> float:
    """Return how alike two texts are, 0..1, blind to case and spacing.

    >>> text_similarity("Cold  Brew", "cold brew")
    1.0
    """
    first, second = (" ".join(text.lower().split()) for text in (expected, found))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def ssim_map(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the (height, width) SSIM of two grey planes of range 0..255."""
    mean_1, mean_2 = _window(first), _window(second)
    variance_1 = _window(first * first) - mean_1**2
    variance_2 = _window(second * second) - mean_2**2
    covariance = _window(first * second) - mean_1 * mean_2
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    likeness = (2 * mean_1 * mean_2 + c1) * (2 * covariance + c2)
    return np.asarray(
        likeness / ((mean_1**2 + mean_2**2 + c1) * (variance_1 + variance_2 + c2)), np.float32
    )


def ciede2000(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return ΔE00 of two (…, 3) CIELAB arrays, k_L = k_C = k_H = 1.

    Source: Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula: implementation notes,
    supplementary test data, and mathematical observations", Color Res. Appl. 30(1), 2005.
    """
    lightness_1, chroma_1, hue_1, lightness_2, chroma_2, hue_2 = _adjusted(first, second)
    grey = chroma_1 * chroma_2 == 0
    turn = np.where(grey, 0.0, (hue_2 - hue_1 + 180.0) % 360.0 - 180.0)
    lightness_step, chroma_step = lightness_2 - lightness_1, chroma_2 - chroma_1
    hue_step = 2 * np.sqrt(chroma_1 * chroma_2) * np.sin(np.radians(turn) / 2)
    chroma = (chroma_1 + chroma_2) / 2
    hue = np.where(grey, hue_1 + hue_2, _middle(hue_1, hue_2))
    lightness_term = lightness_step / _lightness_weight((lightness_1 + lightness_2) / 2)
    chroma_term = chroma_step / (1 + 0.045 * chroma)
    hue_term = hue_step / (1 + 0.015 * chroma * _hue_weight(hue))
    crossed = _rotation(chroma, hue) * chroma_term * hue_term
    squares = lightness_term**2 + chroma_term**2 + hue_term**2 + crossed
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))


def _adjusted(
    first: NDArray[np.floating], second: NDArray[np.floating]
) -> tuple[NDArray[np.float64], ...]:
    """L', C' and h' in degrees of both, with a* stretched for near-greys (eqs 2 to 7)."""
    labs = [np.moveaxis(np.asarray(lab, np.float64), -1, 0) for lab in (first, second)]
    seventh = ((np.hypot(*labs[0][1:]) + np.hypot(*labs[1][1:])) / 2) ** 7
    stretch = 1.5 - 0.5 * np.sqrt(seventh / (seventh + _POWER_25_7))
    parts: list[NDArray[np.float64]] = []
    for lightness, a, b in labs:
        red = stretch * a
        parts += [lightness, np.hypot(red, b), np.degrees(np.arctan2(b, red)) % 360.0]
    return tuple(parts)


def _middle(hue_1: NDArray[np.float64], hue_2: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean hue in degrees along the shorter arc (eq. 14)."""
    total, far = hue_1 + hue_2, np.abs(hue_1 - hue_2) > 180
    return np.asarray((total + far * np.where(total < 360, 360.0, -360.0)) / 2)


def _lightness_weight(lightness: NDArray[np.float64]) -> NDArray[np.float64]:
    offset = (lightness - 50) ** 2
    return np.asarray(1 + 0.015 * offset / np.sqrt(20 + offset))


def _hue_weight(hue: NDArray[np.float64]) -> NDArray[np.float64]:
    def cosine(factor: float, shift: float) -> NDArray[np.float64]:
        return np.asarray(np.cos(np.radians(factor * hue + shift)))

    waves = -0.17 * cosine(1, -30) + 0.24 * cosine(2, 0) + 0.32 * cosine(3, 6)
    return np.asarray(1 + waves - 0.20 * cosine(4, -63))


def _rotation(chroma: NDArray[np.float64], hue: NDArray[np.float64]) -> NDArray[np.float64]:
    seventh = chroma**7
    angle = 30 * np.exp(-(((hue - 275) / 25) ** 2))
    strength = 2 * np.sqrt(seventh / (seventh + _POWER_25_7))
    return np.asarray(-np.sin(np.radians(2 * angle)) * strength)


def _window(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    return cv2.GaussianBlur(plane, (11, 11), 1.5, borderType=cv2.BORDER_REFLECT)


def _mean(values: NDArray[np.floating], mask: Mask | None) -> float:
    if mask is None:
        return float(values.mean())
    weight = float(mask.sum())
    return float((values * mask).sum() / weight) if weight else 0.0


def _mean_lab(image: Image, mask: Mask | None) -> NDArray[np.float64]:
    lab = image_to_lab(image)
    return np.array([[_mean(lab[..., channel], mask) for channel in range(3)]])
