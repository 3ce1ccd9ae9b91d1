"""Bytes of a still → :class:`pipelines.media.Source`: upright, sRGB, its alpha as a cut-out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageOps

from pipelines.arrays import Mask
from pipelines.media import Source
from pipelines.quiet import without_warnings
from pipelines.source.alpha import ON_STUDIO_TONE, is_cutout, on_studio_tone, read_alpha
from pipelines.source.colours import to_srgb
from pipelines.source.opening import Opened, damage_is_invalid, open_still


def decode(source: Path | bytes) -> Source:
    """Return the upright sRGB picture of a file or of its bytes.

    Content decides: a wrong suffix, an animation or a damaged colour profile is a warning.

    Raises:
        InvalidSource: what `open_still` refuses, or a picture that is wholly transparent.
    """
    return develop(open_still(source))


def develop(opened: Opened) -> Source:
    """Return the upright sRGB picture of an opened still, which is closed: its memory is free.

    Raises:
        InvalidSource: damaged, wholly transparent, or of samples whose white is unknown.
    """
    with without_warnings():
        upright, turn_notes = _upright(opened.picture)
        with damage_is_invalid(opened.name):
            alpha = read_alpha(upright, opened.name)
            coloured, colour_notes = to_srgb(upright, opened.name)
            pixels = np.asarray(coloured)
    opened.picture.close()
    notes = [*opened.notes, *turn_notes, *colour_notes]
    if alpha is not None:
        pixels = on_studio_tone(pixels, alpha)
        notes.append(ON_STUDIO_TONE)
    return Source(
        pixels=pixels,
        alpha=_cutout(alpha),
        sha256=opened.sha256,
        format=opened.format,
        file=opened.file,
        warnings=tuple(notes),
    )


def _upright(picture: PillowImage.Image) -> tuple[PillowImage.Image, list[str]]:
    try:
        ImageOps.exif_transpose(picture, in_place=True)
        return picture, []
    except Exception:  # a damaged EXIF block can make its reader raise anything
        return picture, ["the still's EXIF block is damaged: its orientation was ignored"]


def _cutout(alpha: Mask | None) -> Mask | None:
    return alpha if alpha is not None and is_cutout(alpha) else None
