"""One palette for a whole clip, and a quick exact map from colours to its entries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from pipelines.arrays import Image, Plane

COLOURS = 255
"""The 256th entry is transparent: it says "as before" in a difference frame."""

_BITS = 6
_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.int16)


def choose_palette(samples: list[Image]) -> NDArray[np.uint8]:
    """Return (255, 3) colours for ``samples``: median cut, then refined by k-means.

    Source: Heckbert, "Color image quantization for frame buffer display", SIGGRAPH 1982.
    """
    pixels = np.concatenate([sample[::2, ::2].reshape(-1, 3) for sample in samples])
    mosaic = Pillow.fromarray(pixels[None])
    chosen = mosaic.quantize(
        COLOURS, Pillow.Quantize.MEDIANCUT, kmeans=2, dither=Pillow.Dither.NONE
    )
    colours = np.array((chosen.getpalette() or [])[: 3 * COLOURS], np.uint8).reshape(-1, 3)
    return np.concatenate([colours, np.repeat(colours[-1:], COLOURS - len(colours), axis=0)])


class Quantiser:
    """Maps pictures to palette entries with an ordered dither that stays still on the screen.

    A screen-fixed pattern depends on place and colour alone, so equal pixels stay equal from frame
    to frame and drop out of a difference frame, and the seam is a step like any other.
    """

    def __init__(self, palette: NDArray[np.uint8], strength: float = 5.0) -> None:
        self._nearest = _nearest_table(palette)
        self._pattern = np.rint((_BAYER / 15.0 - 0.5) * strength).astype(np.int32)

    def indices(self, image: Image) -> Plane:
        """Return (height, width) uint8 entries for an sRGB picture."""
        height, width = image.shape[:2]
        tiles = (height // 4 + 1, width // 4 + 1)
        pattern = np.tile(self._pattern, tiles)[:height, :width, None]
        cells = np.clip(image + pattern, 0, 255) >> (8 - _BITS)
        key = (cells[..., 0] << 2 * _BITS) | (cells[..., 1] << _BITS) | cells[..., 2]
        return self._nearest[key]


def _nearest_table(palette: NDArray[np.uint8]) -> Plane:
    """Entry nearest to the middle of each cell of a 64×64×64 cube of colours.

    The distance weighs green double and red and blue once, as eyes roughly do.
    """
    step = 1 << (8 - _BITS)
    middles = np.arange(1 << _BITS, dtype=np.float32) * step + (step - 1) / 2
    weights = np.sqrt(np.array([1.0, 2.0, 1.0], np.float32))
    colours = palette.astype(np.float32) * weights
    table = np.empty((len(middles),) * 3, np.uint8)
    green, blue = np.meshgrid(middles, middles, indexing="ij")
    for index, red in enumerate(middles):
        cell = np.stack([np.full_like(green, red), green, blue], axis=-1).reshape(-1, 3) * weights
        distance = (colours**2).sum(axis=1) - 2 * cell @ colours.T
        table[index] = distance.argmin(axis=1).reshape(green.shape)
    return table.ravel()
