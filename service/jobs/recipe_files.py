"""Files that a recipe names beside its still: a mask, a depth map, a plate, a reference.

On a person's own machine a recipe holds their paths. A service reads no paths: here it holds
``source:ID``, the name of a file that was sent, and whoever does the job lays the file out.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from pipelines.errors import InvalidRecipe
from service.storage.store import Storage

SOURCE = "source"
"""The role of a job's still, and its field in a form."""

PLACES: Mapping[str, tuple[str, ...]] = {
    "mask": ("mask",),
    "depth": ("depth",),
    "backdrop": ("backdrop",),
    "reference": ("look", "reference"),
    "motion_mask": ("motion", "mask"),
}
"""A file's role, which is also its field in a form → where a recipe names it."""

BACKDROPS = ("studio", "gradient")
"""Backdrops that are no files."""

PREFIX = "source:"

NUMPY = b"\x93NUMPY"
"""How a NumPy array in a file begins; its reader goes by the suffix."""


def name_of(source_id: str) -> str:
    """Return what a recipe calls a file that was sent."""
    return f"{PREFIX}{source_id}"


def written_at(recipe: Mapping[str, Any], role: str) -> object:
    """Return what a recipe holds at a role's place; None when nothing."""
    found: Any = recipe
    for key in PLACES[role]:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def laid_over(recipe: Mapping[str, Any], files: Mapping[str, object]) -> dict[str, Any]:
    """Return a recipe that says ``files``, role → what, at their places."""
    result = deepcopy(dict(recipe))
    for role, value in files.items():
        *above, last = PLACES[role]
        part = result
        for key in above:
            below = part.get(key)
            part[key] = part = {"name": below} if isinstance(below, str) else dict(below or {})
        part[last] = value
    return result


def ids_in(recipe: Mapping[str, Any]) -> dict[str, str]:
    """Return the files that a recipe names: role → id.

    Raises:
        InvalidRecipe: it names a file of some machine.
    """
    found = {role: written_at(recipe, role) for role in PLACES}
    if found["backdrop"] in BACKDROPS:
        found["backdrop"] = None
    return {role: _id(role, text) for role, text in found.items() if text is not None}


def local_files(recipe: Mapping[str, Any]) -> dict[str, Path]:
    """Return the files of this machine that a recipe names: role → path."""
    found = {role: written_at(recipe, role) for role in PLACES}
    return {
        role: Path(text)
        for role, text in found.items()
        if isinstance(text, str) and text not in BACKDROPS and not text.startswith(PREFIX)
    }


def lay_out(storage: Storage, ids: Mapping[str, str], folder: Path) -> dict[str, Path]:
    """Bring stored files into a folder, each under its role's name; return where they lie.

    Raises:
        KeyError: the storage has no such file.
    """
    return {role: _laid_out(storage, id, folder / role) for role, id in ids.items()}


def with_suffix(path: Path) -> Path:
    """Give a file the suffix that its reader goes by, where one does; return its new path."""
    with path.open("rb") as file:
        numpy = file.read(len(NUMPY)) == NUMPY
    return path.rename(path.with_suffix(".npy")) if numpy else path


def _laid_out(storage: Storage, id: str, path: Path) -> Path:
    lying = storage.path(id)
    if lying is not None:
        path.symlink_to(lying)
    else:
        with path.open("wb") as file:
            file.writelines(storage.read(id))
    return with_suffix(path)


def _id(role: str, text: object) -> str:
    if isinstance(text, str) and text.startswith(PREFIX):
        return text.removeprefix(PREFIX)
    key = ".".join(PLACES[role])
    also = f"{', '.join(BACKDROPS)}, or " if role == "backdrop" else ""
    raise InvalidRecipe(
        f"{key} names a file, {str(text)[:60]!r}, which a service does not read",
        actual=text,
        allowed=f'{also}the file itself, or {{"id": …}}',
        fix=f"send the file as the form's field {role}",
    )
