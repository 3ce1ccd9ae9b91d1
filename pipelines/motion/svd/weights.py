"""Which weights a shot is made with, and what they were trained on."""

from __future__ import annotations

from pipelines.context import Context
from pipelines.models import Kind, choose_default, find_in_store
from pipelines.motion.svd.pipeline import DirectedPipeline
from pipelines.motion.svd.size import Native

KIND: Kind = "svd"

PREFERRED = ("svd-xt-1.1", "svd-xt", "svd")
"""Taken first, in this order, where nothing was asked for."""


ADVISED = "svd-xt"
"""Told to whoever has none: the best that needs no account."""


def choose_model(asked: str | None, context: Context) -> str:
    """Return the model's name: the one asked for, else the best usable one in the store.

    Raises:
        UnknownName: no model of that name.
        MissingModel: none was asked for and none is there.
        MissingCapability: none was asked for, and what is there is damaged or refused.
    """
    if asked is not None:
        return find_in_store(asked, context.models_dir, KIND).name
    policy = context.machine.licence_policy
    return choose_default(
        KIND, context.models_dir, policy, preferred=PREFERRED, advised=ADVISED
    ).name


def find_native(pipeline: DirectedPipeline) -> Native:
    """Return what a pipeline's networks were trained on, from their configurations."""
    cell = pipeline.vae_scale_factor
    levels = len(pipeline.unet.config.block_out_channels)
    return Native(
        frames=pipeline.unet.config.num_frames,
        side=pipeline.unet.config.sample_size * cell,
        unit=cell * 2 ** (levels - 1),
        cell=cell,
    )
