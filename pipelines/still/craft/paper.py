"""What a picture is painted on, and how pigment sits in it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.arrays import ImageF, Mask
from pipelines.colour import srgb_to_linear
from pipelines.media import BARE_RIM
from pipelines.still.craft.noise import clouds, specks
from pipelines.still.craft.paint import canvas_scale
from pipelines.still.craft.tone import Rgb, blur, smoothstep, spread

INSET = 3.8
"""Units from the border of the sheet to where the paint ends, on average."""

WANDER = 2.5
"""Units by which the end of the paint strays from there, at most."""


@dataclass(frozen=True)
class Sheet:
    """A kind of paper.

    Attributes:
        colour: sRGB 0..1.
        grain: how strongly raking light shows its tooth.
    """

    colour: Rgb
    grain: float

    def lit(self, height: Mask) -> ImageF:
        """Return the bare paper of a tooth, sRGB, a little above 1 where the light catches it."""
        return np.array(self.colour, np.float32) * spread(relit(height, self.grain))

    def bare(
        self, shape: tuple[int, int], still: tuple[int, int], rng: np.random.Generator
    ) -> ImageF:
        """Return a piece of ``shape`` with nothing on it, linear light, at the scale of a still's.

        Args:
            shape: (height, width) of the piece.
            still: (height, width) of the still that was painted on the same paper.
            rng: the piece's own random stream.
        """
        scale = canvas_scale(still)
        small = (max(round(shape[0] * scale), 1), max(round(shape[1] * scale), 1))
        piece = self.lit(tooth(small, rng, min(still) * scale / 100))
        linear = srgb_to_linear(np.clip(piece, 0, 1))
        if scale == 1:
            return linear
        grown = cv2.resize(linear, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
        return np.clip(grown, 0, 1)


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


def painted(subject: Mask, height: Mask, rng: np.random.Generator, unit: float) -> Mask:
    """Say where there is paint, 0..1: it ends ragged and dry before the border of the sheet.

    The product is painted nearer to the border than its surroundings are. The outermost
    `pipelines.media.BARE_RIM` stays bare on all sides, whatever lies there.

    Args:
        subject: where the product is.
        height: the paper's tooth.
        rng: the stream.
        unit: one percent of the short side, in pixels.
    """
    rows, columns = subject.shape
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    inset = np.minimum(np.minimum(x, columns - 1 - x), np.minimum(y, rows - 1 - y)) / unit
    wander = np.float32(9 / WANDER) * (clouds(subject.shape, rng, 22 * unit, 5) - 0.5)
    ragged = inset + np.float32(WANDER) * np.tanh(wander) - 0.5 * height
    around = smoothstep(INSET - 0.6, INSET + 0.6, ragged)
    nearer = smoothstep(INSET - 0.6, INSET + 0.6, 0.5 * (ragged + inset) + 1.2)
    product = smoothstep(0.3, 0.6, blur(subject, unit))
    rim = 100 * BARE_RIM
    return np.maximum(around, product * nearer) * smoothstep(rim, rim + 0.6, inset)
