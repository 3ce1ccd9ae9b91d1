"""What a client asked for, in the form that is written down."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from pipelines.errors import require_range
from pipelines.spec import RenderSpec
from service.jobs.nouns import Kind, QueueName
from service.jobs.recipe_files import ids_in

GPU_ENGINES = frozenset({"svd", "img2img"})
"""A recipe that names one of them goes to the queue ``gpu``, every other to ``cpu``."""


@dataclass(frozen=True)
class Request:
    """What a client asked for, as far as it decides about the result."""

    kind: Kind
    recipe: Mapping[str, Any]
    source_id: str
    priority: int
    metadata: Mapping[str, object]
    queue: QueueName
    options: Mapping[str, Any] = field(default_factory=dict)
    promoted_from: tuple[str, str] | None = None

    @property
    def files(self) -> dict[str, str]:
        """The files that the recipe names beside the still: role → id."""
        return ids_in(self.recipe)

    @property
    def fingerprint(self) -> str:
        """The same for the same request, however it was written."""
        told = json.dumps(self._parts(), sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()

    def row(self, render_id: str, tenant: str, key: str | None) -> dict[str, object]:
        """Return the row of a new job."""
        row = self._parts() | {"id": render_id, "tenant": tenant, "idempotency_key": key}
        return row | {"created_at": time.time(), "fingerprint": self.fingerprint}

    def _parts(self) -> dict[str, object]:
        return {part.name: getattr(self, part.name) for part in fields(self)}


def request_of(
    kind: Kind,
    spec: RenderSpec,
    source_id: str,
    priority: int,
    metadata: Mapping[str, object] | None,
) -> Request:
    """Return a request in its one canonical form.

    Raises:
        OutOfRange: priority, 0..9.
        InvalidRecipe: the recipe names files of this machine.
    """
    require_range("priority", priority, 0, 9)
    recipe = spec.model_copy(update={"source": None}).model_dump(mode="json")
    ids_in(recipe)
    generative = {spec.look.engine, spec.motion.engine} & GPU_ENGINES
    queue: QueueName = "gpu" if generative else "cpu"
    return Request(kind, recipe, source_id, priority, dict(metadata or {}), queue)
