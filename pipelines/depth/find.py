"""Chooses where depth comes from and keeps it by the source's hash."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from pipelines.arrays import Depth, Image
from pipelines.cache import cached
from pipelines.context import Context
from pipelines.depth.estimate import estimate_nearness, estimator_path
from pipelines.depth.file import read_depth
from pipelines.depth.proxy import VERSION, build_proxy
from pipelines.media import DepthMap, Subject

WORKING_SIDE = 768
"""Longest side, in pixels, at which depth is made and kept; smooth by nature, so enough."""


def find_depth(
    pixels: Image,
    subject: Subject,
    context: Context,
    *,
    key: str,
    depth_file: Path | None = None,
) -> DepthMap:
    """Return the nearness of each pixel of a still.

    The file wins; else the estimator when its weights are in the model store; else the layered
    proxy, which stands the subject on a ground before a backdrop.

    Args:
        pixels: (height, width, 3) uint8 sRGB.
        subject: mask of the same size.
        context: the job.
        key: hash of the pixels and the mask, under which the result is kept.
        depth_file: 8/16-bit PNG or TIFF, or NPY.

    Raises:
        InvalidDepth: the file does not fit.
    """
    height, width = pixels.shape[:2]
    if depth_file is not None:
        return DepthMap(read_depth(depth_file, (height, width)), "file")
    weights = estimator_path(context.models_dir)
    scale = min(1.0, WORKING_SIDE / max(height, width))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    if weights is not None:
        kept = cached(
            context.cache_dir,
            ("depth-anything-v2-small", key, small),
            lambda: {"nearness": _pack(estimate_nearness(pixels, weights, small))},
        )
        return DepthMap(_unpack(kept["nearness"], (width, height)), "depth-anything-v2-small")
    mask = cv2.resize(subject.mask, small, interpolation=cv2.INTER_AREA)

    def compute() -> dict[str, np.ndarray]:
        nearness, horizon = build_proxy(mask)
        return {"nearness": _pack(nearness), "horizon": np.array(horizon / small[1])}

    kept = cached(context.cache_dir, ("proxy", VERSION, key, small), compute)
    horizon = float(kept["horizon"]) * height
    return DepthMap(_unpack(kept["nearness"], (width, height)), "proxy", horizon)


def _pack(nearness: Depth) -> np.ndarray:
    return (np.clip(nearness, 0.0, 1.0) * 65535.0 + 0.5).astype(np.uint16)


def _unpack(stored: np.ndarray, size: tuple[int, int]) -> Depth:
    grown = cv2.resize(stored, size, interpolation=cv2.INTER_LINEAR)
    return np.multiply(grown, np.float32(1 / 65535), dtype=np.float32)
