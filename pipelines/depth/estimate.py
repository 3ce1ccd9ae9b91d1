"""The real estimator: Depth Anything V2 Small through onnxruntime, when its weights are there.

Source: Yang et al. 2024, arXiv 2406.09414; the network gives affine-invariant inverse depth.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from pipelines.arrays import Depth, Image

FILE = "depth-anything-v2-small.onnx"
PATCH = 14
INPUT_SIDE = 518
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
ROBUST = (1.0, 99.0)
"""Percentiles that become nearness 0 and 1, so that one hot pixel does not rescale the scene."""


def estimator_path(models_dir: Path) -> Path | None:
    """Return the estimator's weights, or None when the model store lacks them."""
    path = models_dir / FILE
    return path if path.is_file() else None


def estimate_nearness(pixels: Image, weights: Path, size: tuple[int, int]) -> Depth:
    """Estimate nearness with a network.

    Args:
        pixels: (height, width, 3) uint8 sRGB.
        weights: an ONNX file: (1, 3, h, w) normalised RGB → (1, h, w) inverse depth.
        size: (width, height) of the result.

    Returns:
        (height, width) float32 in 0..1, 1 = nearest.
    """
    import onnxruntime

    scale = INPUT_SIDE / min(pixels.shape[:2])
    width, height = (
        max(PATCH, round(side * scale / PATCH) * PATCH) for side in pixels.shape[1::-1]
    )
    grey = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA) / np.float32(255)
    tensor = ((grey - MEAN) / DEVIATION).transpose(2, 0, 1)[None].astype(np.float32)
    session = onnxruntime.InferenceSession(str(weights), providers=["CPUExecutionProvider"])
    (inverse,) = session.run(None, {session.get_inputs()[0].name: tensor})
    low, high = np.percentile(inverse, ROBUST)
    nearness = np.clip((np.squeeze(inverse) - low) / max(high - low, 1e-6), 0.0, 1.0)
    return cv2.resize(nearness.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
