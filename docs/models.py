"""A pydantic model as tables: one for the model, one for each part of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from docs.markdown import code, prose, table

Schema = Mapping[str, Any]

COLUMNS = ("key", "type", "default", "range", "what it is")


def describe_model(name: str, schema: Schema) -> Iterator[str]:
    """Yield a heading and a table for a JSON Schema and for everything it refers to.

    Args:
        name: of the model itself.
        schema: as pydantic writes it, parts under ``$defs``.
    """
    parts = schema.get("$defs", {})
    for title, part in ((name, schema), *parts.items()):
        if "properties" in part:
            yield f"## {title}"
            yield prose(part.get("description"))
            yield table(
                COLUMNS, (_row(key, field, parts) for key, field in part["properties"].items())
            )


def _row(key: str, field: Schema, parts: Schema) -> tuple[str, ...]:
    about = field.get("description") or parts.get(_part(field), {}).get("description")
    return code(key), _type(field), _default(field), _range(field), prose(about)


def _part(field: Schema) -> str:
    """Name of the part a field refers to."""
    return str(field.get("$ref", "")).rpartition("/")[2]


def _type(field: Schema) -> str:
    if "$ref" in field:
        return f"[{_part(field)}](#{_part(field).lower()})"
    if "anyOf" in field:
        return " or ".join(_type(option) for option in field["anyOf"] if not _is_null(option))
    if "enum" in field:
        return " ".join(code(json.dumps(value)) for value in field["enum"])
    if field.get("type") == "array":
        return f"list of {_items(field)}"
    return str(field.get("type", "anything"))


def _items(field: Schema) -> str:
    if "prefixItems" in field:
        return f"{len(field['prefixItems'])} × {_type(field['prefixItems'][0])}"
    return _type(field["items"]) if "items" in field else "anything"


def _default(field: Schema) -> str:
    if "default" not in field or field["default"] == {}:
        return ""
    value = field["default"]
    if isinstance(value, dict):
        value = {key: inner for key, inner in value.items() if inner is not None}
    return "absent" if value is None else code(json.dumps(value, ensure_ascii=False))


def _range(field: Schema) -> str:
    for option in (field, *field.get("anyOf", ())):
        if "minimum" in option and "maximum" in option:
            return f"{_number(option['minimum'])} to {_number(option['maximum'])}"
        if "minItems" in option:
            return f"at least {option['minItems']}"
    return ""


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _is_null(option: Schema) -> bool:
    return option.get("type") == "null"
