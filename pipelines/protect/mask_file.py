"""A mask that a person drew: white is what it marks."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image as PillowImage
from PIL import ImageOps

from pipelines.arrays import Mask
from pipelines.errors import InvalidMask
from pipelines.quiet import without_warnings

SUBJECT = "the subject is"
MOTION = "things may move"
"""What masks mark, as it stands after "white where"."""

_FORMATS = ("PNG", "TIFF", "BMP", "JPEG", "WEBP", "GIF")
_SAME_ASPECT = 0.01
_MAX_PIXELS = 64_000_000


def read_mask(path: Path, size: tuple[int, int], marks: str = SUBJECT) -> Mask:
    """Return coverage (height, width) float32 0..1 at ``size`` (width, height).

    A cut-out's alpha channel counts where the file has one, its brightness otherwise. ``marks`` is
    what white means, for whoever has to mend the file.

    Raises:
        InvalidMask: it cannot be read, is of another aspect than the still, or is all black.
    """
    with without_warnings():
        coverage = _read(path, marks)
    height, width = coverage.shape
    if abs((width / height) / (size[0] / size[1]) - 1) > _SAME_ASPECT:
        raise InvalidMask(
            f"{path.name} is {width} × {height} pixels but the still is {size[0]} × {size[1]}",
            actual=(width, height),
            allowed="the still's size, or the same shape at another size",
            fix="export the mask from the still itself",
        )
    if coverage.max() < 0.5:
        raise InvalidMask(
            f"{path.name} is black everywhere",
            actual=float(coverage.max()),
            allowed=f"white where {marks}",
            fix=f"paint white where {marks}, or leave the mask out",
        )
    return _fit(coverage, size)


def _fit(coverage: Mask, size: tuple[int, int]) -> Mask:
    if (coverage.shape[1], coverage.shape[0]) == size:
        return coverage
    shrinking = coverage.shape[1] > size[0]
    method = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(coverage, size, interpolation=method), np.float32)


def _read(path: Path, marks: str) -> Mask:
    try:
        with PillowImage.open(path, formats=_FORMATS) as picture:
            if picture.width * picture.height > _MAX_PIXELS:
                raise ValueError("too many pixels")
            upright = ImageOps.exif_transpose(picture)
            return _coverage(upright)
    except OSError as error:
        raise _unreadable(path, error.strerror or "not an image of these formats", marks) from error
    except Exception as error:  # hostile bytes can make a codec raise anything
        raise _unreadable(path, "damaged, or far too large", marks) from error


def _coverage(picture: PillowImage.Image) -> Mask:
    if picture.mode.startswith("I;16"):
        return np.asarray(picture, np.uint16).astype(np.float32) / np.float32(65535)
    if picture.has_transparency_data:
        alpha = np.asarray(picture.convert("RGBA").getchannel("A"))
        if alpha.min() < 255:
            return alpha.astype(np.float32) / np.float32(255)
    if picture.mode in ("I", "F"):
        raise ValueError("32-bit samples")
    return np.asarray(picture.convert("L")).astype(np.float32) / np.float32(255)


def _unreadable(path: Path, reason: str, marks: str) -> InvalidMask:
    return InvalidMask(
        f"the mask {path} cannot be read ({reason})",
        actual=str(path),
        allowed=f"a grey 8- or 16-bit PNG, TIFF, BMP, JPEG or WebP, white where {marks}",
        fix="check the path, or export the mask again",
    )
