"""A larger canvas for a still that is painted on paper: more of the bare paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image
from pipelines.encode.grow import NO_MARGINS, Extend, Margins, with_margins
from pipelines.media import BARE_RIM, Still


def lay_on_paper(
    still: Still,
    paper: Callable[[int, int], Image],
    margins: Margins,
    extend: Extend,
    slack: int,
) -> Still:
    """Lay the still on a larger piece of its paper.

    Args:
        still: what is laid.
        paper: its `Still.paper`.
        margins: pixels that the frame needs.
        extend: how the picture before the look goes on there: below full strength it shows through.
        slack: pixels added to the margins all round, for a moving camera to look at.
    """
    width, height = still.size
    wide = margins.widened(slack)
    strength = np.float32(still.strength)
    painted = still.pixels.astype(np.float32)
    canvas = strength * paper(height + wide.top + wide.bottom, width + wide.left + wide.right)
    inside = canvas[wide.top : wide.top + height, wide.left : wide.left + width]
    if strength == 1 or still.before is None:
        inside[:] = _joined(painted, inside)
    else:
        inside[:] = _joined(painted - (1 - strength) * still.before, inside)
        photograph = extend(replace(still, pixels=still.before), margins).pixels
        around = NO_MARGINS.widened(slack).around()
        canvas += (1 - strength) * cv2.copyMakeBorder(photograph, *around, cv2.BORDER_REFLECT)
    return with_margins(still, np.clip(np.rint(canvas), 0, 255).astype(np.uint8), wide)


def _joined(painted: NDArray[np.float32], sheet: NDArray[np.float32]) -> NDArray[np.float32]:
    """What is painted, its grain giving way, within the bare rim, to that of the sheet.

    The weights keep the grain's variance: neither a line nor a calm band shows.
    """
    height, width = painted.shape[:2]
    rows, columns = (
        np.minimum(np.arange(side), np.arange(side)[::-1]).astype(np.float32) + np.float32(0.5)
        for side in (height, width)
    )
    inset = np.minimum(rows[:, None], columns) / np.float32(BARE_RIM * min(height, width))
    turn = np.clip(inset, 0, 1)[..., None] * np.float32(np.pi / 2)
    tone = sheet.mean(axis=(0, 1))
    return tone + np.sin(turn) * (painted - tone) + np.cos(turn) * (sheet - tone)
