"""Where and how lean a pipeline runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pipelines.context import Context
from pipelines.models import find_in_store
from pipelines.models.compute import (
    Hardware,
    Plan,
    as_dtype,
    choose,
    choose_precision,
    find_hardware,
    measure_needs,
    place,
    with_leaner_retry,
)
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
        hardware: where it will run.
        wishes: settings by name that these weights want in place of the stock pipeline's
            (a few-step model: ``num_inference_steps``, ``max_guidance_scale``).
    """

    pipeline: DirectedPipeline
    hardware: Hardware
    wishes: Mapping[str, float] = field(default_factory=dict)


def load(name: str, context: Context) -> Loaded:
    """Load ``name`` from the store.

    Weights with a base are those of AnimateLCM-SVD: sampled in few steps, as they were trained.

    Raises:
        MissingCapability: the weights are not there or damaged, or their licence is refused.
    """
    hardware = find_hardware(context.machine.device)
    dtype = as_dtype(choose_precision(context.machine, hardware))
    policy = context.machine.licence_policy
    pipeline = DirectedPipeline.of(load_svd(name, context.models_dir, dtype=dtype, policy=policy))
    if find_in_store(name, context.models_dir).base is None:
        return Loaded(pipeline, hardware)
    pipeline.scheduler = EdmConsistencyScheduler()
    return Loaded(pipeline, hardware, FEW_STEP_DEFAULTS)


def run(
    loaded: Loaded, settings: Settings, context: Context, work: Callable[[int], Result]
) -> tuple[Result, dict[str, object]]:
    """Put the pipeline in place and return what ``work`` returns, and the mode it ran in.

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
        with cached_features(unet, settings.feature_cache):
            return work(plan.decode_chunk_size)

    result, plan = with_leaner_retry(choose(context.machine, needs, loaded.hardware), attempt)
    return result, plan.report()
