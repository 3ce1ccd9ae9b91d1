"""Stable Video Diffusion: a still becomes a clip."""

from __future__ import annotations

from pipelines.models.entry import Memory, Model, Repository
from pipelines.models.licences import STABILITY_COMMUNITY

HALF_PRECISION = (
    "model_index.json",
    "feature_extractor/*.json",
    "image_encoder/config.json",
    "image_encoder/*.fp16.safetensors",
    "scheduler/*.json",
    "unet/config.json",
    "unet/*.fp16.safetensors",
    "vae/config.json",
    "vae/*.fp16.safetensors",
)

MEMORY = Memory(full=22_000_000_000, model_offload=10_000_000_000, sequential_offload=8_000_000_000)


def _svd(name: str, frames: int, repository: str, revision: str, *, gated: bool) -> Model:
    source = Repository(f"stabilityai/{repository}", HALF_PRECISION, gated=gated)
    return Model(
        name=name,
        kind="svd",
        purpose=f"image to video, {frames} frames",
        origin=source.url,
        revision=revision,
        terms=STABILITY_COMMUNITY,
        licence_note="model card and LICENSE of that revision",
        size=4_509_000_000,
        memory=MEMORY,
        repository=source,
    )


SVD = (
    _svd(
        "svd",
        14,
        "stable-video-diffusion-img2vid",
        "9cf024d5bfa8f56622af86c884f26a52f6676f2e",
        gated=False,
    ),
    _svd(
        "svd-xt",
        25,
        "stable-video-diffusion-img2vid-xt",
        "9e43909513c6714f1bc78bcb44d96e733cd242aa",
        gated=False,
    ),
    _svd(
        "svd-xt-1.1",
        25,
        "stable-video-diffusion-img2vid-xt-1-1",
        "043843887ccd51926e3efed36270444a838e7861",
        gated=True,
    ),
)
