"""All drafts on one picture: a strip of frames each, with its number and what it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipelines.arrays import Image
from pipelines.report.exploration import Tile

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

PAPER, INK, FAINT = (24, 24, 26), (240, 240, 240), (160, 160, 165)
FRAME_HEIGHT = 300
"""Pixels of a frame on the sheet."""
GAP, CAPTION, BORDER = 3, 40, 24
"""Pixels between frames, under a strip, and between strips."""
SHAPE = 1.4
"""Width over height that the sheet comes close to."""


def draw_sheet(tiles: Sequence[Tile]) -> Image:
    """Return the sheet, (height, width, 3) uint8 sRGB, of tiles of equal size."""
    from PIL import Image as Pillow
    from PIL import ImageDraw

    strips = [_strip(tile.frames) for tile in tiles]
    height, width = strips[0].shape[:2]
    cell = (width + BORDER, height + CAPTION + BORDER)
    columns = _columns(len(tiles), *cell)
    rows = math.ceil(len(tiles) / columns)
    size = (columns * cell[0] + BORDER, rows * cell[1] + BORDER)
    sheet = Pillow.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(sheet)
    for index, (tile, strip) in enumerate(zip(tiles, strips, strict=True)):
        left = BORDER + index % columns * cell[0]
        top = BORDER + index // columns * cell[1]
        sheet.paste(Pillow.fromarray(strip), (left, top))
        _caption(pen, left, top + height + 8, tile, width)
    return np.asarray(sheet, np.uint8)


def _strip(frames: Sequence[Image]) -> Image:
    height, width = frames[0].shape[:2]
    size = (max(1, round(width * FRAME_HEIGHT / height)), FRAME_HEIGHT)
    small = [cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames]
    gap = np.full((FRAME_HEIGHT, GAP, 3), PAPER, np.uint8)
    parts = [part for frame in small for part in (frame, gap)]
    return np.asarray(np.hstack(parts[:-1]), np.uint8)


def _columns(count: int, width: int, height: int) -> int:
    ideal = math.sqrt(count * SHAPE * height / width)
    return max(1, min(count, round(ideal)))


def _caption(pen: ImageDraw, left: int, top: int, tile: Tile, width: int) -> None:
    from PIL import ImageFont

    pen.text((left, top), tile.name, fill=INK, font=ImageFont.load_default(24))
    indent = left + 16 + int(pen.textlength(tile.name, font=ImageFont.load_default(24)))
    size = 20.0
    while size > 9 and indent + pen.textlength(tile.title, font=ImageFont.load_default(size)) > (
        left + width
    ):
        size -= 1
    pen.text((indent, top + 24 - size), tile.title, fill=FAINT, font=ImageFont.load_default(size))
