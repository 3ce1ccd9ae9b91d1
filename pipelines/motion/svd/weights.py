"""Which weights a shot is made with, and what they were trained on."""

from __future__ import annotations

from pipelines.context import Context
from pipelines.errors import MissingModel
from pipelines.models import Kind, find_in_store, installed, known_models
from pipelines.motion.svd.pipeline import DirectedPipeline
from pipelines.motion.svd.size import Native

KIND: Kind = "svd"

PREFERRED = ("svd-xt-1.1", "svd-xt", "svd")
"""Taken first, in this order, where nothing was asked for."""


def choose_model(asked: str | None, context: Context) -> str:
    """Return the model's name: the one asked for, else the best in the store.

    Raises:
        UnknownName: no model of that name.
        MissingModel: none was asked for and none is there.
    """
    if asked is not None:
        return find_in_store(asked, context.models_dir, KIND).name
    known = known_models(context.models_dir)
    here = set(installed(context.models_dir))
    others = [model.name for model in known if model.kind == KIND]
    for name in (*PREFERRED, *others):
        if name in here:
            return name
    raise MissingModel("svd-xt")


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
