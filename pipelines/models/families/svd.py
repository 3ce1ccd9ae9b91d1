"""Stable Video Diffusion: a still becomes a clip."""

from __future__ import annotations

from pipelines.models.entry import Memory, Model, Repository
from pipelines.models.licences import (
    SVD_1_1_COMMUNITY,
    SVD_COMMUNITY,
    SVD_DERIVATIVE,
    Licence,
)

FILES = (
    "model_index.json",
    "feature_extractor/*.json",
    "image_encoder/config.json",
    "image_encoder/model.fp16.safetensors",
    "scheduler/*.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model.fp16.safetensors",
    "vae/config.json",
    "vae/diffusion_pytorch_model.fp16.safetensors",
)

MEMORY = Memory(full=22_000_000_000, model_offload=10_000_000_000, sequential_offload=8_000_000_000)
"""At 576 × 1024; full with all frames decoded at once, offloaded with short decode chunks."""


def _svd(name: str, frames: int, source: Repository, revision: str, terms: Licence) -> Model:
    return Model(
        name=name,
        kind="svd",
        purpose=f"animates a still, {frames} frames",
        origin=source.url,
        revision=revision,
        terms=terms,
        licence_note="model card",
        size=4_509_188_849,
        memory=MEMORY,
        source=source,
    )


def _animatelcm(name: str, base: str, file: str) -> Model:
    """Return a few-step UNet for ``base``; its repository's commits could not be looked up."""
    source = Repository("wangfuyun/AnimateLCM-SVD-xt", (file,))
    return Model(
        name=name,
        kind="svd",
        purpose=f"{base} in 1 to 8 steps",
        origin=source.url,
        revision="main",
        terms=SVD_DERIVATIVE,
        licence_note="not read; it is trained from SVD, whose licence binds derivatives",
        memory=MEMORY,
        source=source,
        base=base,
    )


SVD = (
    _svd(
        "svd",
        14,
        Repository("stabilityai/stable-video-diffusion-img2vid", FILES),
        "9cf024d5bfa8f56622af86c884f26a52f6676f2e",
        SVD_COMMUNITY,
    ),
    _svd(
        "svd-xt",
        25,
        Repository("stabilityai/stable-video-diffusion-img2vid-xt", FILES),
        "9e43909513c6714f1bc78bcb44d96e733cd242aa",
        SVD_COMMUNITY,
    ),
    _svd(
        "svd-xt-1.1",
        25,
        Repository("stabilityai/stable-video-diffusion-img2vid-xt-1-1", FILES, gated=True),
        "043843887ccd51926e3efed36270444a838e7861",
        SVD_1_1_COMMUNITY,
    ),
    _animatelcm("animatelcm-svd-xt", "svd-xt", "AnimateLCM-SVD-xt.safetensors"),
    _animatelcm("animatelcm-svd-xt-1.1", "svd-xt", "AnimateLCM-SVD-xt-1.1.safetensors"),
)
