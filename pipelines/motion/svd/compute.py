"""Where and how lean a pipeline runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pipelines.context import Context
from pipelines.machine import Machine
from pipelines.models import edition, find_in_store
from pipelines.models.compute import (
    Plan,
    as_dtype,
    choose,
    choose_precision,
    find_hardware,
    measure_needs,
    place,
    with_leaner_retry,
    withdraw,
)
from pipelines.models.libraries import without_empty_remark
from pipelines.models.loading import load_svd
from pipelines.motion.svd.feature_cache import cached_features
from pipelines.motion.svd.few_step import FEW_STEP_DEFAULTS, EdmConsistencyScheduler
from pipelines.motion.svd.pipeline import DirectedPipeline
from pipelines.motion.svd.settings import Settings

Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Loaded:
    """A pipeline on the CPU, in the precision in which it will run.

    Attributes:
        pipeline: not placed yet.
        wishes: settings by name that these weights want in place of the stock pipeline's
            (a few-step model: ``num_inference_steps``, ``max_guidance_scale``).
    """

    pipeline: DirectedPipeline
    wishes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Key:
    """What makes two shots share a pipeline.

    Attributes:
        name: of the model.
        edition: of its weights, see :func:`pipelines.models.edition`.
        machine: decides the device, the precision and which licences may be used.
        models_dir: the store.
    """

    name: str
    edition: str
    machine: Machine
    models_dir: Path


def find_key(name: str, context: Context) -> Key:
    """Return the key of a model for a job."""
    store = context.models_dir
    return Key(name, edition(name, store), context.machine, store)


def load(key: Key) -> Loaded:
    """Load a model from the store.

    Weights with a base are those of AnimateLCM-SVD: sampled in few steps, as they were trained.

    Raises:
        MissingCapability: the weights are not there or damaged, or their licence is refused.
    """
    name, machine, store = key.name, key.machine, key.models_dir
    dtype = as_dtype(choose_precision(machine, find_hardware(machine.device)))
    pipeline = load_svd(name, store, dtype=dtype, policy=machine.licence_policy)
    pipeline = DirectedPipeline.of(pipeline)
    if find_in_store(name, store).base is None:
        return Loaded(pipeline)
    pipeline.scheduler = EdmConsistencyScheduler()
    return Loaded(pipeline, FEW_STEP_DEFAULTS)


def run(
    loaded: Loaded, settings: Settings, context: Context, work: Callable[[int], Result]
) -> tuple[Result, Plan]:
    """Put the pipeline in place and return what ``work`` returns, and the plan it ran by.

    Args:
        loaded: whose pipeline works.
        settings: of the generation, from which the memory it takes follows.
        context: the job, which says what the machine decides.
        work: given how many frames to decode at once; called again when memory ran out.

    Raises:
        MissingCapability: it does not fit; says what would.
    """
    needs = measure_needs(
        loaded.pipeline,
        width=settings.width,
        height=settings.height,
        num_frames=settings.num_frames,
        decode_chunk_size=settings.decode_chunk_size,
        guided=settings.max_guidance_scale > 1,
    )

    scheduler, unet = loaded.pipeline.scheduler, loaded.pipeline.unet
    if isinstance(scheduler, EdmConsistencyScheduler):
        scheduler.noise_seed = settings.seed

    def attempt(plan: Plan) -> Result:
        place(loaded.pipeline, plan)
        try:
            with cached_features(unet, settings.feature_cache), without_empty_remark():
                return work(plan.decode_chunk_size)
        finally:
            if plan.hardware.own_memory or plan.memory != "full":
                withdraw(loaded.pipeline)  # the device is free for the next stage

    return with_leaner_retry(choose(context.machine, needs), attempt)
