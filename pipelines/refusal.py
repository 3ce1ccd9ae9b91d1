"""Pydantic's findings in our words: which key, what was met, what is allowed, how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, get_args

from annotated_types import Ge, Le

from pipelines.errors import InvalidInput, InvalidRecipe, OutOfRange, UnknownName

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

_BOUNDS = ("greater_than_equal", "less_than_equal")


def refusal(
    error: ValidationError, model: type[BaseModel], naming: Callable[[str], str] = str
) -> InvalidInput:
    """Return the typed error for the first thing that ``model`` refused.

    An error of ours that a validator raised comes back as it was. ``naming`` turns a key into what
    a person wrote, where that is something else.
    """
    return _translate(error.errors(include_url=False)[0], model, naming)


def _translate(
    finding: ErrorDetails, model: type[BaseModel], naming: Callable[[str], str]
) -> InvalidInput:
    kind, actual, place = finding["type"], finding["input"], finding["loc"]
    ours = finding.get("ctx", {}).get("error")
    if isinstance(ours, InvalidInput):
        return ours
    name = naming(".".join(part for part in place if isinstance(part, str)) or "the recipe")
    if kind == "extra_forbidden":
        _, owner = _walk(model, place[:-1])
        return UnknownName("recipe key", str(place[-1]), owner.model_fields)
    field, _ = _walk(model, place)
    if kind in _BOUNDS and field is not None:
        return OutOfRange(name, float(actual), *_range(field))
    if kind == "literal_error" and field is not None:
        return UnknownName(name, str(actual), _choices(field.annotation))
    return InvalidRecipe(
        f"{name} is {_short(actual)}: {finding['msg'].lower()}",
        actual=actual,
        fix=f"mend that value, or leave {name} out for its default",
    )


def _walk(
    model: type[BaseModel], place: Iterable[int | str]
) -> tuple[FieldInfo | None, type[BaseModel]]:
    """Follow a path of keys; return the last key's field and the model found there."""
    field = None
    for part in place:
        if isinstance(part, str):
            field = model.model_fields.get(part)
            model = (_model_in(field.annotation) if field else None) or model
    return field, model


def _model_in(annotation: object) -> type[BaseModel] | None:
    from pydantic import BaseModel

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _range(field: FieldInfo) -> tuple[float, float]:
    low = next(bound.ge for bound in field.metadata if isinstance(bound, Ge))
    high = next(bound.le for bound in field.metadata if isinstance(bound, Le))
    return float(low), float(high)  # type: ignore[arg-type]  # our bounds are numbers


def _choices(annotation: object) -> tuple[str, ...]:
    parts = get_args(annotation)
    if parts and all(isinstance(part, str) for part in parts):
        return parts
    return next(filter(None, map(_choices, parts)), ())


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
