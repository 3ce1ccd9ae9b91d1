"""The models we know: what for, where from, which bytes, under which licence.

Weights are never part of this repository; :mod:`pipelines.models.store` brings them.
"""

from __future__ import annotations

from pipelines.errors import UnknownName
from pipelines.models.entry import Model
from pipelines.models.families.additions import ADDITIONS
from pipelines.models.families.image import IMAGE
from pipelines.models.families.networks import NETWORKS
from pipelines.models.families.svd import SVD

MODELS: tuple[Model, ...] = (*NETWORKS, *IMAGE, *SVD, *ADDITIONS)
"""Every known model, in the order they are listed to people."""


def find_model(name: str) -> Model:
    """Return the model called ``name``.

    Raises:
        UnknownName: no such model; names the nearest.

    >>> find_model("u2netp").licence
    'Apache-2.0'
    """
    for model in MODELS:
        if model.name == name:
            return model
    raise UnknownName("model", name, [model.name for model in MODELS])
