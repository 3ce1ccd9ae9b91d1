"""Inflates a silhouette to a rounded surface: what a flat picture does not say about its product.

Solves Poisson's equation ∇²h = −4 inside the silhouette with h = 0 on its rim; a product that the
frame cuts goes on beyond it. √h is then exactly a half sphere for a disc (h = R² − r²). Source:
inflation by a Poisson equation, after Johnston, "Lumo: Illumination for Cel Animation" (NPAR 2002).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Mask

COARSEST = 12
WORK = 40_000
"""Sweeps times the longer side: coarse levels, where the broad shape is found, get more."""


def inflate(silhouette: Mask) -> Mask:
    """Return the surface's height in pixels.

    Args:
        silhouette: (height, width) float32 coverage; the rim is where it falls below one half.

    Returns:
        (height, width) float32, 0 outside; a disc of radius R rises to R at its centre.
    """
    return np.sqrt(np.maximum(membrane(silhouette), 0.0))


def membrane(silhouette: Mask) -> Mask:
    """Return h, the square of the surface's height, in pixels².

    Coarse to fine: each level starts from the one below, so that relaxation has only the small
    features left to find (cascadic multigrid, Bornemann & Deuflhard 1996).
    """
    inside = (silhouette > 0.5).astype(np.float32)
    height, width = inside.shape
    if min(height, width) <= COARSEST:
        return _relax(np.zeros_like(inside), inside)
    half = (max(1, width // 2), max(1, height // 2))
    coarse = membrane(cv2.resize(inside, half, interpolation=cv2.INTER_AREA))
    ratio = (width / half[0]) * (height / half[1])
    start = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR) * np.float32(ratio)
    return _relax(start, inside)


def normals(h: Mask) -> NDArray[np.float32]:
    """Return (height, width, 3) unit normals of z = √h: x right, y down, z to the viewer.

    As ∇z = ∇h / 2√h, the normal is along (−∇h / 2, √h): finite at the rim too, where it lies in
    the picture plane. Where h is flat and 0 it faces the viewer.
    """
    x = cv2.Sobel(h, cv2.CV_32F, 1, 0, scale=-1 / 16)
    y = cv2.Sobel(h, cv2.CV_32F, 0, 1, scale=-1 / 16)
    z = np.sqrt(np.maximum(h, 0))
    length = np.sqrt(x * x + y * y + z * z)
    flat = length < 1e-6
    stacked = np.stack([x, y, np.where(flat, 1, z)], axis=-1)
    return np.asarray(stacked / np.where(flat, 1, length)[..., None], np.float32)


def _relax(guess: Mask, inside: Mask) -> Mask:
    """Jacobi sweeps of the five-point Laplacian; outside stays 0."""
    kernel = np.array([[0, 0.25, 0], [0.25, 0, 0.25], [0, 0.25, 0]], np.float32)
    h = guess * inside
    for _ in range(WORK // max(inside.shape)):
        h = cv2.filter2D(h, cv2.CV_32F, kernel, delta=1.0, borderType=cv2.BORDER_REFLECT_101)
        h = h * inside
    return h
