"""From the store to a pipeline with everything added that a request asks for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.machine import LicencePolicy, Precision
from pipelines.models.adapters import add_ip_adapter, add_lora
from pipelines.models.loading import load_image_to_image
from pipelines.models.plan import as_dtype
from pipelines.still.diffusion.family import Family, read_family
from pipelines.still.diffusion.weights import Weights
from pipelines.still.engine import Guidance

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline, SchedulerMixin


@dataclass(frozen=True)
class Key:
    """What makes two requests share a pipeline.

    Attributes:
        weights: everything that is loaded.
        editions: of each of them, see :func:`pipelines.models.edition`.
        precision: of weights and activations.
        models_dir: the store.
        policy: which licences may be used.
    """

    weights: Weights
    editions: tuple[str, ...]
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


def load(key: Key) -> Loaded:
    """Load the model, and add what is added to it.

    Raises:
        MissingCapability, InvalidInput: weights cannot be loaded, or do not fit one another.
    """
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


def weigh(loaded: Loaded, key: Key, guidance: Guidance) -> None:
    """Set the weight of what was added to a pipeline: it may be another one at each request."""
    for name, scale in guidance.loras:
        add_lora(loaded.pipeline, name, key.models_dir, scale, policy=key.policy)
    if key.weights.adapter is not None:
        host: Any = loaded.pipeline
        host.set_ip_adapter_scale(guidance.reference_scale)
