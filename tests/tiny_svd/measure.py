"""Instruments for clips, independent of the model, and ways to run the stock pipeline.

Clips are uint8 (frames, height, width, 3). Flow is DIS (Kroeger et al., ECCV 2016, in OpenCV);
trajectories are global translations by Gauss-Newton (Lucas & Kanade, IJCAI 1981).
"""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.tiny_svd.scenes import Path

Clip = NDArray[np.uint8]
Grey = NDArray[np.float32]

BORDER = 4
"""Pixels at each edge that instruments leave out, since content comes and goes there."""

ITERATIONS = 30


def flow_speed(clip: Clip) -> float:
    """Return the mean length of dense flow between neighbours, in pixels per frame."""
    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    large = [
        cv2.resize(_grey_bytes(f), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC) for f in clip
    ]
    edge = slice(2 * BORDER, -2 * BORDER)
    flows = [method.calc(a, b, None) for a, b in itertools.pairwise(large)]
    return float(np.mean([np.linalg.norm(flow[edge, edge], axis=-1) for flow in flows]) / 2)


def trajectory(clip: Clip) -> NDArray[np.float64]:
    """Return how far content has moved since frame 0, (frames, 2): x and y in pixels."""
    greys = [cv2.GaussianBlur(_grey_bytes(f).astype(np.float32), (0, 0), 1.0) for f in clip]
    shifts = [translation(a, b) for a, b in itertools.pairwise(greys)]
    return np.concatenate([np.zeros((1, 2)), np.cumsum(shifts, axis=0)])


def translation(first: Grey, second: Grey) -> NDArray[np.float64]:
    """Return the (x, y) by which ``second``'s content is shifted, by robust Gauss-Newton."""
    inner = slice(BORDER, -BORDER)
    shift = np.zeros(2)
    for _ in range(ITERATIONS):
        moved = cv2.warpAffine(
            second,
            np.array([[1, 0, shift[0]], [0, 1, shift[1]]]),
            second.shape[::-1],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        down, across = np.gradient(moved)
        error = (moved - first)[inner, inner].ravel()
        slopes = np.stack([across[inner, inner].ravel(), down[inner, inner].ravel()], axis=1)
        weight = 1 / (1 + (error / (2 * np.median(np.abs(error)) + 1e-6)) ** 2)
        normal = (slopes * weight[:, None]).T @ slopes + 1e-6 * np.eye(2)
        step = np.linalg.solve(normal, (slopes * weight[:, None]).T @ error)
        shift -= step
        if np.abs(step).max() < 1e-3:
            break
    return shift


def trajectory_error(clip: Clip, path: Path) -> float:
    """Return the mean distance in pixels between the measured trajectory and the path's."""
    return float(np.linalg.norm(trajectory(clip) - path.offsets, axis=1)[1:].mean())


def seam_ratio(clip: Clip) -> float:
    """Return the change from the last frame to the first over that of a mean pair of neighbours."""
    return _change(clip[-1], clip[0]) / restlessness(clip)


def restlessness(clip: Clip) -> float:
    """Return the mean absolute change between neighbours, in units of full scale."""
    return float(np.mean([_change(a, b) for a, b in itertools.pairwise(clip)]))


def psnr(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Return the peak signal to noise ratio in dB."""
    error = float(np.mean((first.astype(np.float64) - second) ** 2))
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def _change(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    return float(np.abs(first.astype(np.float32) - second).mean()) / 255


def _grey_bytes(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
