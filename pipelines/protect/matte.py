"""A coarse saliency map → a matte that a layer can be cut along.

Keep the plausible pieces; decide the uncertain rim by the colours on either side of it; pull the
edge onto the photo's own; smooth the contour; make the edge about a pixel wide at full size.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image, ImageF, Mask, Plane
from pipelines.colour import srgb_to_lab
from pipelines.protect.guided import box, guided_filter

Flags = NDArray[np.bool_]

WORKING_SIDE = 1024
"""Long side, in pixels, at which the edge is found and the matte is kept."""

SURE = 0.5
_PIECE_SHARE = 0.12  # of the largest piece: a saucer stays, a highlight on the table goes
_HOLE_SHARE = 0.004  # of the picture: a highlight is filled, the eye of a handle stays open
_MARGIN = 4  # pixels of the coarse map: how far the soft rim of a kept piece reaches
_RIM = 0.012  # of the long side: how far the coarse edge may lie from the true one
_NEIGHBOURHOOD = 0.035  # of the long side: where the colours either side are learnt
_COLOUR_NOISE = 9.0  # variance of L*a*b* granted to any surface
_TRUST = 6.0  # most that colour may say, in logits; the network's own map says up to 3.9
_EDGE_RADIUS = 0.008  # of the long side: window of the guided filter
_EDGE_CONTRAST = 2e-4  # variance of colour, 0..1 squared, that counts as an edge
_SMOOTHING = 1.6 / 1024  # of the long side: deviation of the contour's smoothing
_EDGE_WIDTH = 1.25  # pixels from clear to solid, at full size


def clean(saliency: Mask) -> Mask:
    """Return ``saliency`` without crumbs and pinholes; all 0 when nothing reaches `SURE`.

    Args:
        saliency: (height, width) float32 0..1, a few hundred pixels across.
    """
    sure = saliency >= SURE
    if not sure.any():
        return np.zeros_like(saliency)
    pieces = _pieces(sure, 8)
    largest = max(int(piece.sum()) for piece in pieces)
    kept = _union(sure, [piece for piece in pieces if piece.sum() >= _PIECE_SHARE * largest])
    holes = [hole for hole in _pieces(~kept, 4) if hole.sum() < _HOLE_SHARE * kept.size]
    pinholes = _union(sure, holes)
    square = np.ones((2 * _MARGIN + 1, 2 * _MARGIN + 1), np.uint8)
    near = cv2.dilate((kept | pinholes).astype(np.uint8), square) > 0
    return np.where(pinholes, 1, np.where(near, saliency, 0)).astype(np.float32)


def refine(image: Image, coarse: Mask) -> Plane:
    """Return the matte at working size, 0..255: ``coarse`` with the photo's edges.

    Args:
        image: (height, width, 3) uint8 sRGB, any size.
        coarse: float32 0..1 of the same aspect, any size.
    """
    guide = shrink(image).astype(np.float32) / np.float32(255)
    height, width = guide.shape[:2]
    rough = np.clip(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)
    decided = _decide_rim(guide, rough.astype(np.float32))
    radius = max(2, round(_EDGE_RADIUS * max(height, width)))
    matte = guided_filter(guide, decided, radius, _EDGE_CONTRAST)
    smooth = cv2.GaussianBlur(matte, (0, 0), _deviation((height, width)))
    return np.asarray(np.clip(smooth * 255 + 0.5, 0, 255), np.uint8)


def shrink(image: Image) -> Image:
    """Return ``image`` with its long side at most `WORKING_SIDE`, area averaged."""
    height, width = image.shape[:2]
    scale = WORKING_SIDE / max(height, width)
    if scale >= 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def enlarge(matte: Plane, size: tuple[int, int]) -> Mask:
    """Return :func:`refine`'s matte at (width, height) as float32 0..1.

    The smoothed contour's half level is where it was to a fraction of a pixel; levels are
    stretched about it so that the edge is antialiased and neither soft nor stepped at any size.
    """
    grown = cv2.resize(matte, size, interpolation=cv2.INTER_CUBIC)
    width = np.sqrt(2 * np.pi) * _deviation(matte.shape) * size[0] / matte.shape[1]
    levels = np.arange(256, dtype=np.float32) / np.float32(255)
    table = np.clip((levels - 0.5) * max(1.0, width / _EDGE_WIDTH) + 0.5, 0, 1)
    return np.asarray(cv2.LUT(grown, table.astype(np.float32)), np.float32)


def _union(like: Flags, areas: list[Flags]) -> Flags:
    return np.asarray(np.logical_or.reduce([np.zeros_like(like), *areas]), np.bool_)


def _pieces(area: Flags, connectivity: int) -> list[Flags]:
    count, labels = cv2.connectedComponents(area.astype(np.uint8), connectivity=connectivity)
    return [labels == label for label in range(1, count)]


def _decide_rim(guide: ImageF, rough: Mask) -> Mask:
    """Weigh the colours known on either side of the rim against the rough map (Bayes' rule).

    Each side's colour is one Gaussian a neighbourhood, learnt where the side is beyond doubt.
    """
    reach = max(2, round(_RIM * max(rough.shape)))
    solid, clear = _inside(rough >= SURE, reach), _inside(rough < SURE, reach)
    radius = max(reach + 1, round(_NEIGHBOURHOOD * max(rough.shape)))
    lab = srgb_to_lab(guide)
    towards = (_misfit(lab, clear, radius) - _misfit(lab, solid, radius)) / 2
    seen = (box(solid, radius) > 0.01) & (box(clear, radius) > 0.01)
    evidence = np.where(seen, np.clip(towards, -_TRUST, _TRUST), 0).astype(np.float32)
    evidence = guided_filter(guide, evidence, max(2, reach // 2), 1e-3)
    prior = np.log((rough + 0.02) / (1.02 - rough))
    posterior = 1 / (1 + np.exp(-(evidence + prior)))
    return np.where(solid + clear > 0, solid, posterior).astype(np.float32)


def _inside(area: Flags, reach: int) -> Mask:
    """Return 1 where ``area`` holds everything within ``reach`` pixels, 0 elsewhere."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.erode(area.astype(np.float32), disc), np.float32)


def _misfit(lab: ImageF, side: Mask, radius: int) -> Mask:
    """Return minus twice the log likelihood of each colour under its neighbours on ``side``."""
    count = np.maximum(box(side, radius), np.float32(1e-4))
    mean = np.asarray(box(lab * side[..., None], radius) / count[..., None], np.float32)
    spread = box(_square(lab) * side, radius) / count - _square(mean)
    variance = np.maximum(spread, 0) / 3 + _COLOUR_NOISE
    return np.asarray(_square(np.subtract(lab, mean)) / variance + 3 * np.log(variance), np.float32)


def _square(vectors: ImageF) -> Mask:
    """Return the squared length of each pixel's vector."""
    return np.asarray(cv2.transform(vectors * vectors, np.ones((1, 3), np.float32)), np.float32)


def _deviation(shape: tuple[int, ...]) -> float:
    return max(0.6, _SMOOTHING * max(shape))
