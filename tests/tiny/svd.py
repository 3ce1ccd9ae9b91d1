"""A Stable Video Diffusion pipeline of toy size: real classes, random weights, no download.

64×64 pixels, 6 frames; three VAE blocks, so latents are 16×16. 32 channels is the least that the
networks' fixed 32 norm groups allow.
"""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLTemporalDecoder,
    EulerDiscreteScheduler,
    StableVideoDiffusionPipeline,
    UNetSpatioTemporalConditionModel,
)
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

SIDE = 64
"""Height and width in pixels that the toy is made for."""

NUM_FRAMES = 6

WIDTHS = (32, 32, 32)
CROSS_ATTENTION = 32

SCALING_FACTOR = 3.7
"""Brings random latents to about unit variance, as the released weights' own factor does."""


def make_tiny_svd(seed: int = 0) -> StableVideoDiffusionPipeline:
    """Return a fresh pipeline on the CPU in float32; the same seed gives the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        pipeline = StableVideoDiffusionPipeline(
            vae=make_vae(),
            image_encoder=make_image_encoder(),
            unet=make_unet(),
            scheduler=make_scheduler(),
            feature_extractor=CLIPImageProcessor(crop_size=224, size={"shortest_edge": 224}),
        )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def save_tiny_svd(folder: Path, seed: int = 0) -> Path:
    """Save a fresh pipeline with ``save_pretrained`` (safetensors) and return ``folder``."""
    make_tiny_svd(seed).save_pretrained(folder, safe_serialization=True)
    return folder


def make_vae() -> AutoencoderKLTemporalDecoder:
    """Return the autoencoder: four latent channels at a quarter of the side."""
    return AutoencoderKLTemporalDecoder(
        block_out_channels=WIDTHS,
        down_block_types=("DownEncoderBlock2D",) * len(WIDTHS),
        layers_per_block=1,
        latent_channels=4,
        sample_size=SIDE,
        scaling_factor=SCALING_FACTOR,
    ).eval()


def make_image_encoder() -> CLIPVisionModelWithProjection:
    """Return the CLIP image tower."""
    config = CLIPVisionConfig(
        hidden_size=32,
        projection_dim=CROSS_ATTENTION,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=224,
        patch_size=32,
    )
    return CLIPVisionModelWithProjection(config).eval()


def make_unet() -> UNetSpatioTemporalConditionModel:
    """Return the denoiser: two levels, both kinds of block."""
    return UNetSpatioTemporalConditionModel(
        sample_size=SIDE // 4,
        in_channels=8,
        out_channels=4,
        block_out_channels=(32, 64),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
        num_attention_heads=(2, 4),
        cross_attention_dim=CROSS_ATTENTION,
        addition_time_embed_dim=32,
        projection_class_embeddings_input_dim=96,
        num_frames=NUM_FRAMES,
    ).eval()


def make_scheduler() -> EulerDiscreteScheduler:
    """Return the scheduler as the released checkpoints set it."""
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
