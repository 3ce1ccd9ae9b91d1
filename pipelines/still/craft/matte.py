"""Edges of a cut-out: its own colours, without a halo of what lay behind."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import ImageF, Mask
from pipelines.still.craft.tone import blur


def decontaminate(linear: ImageF, mask: Mask, unit: float) -> ImageF:
    """Return the subject's own colours, continued over its soft edge and a little beyond.

    Colours well inside the mask spread outwards by normalised blurs, the nearest one that has
    anything to say first; where the mask is whole the picture itself stays.
    """
    reach = max(round(0.12 * unit), 1)
    ring = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    core = cv2.erode((mask > 0.96).astype(np.float32), ring)
    if float(core.max()) == 0:
        core = mask
    own = np.zeros_like(linear)
    known = np.zeros(mask.shape, np.float32)
    for sigma in (0.5 * reach + 0.5, 2.0 * reach + 1, 6.0 * reach + 2):
        weight = blur(core, sigma)
        spread = blur(linear * core[..., None], sigma) / np.maximum(weight, 1e-5)[..., None]
        share = np.clip(weight * 20, 0, 1) * (1 - known)
        own += spread * share[..., None]
        known += share
    own = np.where(known[..., None] > 1e-3, own / np.maximum(known, 1e-3)[..., None], linear)
    trust = cv2.GaussianBlur(core, (0, 0), 0.6) * (core > 0)
    return (own + (linear - own) * trust[..., None]).astype(np.float32)
