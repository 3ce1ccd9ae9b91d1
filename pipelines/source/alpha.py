"""A cut-out's alpha channel: when it is worth keeping, and what is shown behind it."""

from __future__ import annotations

import numpy as np
from PIL import Image as PillowImage

from pipelines import colour
from pipelines.arrays import Image, Mask
from pipelines.errors import InvalidSource

STUDIO_TONE = (243, 242, 239)
"""sRGB of the plain studio paper behind a cut-out, a little warm and short of white."""

ON_STUDIO_TONE = (
    "the still has transparent parts: they are shown on a plain studio tone until a backdrop "
    "is chosen"
)

_CLEAR, _SOLID = 0.05, 0.95
_USEFUL_SHARE = 0.001


def read_alpha(picture: PillowImage.Image, name: str) -> Mask | None:
    """Return coverage (height, width) float32 0..1, or None when every pixel is opaque.

    Raises:
        InvalidSource: nothing is visible.
    """
    if not picture.has_transparency_data:
        return None
    levels = np.asarray(picture.convert("RGBA").getchannel("A"))
    if levels.min() == 255:
        return None
    alpha = levels.astype(np.float32) / np.float32(255)
    if alpha.max() < _CLEAR:
        raise InvalidSource(
            f"{name} is transparent everywhere",
            actual=float(alpha.max()),
            allowed="a still with something to see",
            fix="export it again with its layers visible",
        )
    return alpha


def is_cutout(alpha: Mask) -> bool:
    """Whether some pixels are clear and some solid, so that alpha says where the subject is."""
    clear = float(np.mean(alpha <= _CLEAR))
    solid = float(np.mean(alpha >= _SOLID))
    return min(clear, solid) >= _USEFUL_SHARE


def on_studio_tone(pixels: Image, alpha: Mask) -> Image:
    """Lay ``pixels`` over `STUDIO_TONE` in linear light (Porter and Duff 1984, "over").

    Whatever colour an editor left under full transparency is gone from the result.
    """
    shown = pixels.copy()
    shown[alpha <= 0] = STUDIO_TONE
    partial = (alpha > 0) & (alpha < 1)
    coverage = alpha[partial][:, None]
    tone = colour.decode(np.array(STUDIO_TONE, np.uint8))
    shown[partial] = colour.encode(
        colour.decode(pixels[partial]) * coverage + tone * (1 - coverage)
    )
    return shown
