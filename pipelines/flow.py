"""Dense optical flow, by one method for everybody who measures motion or carries pixels along it.

Source: Kroeger, Timofte, Dai, Van Gool, "Fast Optical Flow using Dense Inverse Search", ECCV 2016,
as OpenCV computes it.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Plane

Flow = NDArray[np.float32]
"""(height, width, 2) displacement in pixels, x then y."""

_PRESETS = {
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}


def dense_flow(first: Plane, second: Plane, preset: Literal["fast", "medium"] = "fast") -> Flow:
    """Return the flow that carries ``first`` to ``second``, (height, width) uint8 each.

    The same for the same planes: a method keeps what it chose for smaller pictures that it saw
    before, and so is made anew each time.
    """
    flow: Flow = cv2.DISOpticalFlow.create(_PRESETS[preset]).calc(first, second, None)
    return flow
