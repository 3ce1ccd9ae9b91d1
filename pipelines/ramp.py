"""The curve by which one thing gives way to another."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def eased(ramp: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Return smoothstep of a ramp: 0 below 0, 1 above 1, level at both ends; float32.

    >>> eased(np.array([-1.0, 0.25, 0.5, 2.0])).tolist()
    [0.0, 0.15625, 0.5, 1.0]
    """
    t = np.clip(ramp, 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
