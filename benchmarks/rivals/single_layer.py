"""2.5D as it is usually done: one ``cv2.remap`` a frame, the whole picture one rubber sheet.

No true parallax: edges stretch, nothing is uncovered. Run as
``python -m benchmarks.rivals.single_layer STILL NEARNESS OUT``.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks.rivals.encode_alone import encode
from benchmarks.stills import COUNT, FRAME

REACH = 24.0
"""Pixels by which the nearest point swings to either side."""


def frames(still: Path, nearness: Path) -> Iterator[np.ndarray]:
    """Yield the I420 frames of a sideways swing."""
    picture = cv2.imread(str(still), cv2.IMREAD_COLOR)
    picture = cv2.resize(picture, FRAME, interpolation=cv2.INTER_AREA)
    picture = cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA)
    depth = cv2.imread(str(nearness), cv2.IMREAD_GRAYSCALE)
    depth = cv2.resize(depth, FRAME).astype(np.float32) / 255
    columns, rows = np.meshgrid(*(np.arange(side, dtype=np.float32) for side in FRAME))
    for index in range(COUNT):
        swing = REACH * math.sin(2 * math.pi * index / COUNT)
        x = cv2.addWeighted(columns, 1.0, depth, swing, 0.0)
        warped = cv2.remap(picture, x, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        yield cv2.cvtColor(warped, cv2.COLOR_BGRA2YUV_I420)


if __name__ == "__main__":
    encode(frames(Path(sys.argv[1]), Path(sys.argv[2])), Path(sys.argv[3]))
