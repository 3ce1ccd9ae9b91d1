"""Saliency by U²-Net's small network (Qin et al., Pattern Recognition 2020)."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import Image, Mask
from pipelines.context import Context
from pipelines.models import locate, open_session

NAME = "u2netp"
SIDE = 320
"""The square the network was trained on; stills are squeezed into it, as in its own demo."""

_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


def saliency(image: Image, context: Context) -> Mask:
    """Return (320, 320) float32: how sure the network is, 0..1, that a pixel is the subject.

    Raises:
        MissingModel: its weights are not in the store.
        MissingCapability: the weights are damaged.
    """
    session = open_session(locate(NAME, context.models_dir))
    small = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    scaled = (small / max(float(small.max()), 1.0) - _MEAN) / _DEVIATION
    batch = np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])
    first = session.get_outputs()[0].name  # the fused map; the other six are side outputs
    result = np.asarray(session.run([first], {session.get_inputs()[0].name: batch})[0])
    return np.ascontiguousarray(result[0, 0], np.float32)
