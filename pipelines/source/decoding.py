"""Bytes of a still → :class:`pipelines.media.Source`, trusting nothing but the content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageOps, UnidentifiedImageError

from pipelines.arrays import Mask
from pipelines.errors import InvalidSource
from pipelines.media import Source
from pipelines.quiet import without_warnings
from pipelines.source import limits
from pipelines.source.alpha import ON_STUDIO_TONE, is_cutout, on_studio_tone, read_alpha
from pipelines.source.colours import to_srgb

SUFFIXES: dict[str, tuple[str, ...]] = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png", ".apng"),
    "WEBP": (".webp",),
    "AVIF": (".avif",),
    "HEIF": (".heic", ".heif", ".hif"),
    "TIFF": (".tif", ".tiff"),
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
}
"""Formats that are taken, by Pillow's name, and the suffixes they go by."""

FORMAT_WORDS = "JPEG, PNG, WebP, AVIF, HEIC, TIFF, BMP or GIF"


def decode(source: Path | bytes) -> Source:
    """Return the upright sRGB picture of a file or of its bytes.

    Content decides: a wrong suffix, an animation or a damaged colour profile is a warning.

    Raises:
        InvalidSource: missing, not a file, unreadable, empty, damaged, not an image of an allowed
            format, outside the limits of :mod:`pipelines.source.limits`, or wholly transparent.
    """
    name = source.name if isinstance(source, Path) else "the still"
    data = _read(source) if isinstance(source, Path) else source
    limits.check_bytes(len(data), name)
    with without_warnings():
        picture, notes = _open(data, name)
        suffix = source.suffix.lower() if isinstance(source, Path) else ""
        notes += _suffix_notes(_format(picture), suffix, name)
        upright, turn_notes = _upright(picture)
        with _damage_is_invalid(name):
            alpha = read_alpha(upright, name)
            coloured, colour_notes = to_srgb(upright, name)
            pixels = np.asarray(coloured)
    notes += turn_notes + colour_notes
    if alpha is not None:
        pixels = on_studio_tone(pixels, alpha)
        notes.append(ON_STUDIO_TONE)
    return Source(
        pixels=pixels,
        alpha=_cutout(alpha),
        sha256=hashlib.sha256(data).hexdigest(),
        format=_format(picture),
        file=source if isinstance(source, Path) else None,
        warnings=tuple(notes),
    )


def _read(path: Path) -> bytes:
    try:
        if problem := _path_problem(path):
            raise _unreadable(path, problem)
        limits.check_bytes(path.stat().st_size, path.name)
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, f"cannot be read ({error.strerror})") from error


def _path_problem(path: Path) -> str:
    if path.is_file():
        return ""
    if path.is_dir():
        return "is a folder"
    return "is not a plain file" if path.exists() else "does not exist"


def _unreadable(path: Path, problem: str) -> InvalidSource:
    return InvalidSource(
        f"{path} {problem}",
        actual=str(path),
        allowed=f"a {FORMAT_WORDS} file",
        fix="check the path of the still",
    )


def _open(data: bytes, name: str) -> tuple[PillowImage.Image, list[str]]:
    """Return the decoded first frame, its size checked from the header, and warnings."""
    formats = [name for name in SUFFIXES if name != "HEIF"]
    if data[4:8] == b"ftyp":  # ISO 14496-12: only such a file is worth loading the plug-in for
        _register_heif()
        formats.append("HEIF")
    try:
        picture = PillowImage.open(BytesIO(data), formats=formats)
    except PillowImage.DecompressionBombError as error:
        raise limits.too_many_pixels(name, "far too many pixels") from error
    except UnidentifiedImageError as error:
        raise _not_an_image(name) from error
    except Exception as error:  # a hostile header can make a plug-in raise anything
        raise _damaged(name) from error
    limits.check_size(*picture.size, name)
    with _damage_is_invalid(name):
        notes = _frame_notes(picture)
        picture.load()
    return picture, notes


def _upright(picture: PillowImage.Image) -> tuple[PillowImage.Image, list[str]]:
    try:
        ImageOps.exif_transpose(picture, in_place=True)
        return picture, []
    except Exception:  # a damaged EXIF block can make its reader raise anything
        return picture, ["the still's EXIF block is damaged: its orientation was ignored"]


def _frame_notes(picture: PillowImage.Image) -> list[str]:
    count = getattr(picture, "n_frames", 1)
    if count == 1 or picture.format == "MPO":
        return []
    if picture.format in ("TIFF", "HEIF"):
        return [f"the file holds {count} pictures: the first is used"]
    return [f"the file is an animation of {count} frames: the first is used"]


def _suffix_notes(kind: str, suffix: str, name: str) -> list[str]:
    if not suffix or suffix in SUFFIXES[kind]:
        return []
    return [f"{name} is a {kind} file in spite of its name: read as {kind}"]


def _format(picture: PillowImage.Image) -> str:
    """Return Pillow's name; MPO is a phone's JPEG with a second picture behind the first."""
    return "JPEG" if picture.format == "MPO" else str(picture.format)


def _cutout(alpha: Mask | None) -> Mask | None:
    return alpha if alpha is not None and is_cutout(alpha) else None


@contextmanager
def _damage_is_invalid(name: str) -> Iterator[None]:
    try:
        yield
    except InvalidSource:
        raise
    except Exception as error:  # hostile bytes can make a codec raise anything
        raise _damaged(name) from error


def _not_an_image(name: str) -> InvalidSource:
    return InvalidSource(
        f"{name} is not an image this program reads",
        actual=name,
        allowed=FORMAT_WORDS,
        fix="export the still as JPEG or PNG",
    )


def _damaged(name: str) -> InvalidSource:
    return InvalidSource(
        f"{name} is damaged or cut short",
        actual=name,
        allowed=f"a complete {FORMAT_WORDS} file",
        fix="export or download the still again",
    )


@cache
def _register_heif() -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
