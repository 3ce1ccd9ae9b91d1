"""What families take, read off the library's own classes."""

from __future__ import annotations

import inspect

import pytest
from diffusers import (
    DDPMScheduler,
    FluxImg2ImgPipeline,
    FluxKontextPipeline,
    IFImg2ImgPipeline,
    LatentConsistencyModelImg2ImgPipeline,
    QwenImageImg2ImgPipeline,
    StableDiffusion3Img2ImgPipeline,
    StableDiffusionControlNetImg2ImgPipeline,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionPipeline,
    ZImageImg2ImgPipeline,
)
from diffusers.pipelines.auto_pipeline import AUTO_IMAGE2IMAGE_PIPELINES_MAPPING

from pipelines.errors import InvalidInput
from pipelines.still.diffusion.family import Family, read_family
from pipelines.still.diffusion.size import Native
from tests.tiny.img2img import (
    make_tiny_sd,
    make_tiny_sd3,
    make_tiny_sdxl,
    make_tiny_z_image,
    make_unet,
)

FACTS = {
    StableDiffusionImg2ImgPipeline: ("guidance_scale", True, True),
    StableDiffusionControlNetImg2ImgPipeline: ("guidance_scale", True, True),
    StableDiffusion3Img2ImgPipeline: ("guidance_scale", True, True),
    ZImageImg2ImgPipeline: ("guidance_scale", True, True),
    LatentConsistencyModelImg2ImgPipeline: ("guidance_scale", False, True),
    FluxImg2ImgPipeline: ("guidance_scale", False, True),
    QwenImageImg2ImgPipeline: ("true_cfg_scale", True, True),
    FluxKontextPipeline: ("guidance_scale", False, False),
}
"""Class → its guidance's parameter, whether it takes a negative prompt, and a strength."""


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)
def test_families_differ_in_what_they_take(kind: type) -> None:
    family = Family(object.__new__(kind))  # only its call is looked at
    assert FACTS[kind] == (
        family.guidance_parameter,
        family.takes_negative_prompt,
        family.takes_strength,
    )


def test_every_family_that_draws_in_latents_can_be_watched() -> None:
    """The one call that all of them must take for progress and cancelling."""
    for kind in AUTO_IMAGE2IMAGE_PIPELINES_MAPPING.values():
        parts = inspect.signature(kind.__init__).parameters
        if "vae" in parts and ("unet" in parts or "transformer" in parts):
            call = inspect.signature(kind.__call__).parameters
            assert {"image", "callback_on_step_end", "num_images_per_prompt"} <= set(call), kind


def test_a_family_that_draws_pixels_is_refused_in_a_sentence() -> None:
    pixels = IFImg2ImgPipeline(
        tokenizer=None,
        text_encoder=None,
        unet=make_unet(),
        scheduler=DDPMScheduler(),
        safety_checker=None,
        feature_extractor=None,
        watermarker=None,
        requires_safety_checker=False,
    )
    with pytest.raises(InvalidInput, match="'deep' is a IFImg2ImgPipeline"):
        read_family(pixels, "deep")


@pytest.mark.parametrize(
    ("make", "multiple"),
    [(make_tiny_sd, 8), (make_tiny_sdxl, 8), (make_tiny_sd3, 8), (make_tiny_z_image, 8)],
)
def test_the_native_size_is_read_off_the_networks(make: type, multiple: int) -> None:
    assert Family(make()).native == Native(pixels=64 * 64, multiple=multiple)


def test_sd_15_has_its_published_sizes() -> None:
    """Four levels over latents of 64 × 64, at an eighth of the pixels."""
    pipeline: StableDiffusionPipeline = make_tiny_sd()
    pipeline.register_modules(unet=_unet_of_four_levels())
    pipeline.vae_scale_factor = 8
    assert Family(pipeline).native == Native(pixels=512 * 512, multiple=64)


def _unet_of_four_levels() -> object:
    unet = make_unet()
    unet.register_to_config(sample_size=64, block_out_channels=(320, 640, 1280, 1280))
    return unet
