"""What a ControlNet is shown of the still, so that its shapes stay where they are."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import Depth, Image
from pipelines.colour import quantise
from pipelines.still.engine import Structure

CANNY_LOW, CANNY_HIGH = 100, 200
"""Thresholds of the edge detector, of 8-bit gradients: those that ControlNet's examples use."""


def draw_structure(structure: Structure, seen: Image, nearness: Depth) -> Image:
    """Return (height, width, 3) uint8 as the ControlNet for ``structure`` was trained on.

    Args:
        structure: ``canny``, white lines on black, or ``depth``, white is near.
        seen: the still at the network's size.
        nearness: (height, width) float32 at the same size; its range is stretched to the whole.
    """
    plane = cv2.Canny(seen, CANNY_LOW, CANNY_HIGH) if structure == "canny" else _depth(nearness)
    return np.repeat(plane[..., None], 3, axis=2)


def _depth(nearness: Depth) -> Image:
    low, high = float(nearness.min()), float(nearness.max())
    return quantise((nearness - low) / max(high - low, 1e-6))
