"""A picture between two pictures, along their motion.

Both are warped to the same moment by flows in both directions and then mixed: the symmetric form
of Bao et al., "MEMC-Net", TPAMI 2019, §3, with linear motion. Flow: Kroeger et al., "Fast Optical
Flow using Dense Inverse Search", ECCV 2016.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image

FLOW_SIDE = 360
"""Short side, in pixels, at which motion is estimated."""


def blend(first: Image, second: Image, share: float) -> Image:
    """Return the picture at ``share`` (0..1) of the way from ``first`` to ``second``.

    Both are (height, width, 3) uint8 sRGB of one size.
    """
    there, back = _flow(first, second), _flow(second, first)
    moved_first = _warp(first, there, -share)
    moved_second = _warp(second, back, share - 1.0)
    return cv2.addWeighted(moved_first, 1.0 - share, moved_second, share, 0.0)


def _flow(first: Image, second: Image) -> NDArray[np.float32]:
    """Flow from ``first`` to ``second`` in pixels of the pictures, (height, width, 2)."""
    height, width = first.shape[:2]
    scale = min(1.0, FLOW_SIDE / min(height, width))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    planes = [
        cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        for image in (first, second)
    ]
    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    small = method.calc(planes[0], planes[1], None)
    stretch = np.array([width / size[0], height / size[1]], np.float32)
    return np.asarray(cv2.resize(small, (width, height)) * stretch, np.float32)


def _warp(image: Image, flow: NDArray[np.float32], amount: float) -> Image:
    """Sample ``image`` at each pixel displaced by ``amount`` of its flow."""
    height, width = image.shape[:2]
    x = np.arange(width, dtype=np.float32) + amount * flow[..., 0]
    y = np.arange(height, dtype=np.float32)[:, None] + amount * flow[..., 1]
    return cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
