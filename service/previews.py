"""A rough look at unfinished work, as a picture file that is replaced again and again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import InvalidInput

if TYPE_CHECKING:
    from pipelines.arrays import Image
    from pipelines.context import PreviewListener

SUFFIXES = (".jpg", ".png")

LEAST_SIDE = 512
"""Pixels along the longer side that a preview is enlarged to: some have one for each latent."""


def into_file(path: Path) -> PreviewListener:
    """Return a listener that keeps the last preview in ``path``; the file is whole at any time.

    Raises:
        InvalidInput: a suffix of another kind of file.
    """
    if path.suffix not in SUFFIXES:
        raise InvalidInput(
            f"a preview cannot be written as {path.name!r}",
            actual=path.suffix,
            allowed=", ".join(SUFFIXES),
            fix="give --preview such a name",
        )

    def show(picture: Image) -> None:
        from pipelines.files import write_bytes
        from pipelines.pictures import encoded

        write_bytes(path, encoded(_enlarged(picture), path.suffix))

    return show


def _enlarged(picture: Image) -> Image:
    import cv2
    import numpy as np

    scale = LEAST_SIDE / max(picture.shape[:2])
    if scale <= 1:
        return picture
    larger = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return np.asarray(larger, np.uint8)
