"""Reads a depth map from a file: nearness, white = nearest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Depth
from pipelines.errors import InvalidDepth

KINDS = "8 or 16-bit PNG or TIFF, float TIFF, or NPY, one channel, white (large) = nearest"
ASPECT_TOLERANCE = 0.01


def read_depth(path: Path, shape: tuple[int, int] | None = None) -> Depth:
    """Read a nearness map and fit it to a still.

    Integer files span their type's range; float files must hold 0..1 (or are scaled by their
    maximum when that is above 1, as raw disparity is).

    Args:
        path: 8/16-bit PNG or TIFF, float TIFF, NPY.
        shape: (height, width) of the still; another size of the same aspect is resampled. None
            takes the file as it is.

    Returns:
        (height, width) float32, 1 = nearest.

    Raises:
        InvalidDepth: unreadable, wrong shape, or values that are not finite numbers >= 0.
    """
    values = _load(path)
    if values.ndim == 3 and np.all(values[..., :1] == values[..., :3]):
        values = values[..., 0]
    if values.ndim != 2:
        raise _refused(path, f"has shape {values.shape}", values.shape)
    nearness = _scaled(values, path)
    height, width = shape or nearness.shape
    if nearness.shape != (height, width):
        aspect = (nearness.shape[1] / nearness.shape[0]) / (width / height)
        if abs(aspect - 1) > ASPECT_TOLERANCE:
            size = f"{nearness.shape[1]}x{nearness.shape[0]}"
            raise InvalidDepth(
                f"the depth map {path.name} is {size} but the still is {width}x{height}",
                actual=size,
                allowed="the still's size, or another size of the same aspect",
                fix="export the depth map from the same picture",
            )
        nearness = cv2.resize(nearness, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(nearness, np.float32)


def _load(path: Path) -> NDArray[Any]:
    if not path.is_file():
        raise InvalidDepth(
            f"the depth map {path} is not there",
            actual=str(path),
            allowed=KINDS,
            fix="check the path given with --depth",
        )
    try:
        if path.suffix.lower() == ".npy":
            return np.asarray(np.load(path, allow_pickle=False))
        image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    except (ValueError, OSError, EOFError, cv2.error) as error:
        raise _refused(path, "cannot be read", str(error)) from error
    if image is None:
        raise _refused(path, "cannot be read", path.suffix)
    return np.asarray(image)


def _scaled(values: NDArray[Any], path: Path) -> Depth:
    if np.issubdtype(values.dtype, np.unsignedinteger):
        return (values / np.float32(np.iinfo(values.dtype).max)).astype(np.float32)
    if not np.issubdtype(values.dtype, np.number) or np.iscomplexobj(values):
        raise _refused(path, f"holds {values.dtype}", str(values.dtype))
    if not np.isfinite(values).all():
        bad = int(np.count_nonzero(~np.isfinite(values)))
        raise InvalidDepth(
            f"the depth map {path.name} holds {bad} values that are not numbers",
            actual=bad,
            allowed="finite numbers from 0 to 1, 1 = nearest",
            fix="fill the holes before you export it",
        )
    if values.min() < 0:
        raise _refused(path, f"holds negative values (lowest {values.min():g})", values.min())
    return (values / max(float(values.max()), 1.0)).astype(np.float32)


def _refused(path: Path, what: str, actual: object) -> InvalidDepth:
    return InvalidDepth(
        f"the depth map {path.name} {what}",
        actual=actual,
        allowed=KINDS,
        fix="export it as a grey picture",
    )
