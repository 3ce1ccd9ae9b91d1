"""Single pictures on disk. Quick compression: they are made beside the video, not instead of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from pipelines.arrays import Image
from pipelines.files import output_errors
from pipelines.media import Loop, Still

PNG_LEVEL = 1
"""Of 9; the higher ones take ten times as long for a tenth of the bytes."""

JPEG_QUALITY = 92


def save_png(path: Path, image: Image) -> None:
    """Write (height, width, 3) uint8 sRGB as PNG; its folder must be there."""
    _save(path, encoded(image, ".png"))


def save_jpeg(path: Path, image: Image) -> None:
    """Write (height, width, 3) uint8 sRGB as JPEG; its folder must be there."""
    _save(path, encoded(image, ".jpg"))


def save_stills(folder: Path, still: Still, size: tuple[int, int] | None = None) -> None:
    """Write ``still.png``, and every variation of it into ``stills/`` where there are several.

    Args:
        folder: must be there.
        still: what stage one made.
        size: (width, height) to enlarge to, where the still was worked on smaller.
    """
    save_png(folder / "still.png", _enlarged(still.pixels, size))
    if still.variations:
        (folder / "stills").mkdir()
    for index, image in enumerate(still.variations):
        save_png(folder / "stills" / f"{index:02}.png", _enlarged(image, size))


def _enlarged(image: Image, size: tuple[int, int] | None) -> Image:
    if size is None:
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LANCZOS4), np.uint8)


def encoded(image: Image, suffix: str) -> bytes:
    """Return the bytes of a ``.png`` or ``.jpg`` file."""
    options = {
        ".png": [
            *(cv2.IMWRITE_PNG_COMPRESSION, PNG_LEVEL),
            *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP),
            *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
        ],
        ".jpg": [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY],
    }
    _, data = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options[suffix])
    return data.tobytes()


def recorded(loop: Loop, folder: Path) -> Loop:
    """Return the same loop; each frame is also saved as ``0000.png …`` when it is rendered."""
    folder.mkdir()

    def frame(index: int) -> Image:
        pixels = loop.clip.render(index)
        if not (path := folder / f"{index:04}.png").exists():
            save_png(path, pixels)
        return pixels

    return replace(loop, clip=replace(loop.clip, render=frame, twins=()))


def _save(path: Path, data: bytes) -> None:
    with output_errors(path.parent):
        path.write_bytes(data)
