"""The files of a recipe, as a client sends them: in a form beside ``source``, or by reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.errors import InvalidRecipe
from pipelines.parts import SourceRef
from service.api.bodies import Form, keep_reference, keep_upload, validated
from service.api.desk import Caller, Desk
from service.jobs.recipe_files import BACKDROPS, PLACES, laid_over, name_of, written_at
from service.problems import Misplaced, Place

CHOICES: list[dict[str, object]] = [
    {"$ref": "#/components/schemas/SourceRef"},
    {"type": "string", "pattern": "^source:[0-9a-f]{64}$"},
    {"type": "null"},
]
"""What may stand in a recipe where a file belongs."""


def without_files(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe without what says where to find files: they are not fetched yet."""
    return laid_over(recipe, dict.fromkeys(_references(recipe)))


async def with_files(
    desk: Desk, caller: Caller, recipe: Mapping[str, Any], root: str, form: Form | None = None
) -> dict[str, Any]:
    """Keep the files of a recipe and return it with their names.

    Args:
        root: JSON pointer of the recipe in the body.
        form: what came beside it.

    Raises:
        Misplaced: a file is there twice, or a reference does not parse.
        StillwaveError: as `service.renders.Renders.add_source`.
    """
    names = {}
    for role, reference in _references(recipe).items():
        pointer = f"{root}/{'/'.join(PLACES[role])}"
        ref = validated(SourceRef, reference, pointer)
        names[role] = name_of(await keep_reference(desk, caller, ref, f"{pointer}/{{}}", role))
    for role in PLACES if form is not None else ():
        for upload in form.files.get(role, ()) if form is not None else ():
            if written_at(recipe, role) is not None:
                raise _twice(role, root)
            names[role] = name_of(await keep_upload(desk, caller, upload, f"/{role}", role))
    return laid_over(recipe, names)


def document_files(schemas: dict[str, Any]) -> None:
    """Say in the schemas of recipes what stands where a file belongs."""
    parts = {"look": ["LookSpec"], "motion": ["MotionSpec"]}
    recipes = [name for name, schema in schemas.items() if "relief" in schema.get("properties", {})]
    for first, *_, last in ((*place, place[-1]) for place in PLACES.values()):
        for name in parts.get(first, recipes):
            _document(schemas[name]["properties"], last)


def _document(properties: dict[str, Any], key: str) -> None:
    names = [{"enum": list(BACKDROPS)}] if key == "backdrop" else []
    said = {name: properties[key][name] for name in ("title", "description")}
    properties[key] = {"anyOf": [*CHOICES, *names], "default": None, **said}


def _references(recipe: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return role → what says where the file is; a name that is written out needs no keeping."""
    found = {role: written_at(recipe, role) for role in PLACES}
    return {role: told for role, told in found.items() if isinstance(told, Mapping)}


def _twice(role: str, root: str) -> Misplaced:
    said = InvalidRecipe(f"{role} is there twice", fix=f"send the file, or say it in {root[1:]}")
    pointer = f"{root}/{'/'.join(PLACES[role])}"
    return Misplaced(said, [Place(pointer=pointer, detail="The form has a file for it too.")])
