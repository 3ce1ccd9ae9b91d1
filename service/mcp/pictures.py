"""Pictures for review: small enough to be looked at within a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from pipelines.explore import MOMENTS, SHEET
from pipelines.report import Tile, draw_sheet
from pipelines.video import read_footage

LONGEST_SIDE = 1568
"""Pixels; what is larger is made smaller by those who look at it."""

QUALITY = 85
MOST_MEMORY = 2 * 2**30
WATCHED_SECONDS = 60.0
"""Of a file: the longest loop."""

FILMS = (".mp4", ".gif")


def review(report: Mapping[str, Any], folder: Path) -> list[tuple[str, bytes]]:
    """Return what is to be looked at, each with its caption: JPEG bytes.

    Args:
        report: of the job whose files lie in ``folder``.
        folder: holds them.
    """
    if "drafts" in report:
        with Image.open(folder / SHEET) as sheet:
            return [("All drafts, each with its number and four moments.", _jpeg(sheet))]
    with Image.open(folder / "poster.jpg") as poster:
        shown = [("The poster: the loop's first frame.", _jpeg(poster))]
    names = [str(each["path"]) for each in report["artifacts"]]
    films = [name for name in names if name.endswith(FILMS)]
    return [*shown, *(_strip(folder, name) for name in films[:1])]


def _strip(folder: Path, name: str) -> tuple[str, bytes]:
    """Show a file's frames at four moments side by side."""
    frames = read_footage(folder / name, WATCHED_SECONDS, MOST_MEMORY).frames
    moments = [frames[int(moment * len(frames))] for moment in MOMENTS]
    sheet = Image.fromarray(draw_sheet([Tile("", name, moments)]))
    caption = ", ".join(f"{moment:.0%}" for moment in MOMENTS)
    return f"Frames of {name} at {caption} of the file.", _jpeg(sheet)


def _jpeg(picture: Image.Image) -> bytes:
    small = picture.convert("RGB")
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    buffer = BytesIO()
    small.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
