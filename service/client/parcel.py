"""What travels with an order: the recipe without the files of this machine, and those files."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from pipelines.errors import InvalidRecipe
from pipelines.source import decode
from service.client.connection import Parts

FILES: Mapping[str, tuple[str, ...]] = {
    "mask": ("mask",),
    "depth": ("depth",),
    "motion_mask": ("motion", "mask"),
    "reference": ("look", "reference"),
}
"""Field of the form → the place in a recipe whose file it is."""


def parcel(recipe: Mapping[str, Any], still: Path) -> tuple[dict[str, Any], Parts]:
    """Return the recipe as the service takes it, and the form's files: the still, then the others.

    Args:
        recipe: a RenderSpec as JSON, perhaps with more keys.
        still: its file.

    Raises:
        InvalidSource: the still cannot be read or used; said before anything is sent.
        InvalidRecipe: the recipe names a file that cannot be read.
    """
    decode(still)
    sent = deepcopy(dict(recipe))
    parts: Parts = [("source", (still.name, _read(still, "source")))]
    for field, (*above, last) in FILES.items():
        place = sent
        for key in above:
            place = place.get(key, {})
        if place.get(last) is not None:
            path = Path(place.pop(last))
            parts.append((field, (path.name, _read(path, field))))
    return sent, parts


def _read(path: Path, field: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidRecipe(
            f"the file {path} of {field} cannot be read ({error.strerror})",
            actual=str(path),
            fix="give the path of a picture",
        ) from error
