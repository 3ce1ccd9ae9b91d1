"""The layered proxy: a ground that recedes, a backdrop behind it, the subject standing on it.

A stand-in for depth, not an estimate of it. Inverse depth is linear in nearness, and the inverse
depth of a plane is linear in the picture's rows, so a linear ramp *is* a flat ground.
"""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import Depth, Mask
from pipelines.relief import inflate

VERSION = 1
"""Part of the cache key: raise it when the proxy's numbers change."""

BACKDROP = 0.12
"""Nearness of the backdrop."""

FRONT = 0.92
"""Nearness of the ground at the bottom edge of the picture."""

BULGE = 0.16
"""Nearness a silhouette as wide as the picture's short side gains at its middle."""

CREASE = 0.04
"""Half height of the rounded meeting of ground and backdrop, share of the picture's height."""


def build_proxy(mask: Mask) -> tuple[Depth, float]:
    """Build the proxy for a picture with a subject.

    Args:
        mask: (height, width) float32 coverage of the subject; may be all 0.

    Returns:
        nearness, (height, width) float32 with 1 = nearest, and the row where the ground ends.
        Along the subject's contact line its nearness equals the ground's, so that it stands.
    """
    height, width = mask.shape
    horizon = _ground_end(mask)
    ground = _ground(height, horizon)
    scene = np.repeat(ground[:, None], width, axis=1).astype(np.float32)
    if not (mask > 0.5).any():
        return scene, horizon
    base = _standing(mask, ground)
    bulge = inflate(mask) * np.float32(2 * BULGE / min(height, width))
    scene = np.where(mask > 0.5, base + bulge, scene)
    return (scene / max(1.0, float(scene.max()))).astype(np.float32), horizon


def _ground_end(mask: Mask) -> float:
    """Where the ground meets the backdrop: behind the subject, above its contact."""
    height = mask.shape[0]
    rows = np.flatnonzero((mask > 0.5).any(axis=1))
    if rows.size == 0:
        return 0.55 * height
    top, bottom = float(rows[0]), float(rows[-1])
    behind = bottom - 0.55 * (bottom - top)
    return float(np.clip(behind, 0.25 * height, 0.75 * height))


def _ground(height: int, horizon: float) -> Depth:
    """One column of nearness: backdrop above, ramp below, a rounded crease between."""
    rows = np.arange(height, dtype=np.float32) + 0.5
    slope = (FRONT - BACKDROP) / max(height - horizon, 1.0)
    softness = max(CREASE * height, 1.0)
    past = (rows - horizon) / softness
    rise = softness * np.where(past > 1, past, np.maximum(past + 1, 0) ** 2 / 4)
    return np.minimum(BACKDROP + slope * rise, 1.0).astype(np.float32)


def _standing(mask: Mask, ground: Depth) -> Depth:
    """Nearness of an upright subject: of the ground at its contact, column by column.

    The lower rim of a standing thing is its footprint's near side, so each column stands where
    its own lowest pixel touches; columns that hang (a handle, a leaf) are held to the nearest
    part that stands.
    """
    inside = mask > 0.5
    height, width = mask.shape
    contact = np.where(inside.any(axis=0), height - 1 - inside[::-1].argmax(axis=0), -1)
    lowest = int(contact.max())
    covered = contact >= 0
    spread = 0.28 * float(np.count_nonzero(covered))
    standing = np.where(covered, np.maximum(contact, lowest - spread), np.nan)
    columns = np.arange(width)
    filled = np.interp(columns, columns[covered], standing[covered])
    level = ground[np.clip(filled.round().astype(int), 0, height - 1)][None, :]
    radius = max(1.0, 0.01 * width)
    smooth = cv2.GaussianBlur(
        level.astype(np.float32), (0, 0), radius, borderType=cv2.BORDER_REPLICATE
    )
    return np.repeat(smooth, height, axis=0)
