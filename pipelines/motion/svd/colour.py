"""Colour hold: a frame keeps the light and contrast of what it shows.

Guidance that rises over the frames makes late ones harder and more saturated. Each frame's mean
and spread in CIELAB are moved to those of its reference, within limits, so that what really
brightens in a shot still may: statistics transfer after Reinhard, Ashikhmin, Gooch, Shirley,
"Color transfer between images", IEEE CG&A 21(5), 2001.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image, ImageF
from pipelines.colour import image_to_lab, lab_to_srgb, quantise

FARTHEST = 8.0
"""Most that a mean is moved, in CIELAB units: about eight just visible steps."""

MOST_GAIN = 1.25
"""Most that a spread is stretched or squeezed."""

PLAIN = 0.5
"""A spread below this is a plain field, whose contrast says nothing."""


@dataclass(frozen=True, eq=False)
class Colours:
    """Statistics of a picture: mean of L*, a*, b*, and spread of lightness and of chroma."""

    mean: NDArray[np.float64]
    spread: tuple[float, float]

    @classmethod
    def of(cls, picture: Image) -> Colours:
        """Measure (height, width, 3) uint8 sRGB."""
        return cls.of_lab(image_to_lab(picture))

    @classmethod
    def of_lab(cls, lab: ImageF) -> Colours:
        """Measure L*a*b*."""
        variance = lab.var(axis=(0, 1), dtype=np.float64)
        spread = float(np.sqrt(variance[0])), float(np.sqrt(variance[1] + variance[2]))
        return cls(lab.mean(axis=(0, 1), dtype=np.float64), spread)


def hold_colours(frame: Image, reference: Colours) -> tuple[Image, float]:
    """Return the frame with its statistics tied to ``reference``, and how far its mean moved.

    Args:
        frame: (height, width, 3) uint8 sRGB.
        reference: of the picture it should look like.
    """
    lab = image_to_lab(frame)
    own = Colours.of_lab(lab)
    shift = reference.mean - own.mean
    length = float(np.linalg.norm(shift))
    shift *= min(1.0, FARTHEST / max(length, 1e-9))
    light, chroma = (_gain(*pair) for pair in zip(reference.spread, own.spread, strict=True))
    gain = np.array([light, chroma, chroma])
    held = ((lab - own.mean) * gain + own.mean + shift).astype(np.float32)
    return quantise(lab_to_srgb(held)), min(length, FARTHEST)


def _gain(wanted: float, own: float) -> float:
    if min(wanted, own) < PLAIN:
        return 1.0
    return float(np.clip(wanted / own, 1 / MOST_GAIN, MOST_GAIN))
