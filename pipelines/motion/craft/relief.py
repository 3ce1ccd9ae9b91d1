"""A rounded surface inflated from a silhouette, as its normals.

Solve ∇²h = −4 inside with h = 0 on the outline, and let z = √h: for a disc h = R² − r², so the
surface is exactly the sphere. Source: inflation by a Poisson equation, after Johnston, "Lumo:
Illumination for Cel Animation" (NPAR 2002), whose sphere check it passes.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Mask

_WORK = 100_000  # sweeps times the longer side, about 0.05 s for a grid of 384
_COARSEST = 12


def inflate(silhouette: Mask) -> Mask:
    """Return h (height, width) float32 in pixels²; √h is the surface's height, 0 outside.

    Coarse to fine: each level starts from the one below, so that relaxation has only the small
    features left to find (cascadic multigrid, Bornemann & Deuflhard 1996).

    Args:
        silhouette: coverage 0..1; the frame's border counts as outline.
    """
    height, width = silhouette.shape
    if min(height, width) <= _COARSEST:
        start = np.zeros((height, width), np.float32)
        return _relax(start, silhouette)
    size = ((width + 1) // 2, (height + 1) // 2)
    coarse = inflate(np.asarray(cv2.resize(silhouette, size, interpolation=cv2.INTER_AREA)))
    start = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR) * np.float32(4)
    return _relax(np.asarray(start, np.float32), silhouette)


def _relax(h: Mask, silhouette: Mask) -> Mask:
    """Repeat Jacobi's step h ← mean of the four neighbours + 1 (a quarter of the right side).

    More often on coarser levels: there the broad shape is found, and a step costs little.
    """
    cross = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4
    inside = (silhouette > 0.5).astype(np.float32)
    for _ in range(_WORK // max(h.shape)):
        mean = cv2.filter2D(h, -1, cross, delta=1.0, borderType=cv2.BORDER_CONSTANT)
        h = np.asarray(mean * inside, np.float32)
    return h


def normals(h: Mask) -> NDArray[np.float32]:
    """Return (height, width, 3) unit normals of z = √h, x right, y down, z to the viewer.

    As ∇z = ∇h / 2√h, the normal is along (−∇h / 2, √h): finite at the rim too, where it lies
    in the picture plane. Where h is flat and 0 it faces the viewer.
    """
    x = cv2.Sobel(h, cv2.CV_32F, 1, 0, scale=-1 / 16)
    y = cv2.Sobel(h, cv2.CV_32F, 0, 1, scale=-1 / 16)
    z = np.sqrt(np.maximum(h, 0))
    length = np.sqrt(x * x + y * y + z * z)
    flat = length < 1e-6
    stacked = np.stack([x, y, np.where(flat, 1, z)], axis=-1)
    return np.asarray(stacked / np.where(flat, 1, length)[..., None], np.float32)
