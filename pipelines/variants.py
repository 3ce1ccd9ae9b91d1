"""The recipes of an exploration: one request, many directions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from pipelines.spec import RenderSpec


def vary(
    spec: RenderSpec, looks: Sequence[str], cameras: Sequence[str], seeds: Sequence[int]
) -> list[RenderSpec]:
    """Return the drafts' recipes: every look with every camera and every seed.

    Raises:
        InvalidInput: as :func:`pipelines.spec.parse_spec`.
    """
    return [
        spec.revised({"look": {"name": look}, "camera": camera, "seed": seed, "quality": "draft"})
        for look, camera, seed in product(looks, cameras, seeds)
    ]
