"""Random textures, drawn only from the stream handed in."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import Mask


def clouds(
    shape: tuple[int, int], rng: np.random.Generator, scale: float, octaves: int = 4
) -> Mask:
    """Return value noise (height, width), mean about 0.5, nearly all within 0..1.

    Args:
        shape: (height, width).
        rng: the stream.
        scale: size of the largest puffs, in pixels; each octave halves size and weight.
        octaves: how many sizes are added; those finer than two pixels are left out.
    """
    height, width = shape
    finest = max(scale / 2 ** (octaves - 1), 2.0)
    if finest >= 6:  # nothing fine in it: make it small and enlarge it once
        shrink = finest / 3
        small = (int(height / shrink) + 2, int(width / shrink) + 2)
        puffs = clouds(small, rng, scale / shrink, octaves)
        return cv2.resize(puffs, (width, height), interpolation=cv2.INTER_LINEAR)
    total = np.zeros(shape, np.float32)
    weight, power = 1.0, 0.0
    for _ in range(octaves):
        grid = (int(height / scale) + 3, int(width / scale) + 3)
        lattice = rng.standard_normal(grid, dtype=np.float32)
        total += weight * cv2.resize(lattice, (width, height), interpolation=cv2.INTER_CUBIC)
        power += weight * weight
        weight, scale = weight / 2, scale / 2
        if scale < 2:
            break
    return 0.5 + total * np.float32(0.26 / np.sqrt(power))


def specks(shape: tuple[int, int], rng: np.random.Generator, size: float) -> Mask:
    """Return Gaussian noise (height, width) of mean 0, deviation 1, grains ``size`` pixels wide."""
    height, width = shape
    if size <= 1.2:
        return rng.standard_normal(shape, dtype=np.float32)
    grid = (int(np.ceil(height / size)), int(np.ceil(width / size)))
    coarse = rng.standard_normal(grid, dtype=np.float32)
    grown = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return grown / np.float32(max(float(grown.std()), 1e-6))


def strands(
    shape: tuple[int, int],
    rng: np.random.Generator,
    length: float,
    thickness: float,
    degrees: float,
) -> Mask:
    """Return streaky noise 0..1, uniform in value: threads that run at an angle.

    Args:
        shape: (height, width).
        rng: the stream.
        length: of a thread, in pixels.
        thickness: of a thread, in pixels.
        degrees: direction, clockwise from the x axis as seen.
    """
    height, width = shape
    diagonal = float(np.hypot(height, width)) + 4
    grid = (int(diagonal / thickness) + 2, int(diagonal / length) + 2)
    lattice = rng.random(grid, dtype=np.float32)
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    y, x = np.mgrid[:height, :width].astype(np.float32)
    along = (x * cos + y * sin - min(0, width * cos) - min(0, height * sin)) / length
    across = (y * cos - x * sin + max(0, width * sin) - min(0, height * cos)) / thickness
    return cv2.remap(
        lattice,
        along.astype(np.float32),
        across.astype(np.float32),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )
