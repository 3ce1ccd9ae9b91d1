"""What a picture is painted on, and how pigment sits in it."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import ImageF, Mask
from pipelines.still.craft.noise import clouds, specks
from pipelines.still.craft.tone import blur


def tooth(shape: tuple[int, int], rng: np.random.Generator, unit: float) -> Mask:
    """Height of cold-pressed paper, mean 0, deviation 1: dimples about half a unit wide."""
    dimples = blur(specks(shape, rng, 1.0), max(0.16 * unit, 0.8))
    felt = clouds(shape, rng, 3.0 * unit, 3) - 0.5
    height = dimples / np.float32(max(float(dimples.std()), 1e-6)) + np.float32(1.6) * felt
    return np.asarray(height / max(float(height.std()), 1e-6), np.float32)


def relit(height: Mask, strength: float) -> Mask:
    """Shade a height map by light raking from the upper left: a gain about 1."""
    slope = cv2.Sobel(height, cv2.CV_32F, 1, 0) + cv2.Sobel(height, cv2.CV_32F, 0, 1)
    slope /= np.float32(max(float(slope.std()), 1e-6))
    return 1 + np.float32(strength) * np.clip(slope, -2.5, 2.5).astype(np.float32)


def pigment(colour: ImageF, density: Mask) -> ImageF:
    """Lay pigment thicker (density > 1) or thinner (< 1): C' = C − (C − C²)(d − 1).

    The density formula of Bousseau et al., "Interactive Watercolor Rendering" (NPAR 2006); takes
    and gives sRGB values 0..1. Paper white and full black stay what they are.
    """
    d = (density - 1)[..., None]
    return np.clip(colour - (colour - colour * colour) * d, 0, 1)
