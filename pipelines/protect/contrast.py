"""A subject without weights: what differs from the picture's border, settled by GrabCut.

The border is taken to be background, as in Wei et al., "Geodesic saliency using background
priors" (2012); GrabCut is Rother, Kolmogorov and Blake (2004).
"""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import Image, Mask
from pipelines.colour import image_to_lab

SIDE = 320
"""Long side, in pixels, at which it works: the size of the network's map."""

_BORDER = 0.06
_CLUSTERS = 4  # surfaces the border may show
_ROUNDS = 4
_LEAST, _MOST = 0.01, 0.85  # share of the picture that a subject can plausibly take
_DISTINCT = 12.0  # L*a*b* units by which a subject stands out from the border


def contrast_saliency(image: Image) -> Mask:
    """Return float32 0..1 at about `SIDE` pixels; all 0 when nothing stands out.

    Args:
        image: (height, width, 3) uint8 sRGB.
    """
    scale = SIDE / max(image.shape[:2])
    size = max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    seed = _seed(small)
    if seed.max() < 1:
        return np.zeros(small.shape[:2], np.float32)
    cut = _grabcut(small, seed)
    share = float(cut.mean())
    plausible = _LEAST <= share <= _MOST
    return np.asarray(cv2.GaussianBlur(cut, (0, 0), 1.0) if plausible else cut * 0, np.float32)


def _seed(small: Image) -> Mask:
    """Return 1 where colour, weighted towards the centre, is unlike any of the border's."""
    lab = image_to_lab(small)
    height, width = lab.shape[:2]
    centres = _border_colours(lab)
    distance = np.linalg.norm(lab[:, :, None, :] - centres, axis=3).min(axis=2)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    salient = cv2.GaussianBlur(distance * np.exp(-(x**2 + y**2)), (0, 0), 2.0)
    if np.percentile(salient, 99) < _DISTINCT:
        return np.zeros((height, width), np.float32)
    levels = np.clip(salient / salient.max() * 255, 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
    return np.asarray(levels > threshold, np.float32)


def _border_colours(lab: Mask) -> Mask:
    height, width = lab.shape[:2]
    rows, columns = max(1, round(_BORDER * height)), max(1, round(_BORDER * width))
    inner = np.ones((height, width), bool)
    inner[rows:-rows, columns:-columns] = False
    samples = np.ascontiguousarray(lab[inner], np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    cv2.setRNGSeed(0)  # the same picture gives the same clusters
    count = min(_CLUSTERS, len(samples))
    labels = np.zeros((len(samples), 1), np.int32)
    _, _, centres = cv2.kmeans(samples, count, labels, criteria, 1, cv2.KMEANS_PP_CENTERS)
    return np.asarray(centres, np.float32)


def _grabcut(small: Image, seed: Mask) -> Mask:
    marks = np.where(seed > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    rows, columns = (max(1, side // 50) for side in marks.shape)
    for edge in (marks[:rows], marks[-rows:], marks[:, :columns], marks[:, -columns:]):
        edge[edge == cv2.GC_PR_BGD] = cv2.GC_BGD
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(small, marks, [0, 0, 0, 0], *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    outlines, _ = cv2.findContours(found, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = cv2.drawContours(found, outlines, -1, 1, cv2.FILLED)  # a pale label is no hole
    return np.asarray(whole, np.float32)
