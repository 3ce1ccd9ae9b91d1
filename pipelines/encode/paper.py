"""A larger canvas for a still that is painted on paper: more of the bare paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image
from pipelines.encode.grow import Margins, distance_outside, with_margins
from pipelines.media import BARE_RIM, Still


def extend_paper(
    still: Still,
    paper: Callable[[int, int], Image],
    margins: Margins,
    extend: Callable[[Still, Margins], Still],
) -> Still:
    """Lay the still on a larger piece of its paper.

    Within the width of its bare rim the rim's own grain, mirrored outwards, gives way to that of
    the larger piece, in weights that keep the grain's variance: no line and no calm band shows.

    Args:
        still: what is laid.
        paper: its `Still.paper`.
        margins: pixels to add.
        extend: how the picture before the look goes on; it shows through below full strength.
    """
    strength = np.float32(still.strength)
    laid = _bordered(still.pixels, margins)
    under: NDArray[np.float32] | np.float32 = np.float32(0)
    if still.before is not None and strength < 1:
        photograph = extend(replace(still, pixels=still.before), margins).pixels
        under = (1 - strength) * photograph.astype(np.float32)
        laid += under - (1 - strength) * _bordered(still.before, margins)
    sheet = strength * paper(*laid.shape[:2]).astype(np.float32)
    plain = under + sheet.mean(axis=(0, 1))
    sheet += under
    rim = np.float32(BARE_RIM * min(still.size))
    turn = np.clip(distance_outside(still.size, margins) / rim, 0, 1) * np.float32(np.pi / 2)
    weight_of_rim, weight_of_sheet = np.cos(turn)[..., None], np.sin(turn)[..., None]
    mixed = plain + weight_of_rim * (laid - plain) + weight_of_sheet * (sheet - plain)
    return with_margins(still, np.clip(np.rint(mixed), 0, 255).astype(np.uint8), margins)


def _bordered(pixels: Image, margins: Margins) -> NDArray[np.float32]:
    """The pixels, mirrored outwards."""
    framed = cv2.copyMakeBorder(pixels, *margins.around(), cv2.BORDER_REFLECT)
    return framed.astype(np.float32)
