"""Stable Video Diffusion with random weights: the released sizes, and a toy of the same classes.

What is computed, and so how long it takes, does not depend on the weights' values: no download.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from diffusers import (
    AutoencoderKLTemporalDecoder,
    EulerDiscreteScheduler,
    StableVideoDiffusionPipeline,
    UNetSpatioTemporalConditionModel,
)
from transformers import CLIPImageProcessorPil, CLIPVisionConfig, CLIPVisionModelWithProjection


@dataclass(frozen=True)
class Scale:
    """How large networks and pictures are.

    Attributes:
        name: for people.
        width, height: of the pictures, in pixels.
        num_frames: of a clip.
        steps: denoising steps of the stock pipeline.
        unet_widths, unet_heads: of the denoiser's levels; the last one has no attention.
        vae_widths: of the autoencoder's levels.
        layers: of each level of both.
        embedding: length of the picture's embedding.
        clip_layers, clip_width: of the network that makes it.
        time_width: of each embedded number (fps, motion bucket, noise).
    """

    name: str
    width: int
    height: int
    num_frames: int
    steps: int
    unet_widths: tuple[int, ...]
    unet_heads: tuple[int, ...]
    vae_widths: tuple[int, ...]
    layers: int
    embedding: int
    clip_layers: int
    clip_width: int
    time_width: int


SVD_XT = Scale(
    name="SVD-XT, 25 frames of 1024×576",
    width=1024,
    height=576,
    num_frames=25,
    steps=25,
    unet_widths=(320, 640, 1280, 1280),
    unet_heads=(5, 10, 20, 20),
    vae_widths=(128, 256, 512, 512),
    layers=2,
    embedding=1024,
    clip_layers=32,
    clip_width=1280,
    time_width=256,
)

TOY = Scale(
    name="a toy, 3 frames of 64×64",
    width=64,
    height=64,
    num_frames=3,
    steps=4,
    unet_widths=(32, 32, 64),
    unet_heads=(2, 2, 4),
    vae_widths=(32, 32, 32),
    layers=1,
    embedding=32,
    clip_layers=1,
    clip_width=32,
    time_width=32,
)


def make_pipeline(scale: Scale, device: str, dtype: torch.dtype) -> StableVideoDiffusionPipeline:
    """Return a pipeline whose weights are made on ``device``, in ``dtype``, from a fixed seed."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            torch.manual_seed(0)
            parts = {
                "unet": make_unet(scale),
                "vae": make_vae(scale),
                "image_encoder": make_image_encoder(scale),
            }
    finally:
        torch.set_default_dtype(before)
    pipeline = StableVideoDiffusionPipeline(
        **{name: part.to(device, dtype).eval() for name, part in parts.items()},
        scheduler=make_scheduler(),
        feature_extractor=CLIPImageProcessorPil(),
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def make_unet(scale: Scale) -> UNetSpatioTemporalConditionModel:
    """Return the denoiser."""
    deeper = len(scale.unet_widths) - 1
    return UNetSpatioTemporalConditionModel(
        block_out_channels=scale.unet_widths,
        down_block_types=(
            *["CrossAttnDownBlockSpatioTemporal"] * deeper,
            "DownBlockSpatioTemporal",
        ),
        up_block_types=("UpBlockSpatioTemporal", *["CrossAttnUpBlockSpatioTemporal"] * deeper),
        num_attention_heads=scale.unet_heads,
        layers_per_block=scale.layers,
        cross_attention_dim=scale.embedding,
        addition_time_embed_dim=scale.time_width,
        projection_class_embeddings_input_dim=3 * scale.time_width,
        num_frames=scale.num_frames,
    )


def make_vae(scale: Scale) -> AutoencoderKLTemporalDecoder:
    """Return the autoencoder."""
    return AutoencoderKLTemporalDecoder(
        block_out_channels=scale.vae_widths,
        down_block_types=("DownEncoderBlock2D",) * len(scale.vae_widths),
        layers_per_block=scale.layers,
    )


def make_image_encoder(scale: Scale) -> CLIPVisionModelWithProjection:
    """Return the network that embeds the still; the released one is ViT-H/14."""
    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=scale.clip_width,
            intermediate_size=4 * scale.clip_width,
            num_hidden_layers=scale.clip_layers,
            num_attention_heads=max(1, scale.clip_width // 80),
            projection_dim=scale.embedding,
            image_size=224,
            patch_size=14,
        )
    )


def make_scheduler() -> EulerDiscreteScheduler:
    """Return the scheduler as the released models set it."""
    return EulerDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        use_karras_sigmas=True,
        sigma_min=0.002,
        sigma_max=700.0,
        timestep_spacing="leading",
        timestep_type="continuous",
        steps_offset=1,
    )
