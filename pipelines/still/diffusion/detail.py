"""The still's finest detail, which a network that works at a smaller size never saw.

What was drawn is explained, round each pixel, as a linear function of what the network saw, as the
guided filter does (He, Sun and Tang, "Guided image filtering", PAMI 2013). Where that holds, the
network kept the picture, and the detail that was lost on the way to its size is added back, scaled
as the picture's own contrast was. Where it redrew the picture, nothing is added.
"""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import ImageF, Mask
from pipelines.still.diffusion.size import Fit

REACH = 2.0
"""Standard deviation of what counts as round a pixel, in pixels of the network's picture."""

NOISE = (4 / 255) ** 2
"""Variance below which a neighbourhood is flat: there is nothing to compare, so it was kept."""

REDRAWN, KEPT = 0.5, 0.9
"""Shares of what was drawn that what was seen explains: below the one it was redrawn, above the
other it was kept. Detail of what was half kept would be a ghost of the old picture."""

MOST = 1.5
"""Largest factor by which detail is scaled."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def with_detail(made: ImageF, seen: ImageF, still: ImageF, fit: Fit) -> tuple[ImageF, float]:
    """Return the picture at the still's size, and the share of it that kept the still's detail.

    Args:
        made: (height, width, 3) sRGB 0..1 as the network drew it, at its size.
        seen: the still as the network saw it, at the same size.
        still: (height, width, 3) sRGB 0..1.
        fit: between the two sizes; where they are the same, ``made`` comes back as it is.
    """
    lost = still - fit.back(seen)
    kept = fit.back(kept_contrast(made, seen))
    picture = fit.back(made) + kept[..., None] * lost
    return np.clip(picture, 0, 1), float(np.clip(kept, 0, 1).mean())


def kept_contrast(made: ImageF, seen: ImageF) -> Mask:
    """Return (height, width) in 0..`MOST`: how much of what was seen there is in what was made.

    1 where both are alike or both are flat, 0 where they have nothing in common.
    """
    first, second = seen @ LUMA, made @ LUMA
    mean_first, mean_second = _around(first), _around(second)
    variance_first = np.maximum(_around(first**2) - mean_first**2, 0) + NOISE
    variance_second = np.maximum(_around(second**2) - mean_second**2, 0) + NOISE
    common = np.maximum(_around(first * second) - mean_first * mean_second + NOISE, 0)
    explained = common**2 / (variance_first * variance_second)
    kept = np.clip((explained - REDRAWN) / (KEPT - REDRAWN), 0, 1)
    return np.asarray(kept * np.minimum(common / variance_first, MOST), np.float32)


def _around(plane: Mask) -> Mask:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), REACH), np.float32)
