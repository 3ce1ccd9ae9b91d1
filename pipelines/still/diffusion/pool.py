"""Pipelines kept in memory for the next request: a job of several looks loads its model once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.context import Context
from pipelines.machine import LicencePolicy, Precision
from pipelines.models.adapters import add_ip_adapter, add_lora
from pipelines.models.loading import load_image_to_image
from pipelines.models.plan import as_dtype
from pipelines.still.diffusion.family import Family, read_family
from pipelines.still.diffusion.weights import Weights
from pipelines.still.engine import Guidance

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline, SchedulerMixin

STAGE = "still"

PATIENCE = 0.2
"""Seconds between two looks at whether a job that waits was cancelled."""


@dataclass(frozen=True)
class Key:
    """What makes two requests share a pipeline."""

    weights: Weights
    precision: Precision
    models_dir: Path
    policy: LicencePolicy


@dataclass(frozen=True, eq=False)
class Loaded:
    """A pipeline as it came from the store.

    Attributes:
        pipeline: in the processor's memory.
        family: what its call takes.
        scheduler: the one it came with.
    """

    pipeline: DiffusionPipeline
    family: Family
    scheduler: SchedulerMixin


@dataclass(eq=False)
class Pool:
    """The last pipeline that was used, lent to one job at a time."""

    _turn: threading.Lock = field(default_factory=threading.Lock)
    _key: Key | None = None
    _held: Loaded | None = None

    @contextmanager
    def lend(self, key: Key, context: Context) -> Iterator[Loaded]:
        """Lend the pipeline of ``key``, loaded where it is not at hand; others wait meanwhile.

        Raises:
            Cancelled: the job was cancelled while it waited.
            MissingCapability, InvalidInput: weights cannot be loaded, or do not fit one another.
        """
        while not self._turn.acquire(timeout=PATIENCE):
            context.step(STAGE, 0)
        try:
            context.step(STAGE, 0)
            if self._held is None or self._key != key:
                self._key = self._held = None  # freed before the next one is loaded
                self._held, self._key = _load(key), key
            yield self._held
        finally:
            self._turn.release()


def weigh(loaded: Loaded, key: Key, guidance: Guidance) -> None:
    """Set the weight of what was added to a pipeline: it may be another one at each request."""
    for name, scale in guidance.loras:
        add_lora(loaded.pipeline, name, key.models_dir, scale, policy=key.policy)
    if key.weights.adapter is not None:
        host: Any = loaded.pipeline
        host.set_ip_adapter_scale(guidance.reference_scale)


def _load(key: Key) -> Loaded:
    weights, policy, models_dir = key.weights, key.policy, key.models_dir
    pipeline = load_image_to_image(
        weights.model,
        models_dir,
        dtype=as_dtype(key.precision),
        controlnet=weights.controlnet,
        policy=policy,
    )
    family = read_family(pipeline, weights.model)
    if weights.adapter is not None:
        add_ip_adapter(pipeline, weights.adapter, models_dir, 1.0, policy=policy)
    for name in weights.loras:
        add_lora(pipeline, name, models_dir, 1.0, policy=policy)
    if hasattr(pipeline.vae, "enable_slicing"):
        pipeline.vae.enable_slicing()  # one variation at a time, which takes no longer
    return Loaded(pipeline, family, pipeline.scheduler)
