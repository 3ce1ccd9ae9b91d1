"""Synthetic stills with known answers."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import Depth, Image, Mask
from pipelines.media import DepthMap, Framing, Still, Subject


def textured(width: int, height: int, seed: int = 0, scale: float = 2.0) -> Image:
    """Band-limited colour noise: detailed, yet smooth enough to be resampled."""
    noise = np.random.default_rng(seed).normal(size=(height, width, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), scale) + cv2.GaussianBlur(noise, (0, 0), 8.0) * 3
    low, high = np.percentile(smooth, (0.1, 99.9))
    return np.clip((smooth - low) / (high - low) * 255, 0, 255).astype(np.uint8)


def disc(width: int, height: int, x: float, y: float, radius: float) -> Mask:
    """Anti-aliased coverage of a disc."""
    columns, rows = np.arange(width)[None, :], np.arange(height)[:, None]
    distance = np.hypot(columns - x, rows - y)
    return np.clip(radius + 0.5 - distance, 0, 1).astype(np.float32)


def make_still(pixels: Image, mask: Mask | None = None, nearness: Depth | None = None) -> Still:
    """Wrap arrays as a still; without nearness it is flat at one half."""
    shape = pixels.shape[:2]
    mask = np.zeros(shape, np.float32) if mask is None else mask
    flat = np.full(shape, 0.5, np.float32)
    depth = DepthMap(flat, "file") if nearness is None else DepthMap(nearness, "file")
    return Still(pixels, Subject(mask, "file"), depth)


def whole(still: Still) -> Framing:
    """The framing that shows all of a still."""
    width, height = still.size
    return Framing(0.0, 0.0, width, height, "whole")


def psnr(first: Image, second: Image) -> float:
    """Peak signal to noise ratio in dB."""
    error = np.mean((first.astype(float) - second.astype(float)) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-12)))
