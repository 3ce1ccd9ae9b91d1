"""Where and how lean a pipeline runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch

from pipelines.context import Context
from pipelines.models.loading import load_svd
from pipelines.motion.svd.pipeline import DirectedPipeline


@dataclass(frozen=True, eq=False)
class Loaded:
    """A pipeline, ready to run.

    Attributes:
        pipeline: in its place, with offloading and caching set up.
        mode: what was chosen, for the report.
        device, dtype: where it computes, and in what.
        defaults: settings by name that these weights want in place of the stock pipeline's
            (a few-step model: ``num_inference_steps``, ``max_guidance_scale``).
    """

    pipeline: DirectedPipeline
    mode: dict[str, object]
    device: torch.device
    dtype: torch.dtype
    defaults: Mapping[str, float] = field(default_factory=dict)


def load(name: str, context: Context) -> Loaded:
    """Load ``name`` from the store and put it where it runs.

    Raises:
        MissingCapability: the weights are not there or damaged, or their licence is refused.
    """
    device, dtype = torch.device("cpu"), torch.float32
    policy = context.machine.licence_policy
    stock = load_svd(name, context.models_dir, dtype=dtype, policy=policy)
    mode: dict[str, object] = {"device": "cpu", "precision": "float32", "memory": "full"}
    return Loaded(DirectedPipeline.of(stock), mode, device, dtype)
