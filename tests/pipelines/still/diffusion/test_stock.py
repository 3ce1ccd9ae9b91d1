"""The engine is the library's own image-to-image: same seed, same size, same picture."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoPipelineForImage2Image, ControlNetModel, EulerAncestralDiscreteScheduler
from PIL import Image as Pillow

from pipelines.arrays import Image
from pipelines.still import Guidance
from pipelines.still.diffusion.structure import draw_structure
from tests.pipelines.still.diffusion.studio import FAMILIES, Studio, picture, ramp, rms
from tests.tiny.img2img import SIDE


def stock(studio: Studio, name: str, **parts: object) -> Any:  # noqa: ANN401 - many classes
    """Return the library's pipeline, loaded without us."""
    folder = studio.context.models_dir / name
    if name == "tiny-sd3":
        parts |= dict.fromkeys(("text_encoder_3", "tokenizer_3", "image_encoder"))
        parts |= {"feature_extractor": None}
    pipeline = AutoPipelineForImage2Image.from_pretrained(folder, **parts)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def call(pipeline: Any, studio: Studio, seed: int, **options: object) -> Image:  # noqa: ANN401
    """Return the library's picture of the studio's still."""
    if "SD3" in type(pipeline).__name__ or "Diffusion3" in type(pipeline).__name__:
        options |= {"height": SIDE, "width": SIDE}
    made = pipeline(
        image=Pillow.fromarray(studio.request.pixels),
        generator=torch.Generator().manual_seed(seed),
        **options,
    )
    return np.asarray(made.images[0])


@pytest.mark.parametrize("name", FAMILIES)
def test_a_families_own_defaults_give_the_stock_picture(studio: Studio, name: str) -> None:
    """LCM takes no negative prompt; the others are told the look's."""
    made = studio.render(Guidance(model=name, seed=5), strength=0.1)
    look = studio.request.look
    negative = {} if name == "tiny-lcm" else {"negative_prompt": look.negative_prompt}
    expected = call(stock(studio, name), studio, 5, prompt=look.prompt, strength=0.1, **negative)
    assert np.array_equal(made.pictures[0], expected)
    assert rms(expected, studio.request.pixels) > 5, "a picture that was redrawn"


def test_everything_asked_for_gives_the_stock_picture(studio: Studio) -> None:
    """One unusual request, assembled by hand beside it: every parameter at its place."""
    reference = picture(90, 70, seed=4)
    made = studio.render(
        Guidance(
            model="tiny-sd",
            prompt="a red box",
            negative_prompt="blue",
            guidance_scale=3.3,
            num_inference_steps=7,
            scheduler="euler-ancestral",
            loras=(("tiny-lora-1", 0.7), ("tiny-lora-2", -0.4)),
            reference=reference,
            reference_scale=0.45,
            structure="canny",
            structure_scale=0.8,
            seed=11,
        ),
        strength=0.75,
    )
    models, look = studio.context.models_dir, studio.request.look
    control = ControlNetModel.from_pretrained(models / "tiny-canny")
    pipeline = stock(studio, "tiny-sd", controlnet=control)
    pipeline.scheduler = EulerAncestralDiscreteScheduler.from_config(pipeline.scheduler.config)
    pipeline.load_ip_adapter(
        str(models / "tiny-adapter"),
        subfolder="models",
        weight_name="ip-adapter_toy.safetensors",
        image_encoder_folder="image_encoder",
    )
    pipeline.set_ip_adapter_scale(0.45)
    with warnings.catch_warnings(action="ignore"):  # of a second LoRA beside the first
        for index in (1, 2):
            pipeline.load_lora_weights(str(models / f"tiny-lora-{index}"), adapter_name=f"l{index}")
    pipeline.set_adapters(["l1", "l2"], [0.7, -0.4])
    edges = draw_structure("canny", studio.request.pixels, ramp(SIDE, SIDE))
    expected = call(
        pipeline,
        studio,
        11,
        prompt=f"a red box, {look.prompt}",
        negative_prompt=f"blue, {look.negative_prompt}",
        guidance_scale=3.3,
        num_inference_steps=7,
        strength=0.75,
        control_image=Pillow.fromarray(edges),
        controlnet_conditioning_scale=0.8,
        ip_adapter_image=Pillow.fromarray(reference),
    )
    assert np.array_equal(made.pictures[0], expected)


def test_sdxl_through_the_engine_takes_a_batch_of_stock_pictures(studio: Studio) -> None:
    made = studio.render(Guidance(model="tiny-sdxl", num_inference_steps=3, variations=2, seed=8))
    look, pipeline = studio.request.look, stock(studio, "tiny-sdxl")
    for index, found in enumerate(made.pictures):
        expected = call(
            pipeline,
            studio,
            8 + index,
            prompt=look.prompt,
            negative_prompt=look.negative_prompt,
            num_inference_steps=3,
            strength=0.6,
        )
        # A batch sums in another order than a single picture.
        assert np.abs(found.astype(int) - expected).max() <= 1
