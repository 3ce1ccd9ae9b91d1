"""Which weights are taken where a person names none: those that are whole and allowed here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipelines.errors import MissingModel
from pipelines.machine import LicencePolicy
from pipelines.models.entry import Kind, Model
from pipelines.models.policy import is_allowed, require_licence
from pipelines.models.store import installed, known_models, locate, present


def whole_models(kind: Kind, models_dir: Path) -> tuple[Model, ...]:
    """Return the models of a kind that are in the store, their bases included, as listed."""
    here = set(installed(models_dir))
    return tuple(
        model
        for model in known_models(models_dir)
        if model.kind == kind and {model.name, model.base or model.name} <= here
    )


def choose_default(
    kind: Kind, models_dir: Path, policy: LicencePolicy, *, preferred: Sequence[str], advised: str
) -> Model:
    """Return the model of a kind that is used where none was named.

    Args:
        kind: of model.
        models_dir: the store.
        policy: which licences may be used.
        preferred: names that come first, in this order; then the table's, then a person's own.
        advised: the one to bring where the store has none.

    Raises:
        MissingModel: there is none, or its base is missing.
        MissingCapability: what is there is damaged, or its licence is refused; says why.
    """
    for model in _ordered(whole_models(kind, models_dir), preferred):
        if is_allowed(model, policy):
            return model
    for model in _ordered(_kept(kind, models_dir), preferred):
        require_licence(model, policy)
        for name in filter(None, (model.name, model.base)):
            locate(name, models_dir)
    raise MissingModel(advised)


def _kept(kind: Kind, models_dir: Path) -> Iterator[Model]:
    """Find the models of a kind of which the store holds something, usable or not."""
    here = set(present(models_dir))
    known = known_models(models_dir)
    return (model for model in known if model.kind == kind and model.name in here)


def _ordered(models: Iterator[Model] | tuple[Model, ...], first: Sequence[str]) -> list[Model]:
    places = {name: place for place, name in enumerate(first)}
    return sorted(models, key=lambda model: places.get(model.name, len(first)))
