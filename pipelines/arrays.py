"""The array types every room speaks, and their checks.

| type     | dtype   | shape                      | meaning                                  |
|----------|---------|----------------------------|------------------------------------------|
| `Image`  | uint8   | (height, width, 3)         | sRGB                                     |
| `ImageF` | float32 | (height, width, 3)         | 0..1, linear or sRGB as the name says    |
| `Mask`   | float32 | (height, width)            | coverage 0..1, 1 = subject               |
| `Depth`  | float32 | (height, width)            | nearness 0..1, 1 = nearest               |
| `Frames` | uint8   | (frames, height, width, 3) | sRGB                                     |
| `Plane`  | uint8   | (height, width)            | one 8-bit channel, grey or luma          |
| `Region` | bool    | (height, width)            | which pixels are meant                   |
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Image: TypeAlias = NDArray[np.uint8]
ImageF: TypeAlias = NDArray[np.float32]
Mask: TypeAlias = NDArray[np.float32]
Depth: TypeAlias = NDArray[np.float32]
Frames: TypeAlias = NDArray[np.uint8]
Plane: TypeAlias = NDArray[np.uint8]
Region: TypeAlias = NDArray[np.bool_]
Matrix: TypeAlias = NDArray[np.float64]


def check_image(array: NDArray[Any], name: str = "image") -> None:
    """Raise TypeError unless ``array`` is an `Image`: (height, width, 3) uint8."""
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        raise TypeError(f"{name} must be (height, width, 3) uint8, not {array.shape} {array.dtype}")


def check_map(array: NDArray[Any], shape: tuple[int, int], name: str = "map") -> None:
    """Raise TypeError unless ``array`` is a `Mask` or `Depth` of ``shape`` (height, width)."""
    if array.dtype != np.float32 or array.shape != shape:
        raise TypeError(f"{name} must be {shape} float32, not {array.shape} {array.dtype}")
