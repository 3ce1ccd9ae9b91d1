"""A file, or its bytes → the picture in it as it is stored, trusting nothing but the content.

Of libraries only Pillow is imported here, so that a still is being read before a program has
imported whatever will use it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image as PillowImage
from PIL import ImageFile, UnidentifiedImageError

from pipelines.errors import InvalidSource
from pipelines.quiet import without_warnings
from pipelines.source import limits

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

ImageFile.MAXBLOCK = 16 << 20
"""Bytes that Pillow takes or gives at a time. Its own 64 KB are copied twice for an array, and a
thread asks for the interpreter after each, while others import."""


@dataclass(frozen=True, eq=False)
class Opened:
    """The first picture of a file.

    Attributes:
        picture: in the mode it is stored in, not turned upright, every pixel loaded.
        name: what to call it in a sentence.
        sha256: of the file's bytes, in hexadecimal.
        file: where it came from, when from a file.
        notes: warnings so far.
    """

    picture: PillowImage.Image
    name: str
    sha256: str
    file: Path | None
    notes: tuple[str, ...]

    @property
    def format(self) -> str:
        """Pillow's name; MPO is a phone's JPEG with a second picture behind the first."""
        return _format(self.picture)


def open_still(source: Path | bytes) -> Opened:
    """Read a file, or its bytes, and load the picture in it.

    Content decides: a wrong suffix or an animation is a warning.

    Raises:
        InvalidSource: missing, not a file, unreadable, empty, damaged, not an image of an allowed
            format, or outside the limits of :mod:`pipelines.source.limits`.
    """
    file = source if isinstance(source, Path) else None
    name = "the still" if file is None else file.name
    data = _read(source) if isinstance(source, Path) else source
    limits.check_bytes(len(data), name)
    with without_warnings():
        picture, notes = _open(data, name)
    notes += _suffix_notes(_format(picture), "" if file is None else file.suffix.lower(), name)
    return Opened(picture, name, hashlib.sha256(data).hexdigest(), file, tuple(notes))


@contextmanager
def damage_is_invalid(name: str) -> Iterator[None]:
    """Turn whatever a codec raises on hostile bytes, which can be anything, into a refusal."""
    try:
        yield
    except InvalidSource:
        raise
    except Exception as error:
        raise _damaged(name) from error


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
    with damage_is_invalid(name):
        notes = _frame_notes(picture)
        picture.load()
    return picture, notes


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
    return "JPEG" if picture.format == "MPO" else str(picture.format)


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
