"""Pieces of the OpenAPI document that the routes' own types do not say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service.jobs.recipe_files import PLACES
from service.problems import MEDIA_TYPE, Problem

REFERENCE = "#/components/schemas/{model}"

STILL = {"type": "string", "format": "binary", "description": "The still's file."}

RECIPE_FILES = {
    role: {
        "type": "string",
        "format": "binary",
        "description": f"The file that the recipe names as {'.'.join(place)}.",
    }
    for role, place in PLACES.items()
}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": REFERENCE.format(model=model.__name__)}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": _reference(Problem)}}}


PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": _problem("The request cannot be done; says why."),
    "5XX": _problem("The service cannot do it now; says why."),
}

FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {"*/*": {"schema": {"type": "string"}}}},
    206: {"description": "The part that Range asks for.", "content": {"*/*": {}}},
    304: {"description": "The client has it: If-None-Match names its ETag."},
    307: {"description": "It lies elsewhere; the address serves it for some minutes."},
}


def schemas(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    """Return the schemas of models and of their parts, by name."""
    _, found = models_json_schema([(each, "validation") for each in models], ref_template=REFERENCE)
    parts: dict[str, Any] = found["$defs"]
    return parts


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """Document a JSON body."""
    return _body({"application/json": {"schema": _reference(model)}})


def json_or_form(model: type[BaseModel]) -> dict[str, Any]:
    """Document a body that is JSON, or a form with files and the rest as ``spec``."""
    schema = _reference(model)
    form = {
        "type": "object",
        "properties": {
            "source": STILL,
            **RECIPE_FILES,
            "spec": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": schema,
                "description": f"A {model.__name__} as JSON.",
            },
        },
        "required": ["source"],
        "additionalProperties": False,
    }
    return _body({"application/json": {"schema": schema}, "multipart/form-data": {"schema": form}})


def form_body(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """Document a form."""
    schema = {"type": "object", "properties": properties, "required": required}
    return _body({"multipart/form-data": {"schema": schema}})


def _body(content: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": content}}
