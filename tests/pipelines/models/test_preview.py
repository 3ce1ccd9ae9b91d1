"""Rough pictures of latents."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from diffusers import AutoencoderTiny
from diffusers.image_processor import VaeImageProcessor

from pipelines.arrays import Image
from pipelines.context import Context
from pipelines.models import pull
from pipelines.models.preview import Linear, find_developer
from tests.stills import psnr, textured


def test_colours_are_learnt_from_the_still_and_hold_for_other_latents() -> None:
    """Latents that are a linear function of colour are read back without a loss."""
    mixing = torch.tensor([[0.9, -0.2, 0.4], [0.1, 0.8, -0.5], [0.3, 0.3, 0.3], [-0.7, 0.2, 0.1]])

    def latent(picture: Image) -> torch.Tensor:
        small = cv2.resize(picture, (32, 24), interpolation=cv2.INTER_AREA)
        return torch.einsum("cd,hwd->chw", mixing, torch.from_numpy(small / np.float32(255))) - 0.3

    develop = Linear(latent(textured(256, 192)), textured(256, 192))
    other = textured(256, 192, seed=9)
    seen = develop(latent(other))
    assert psnr(seen, cv2.resize(other, (32, 24), interpolation=cv2.INTER_AREA)) > 45


def test_a_tiny_decoder_in_the_store_is_used_for_the_latents_it_was_made_for(
    context: Context, tmp_path: Path
) -> None:
    """Its picture is the one that the library's own pipelines would make of it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        blocks: dict[str, tuple[int, ...]] = {
            "encoder_block_out_channels": (8, 8, 8, 8),
            "decoder_block_out_channels": (8, 8, 8, 8),
        }
        network = AutoencoderTiny(
            **blocks, num_encoder_blocks=(1, 1, 1, 1), num_decoder_blocks=(1, 1, 1, 1)
        ).eval()
    network.save_pretrained(tmp_path / "taesdxl")
    pull("taesdxl", context.models_dir, tmp_path / "taesdxl", context.progress)
    latent = torch.randn(4, 6, 8, generator=torch.Generator().manual_seed(2))
    still = textured(64, 48)
    shown = find_developer(0.13025, latent, still, context)(latent)
    with torch.no_grad():
        decoded = network.decode(latent[None]).sample
    wanted = VaeImageProcessor().postprocess(decoded, output_type="np")[0] * 255
    assert shown.shape == (48, 64, 3)
    np.testing.assert_allclose(shown, wanted, atol=1)
    assert shown.std() > 2
    assert isinstance(find_developer(0.18215, latent, still, context), Linear)  # taesd's
