"""The tiny model's architecture: the library's own classes, as Stable Video Diffusion uses them.

Windows of 48×48 pixels, 8 frames, latents of four channels at a quarter of the side. All networks
have 32 norm groups, fixed by the library, so 32 channels is the least a block may have.
"""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLTemporalDecoder,
    EulerDiscreteScheduler,
    StableVideoDiffusionPipeline,
    UNetSpatioTemporalConditionModel,
)
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

from tests.tiny_svd.scenes import NUM_FRAMES, SIDE

LATENT_CHANNELS = 4
LATENT_SIDE = SIDE // 4
EMBEDDING = 32
"""Width of the image embedding."""

VAE_WIDTHS = (96, 32, 96)
"""The outer two are three channels to each norm group: see ``autoencoder.start_by_hand``."""

UNET_WIDTHS = (32, 64)


def make_vae(scaling_factor: float = 0.5) -> AutoencoderKLTemporalDecoder:
    """Return an autoencoder with the library's random weights."""
    return AutoencoderKLTemporalDecoder(
        block_out_channels=VAE_WIDTHS,
        down_block_types=("DownEncoderBlock2D",) * len(VAE_WIDTHS),
        layers_per_block=1,
        latent_channels=LATENT_CHANNELS,
        sample_size=SIDE,
        scaling_factor=scaling_factor,
        force_upcast=False,
    ).eval()


def make_unet() -> UNetSpatioTemporalConditionModel:
    """Return a denoiser with the library's random weights."""
    return UNetSpatioTemporalConditionModel(
        sample_size=LATENT_SIDE,
        in_channels=2 * LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
        block_out_channels=UNET_WIDTHS,
        layers_per_block=1,
        num_attention_heads=(2, 4),
        cross_attention_dim=EMBEDDING,
        addition_time_embed_dim=32,
        projection_class_embeddings_input_dim=96,
        num_frames=NUM_FRAMES,
    ).eval()


def make_image_encoder() -> CLIPVisionModelWithProjection:
    """Return an image encoder whose embedding is always zero, as the training assumes."""
    encoder = CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=32,
            intermediate_size=32,
            projection_dim=EMBEDDING,
            num_hidden_layers=1,
            num_attention_heads=2,
            image_size=224,
            patch_size=32,
        )
    ).eval()
    torch.nn.init.zeros_(encoder.visual_projection.weight)
    return encoder


def make_scheduler() -> EulerDiscreteScheduler:
    """Return Stable Video Diffusion's scheduler for noise of 0.02 to 80 instead of 0.002 to 700."""
    return EulerDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        interpolation_type="linear",
        use_karras_sigmas=True,
        sigma_min=0.02,
        sigma_max=80.0,
        timestep_spacing="leading",
        timestep_type="continuous",
        steps_offset=1,
    )


def make_pipeline(
    vae: AutoencoderKLTemporalDecoder, unet: UNetSpatioTemporalConditionModel
) -> StableVideoDiffusionPipeline:
    """Return the stock pipeline around an autoencoder and a denoiser."""
    return StableVideoDiffusionPipeline(
        vae=vae,
        image_encoder=make_image_encoder(),
        unet=unet,
        scheduler=make_scheduler(),
        feature_extractor=CLIPImageProcessor(crop_size=224, size={"shortest_edge": 224}),
    )


def save(pipeline: StableVideoDiffusionPipeline, folder: Path) -> None:
    """Save a pipeline with the weights rounded to float16, which halves the folder."""
    half = copy.deepcopy(pipeline)
    for network in (half.vae, half.unet, half.image_encoder):
        network.half()
    half.save_pretrained(folder, safe_serialization=True)


def load(folder: Path) -> StableVideoDiffusionPipeline:
    """Return a saved pipeline on the CPU in float32, without progress bars."""
    pipeline = StableVideoDiffusionPipeline.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
