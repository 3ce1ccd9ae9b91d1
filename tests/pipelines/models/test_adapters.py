from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionImg2ImgPipeline, StableDiffusionPipeline
from PIL import Image as Pillow
from safetensors.torch import save_file

from pipelines.errors import InvalidInput, MissingCapability, MissingModel
from pipelines.models import add_folder
from pipelines.models.adapters import add_ip_adapter, add_lora
from pipelines.models.loading import load_image_to_image
from tests.tiny.img2img import save_ip_adapter, save_lora

STILL = Pillow.new("RGB", (64, 64), (200, 120, 60))
RED, BLUE = Pillow.new("RGB", (40, 40), (255, 0, 0)), Pillow.new("RGB", (40, 40), (0, 0, 255))


@pytest.fixture(scope="module")
def filled(
    tmp_path_factory: pytest.TempPathFactory, image_pipeline: StableDiffusionPipeline
) -> Path:
    """A store with a toy pipeline, two LoRAs and an IP-Adapter."""
    scratch = tmp_path_factory.mktemp("adapters")
    image_pipeline.save_pretrained(scratch / "toy")
    add_folder("toy", scratch / "toy", scratch / "store", kind="img2img")
    for seed, name in enumerate(("first", "second.2")):
        save_lora(image_pipeline, scratch / name, seed)
        add_folder(name, scratch / name, scratch / "store", kind="lora")
    save_ip_adapter(image_pipeline, scratch / "reference")
    add_folder("reference", scratch / "reference", scratch / "store", kind="ip-adapter")
    return scratch / "store"


@pytest.fixture
def pipeline(filled: Path) -> StableDiffusionImg2ImgPipeline:
    loaded = load_image_to_image("toy", filled, dtype=torch.float32)
    assert isinstance(loaded, StableDiffusionImg2ImgPipeline)
    return loaded


def restyled(pipeline: StableDiffusionImg2ImgPipeline, **options: object) -> np.ndarray:
    result = pipeline(
        "a cup",
        image=STILL,
        strength=1.0,
        num_inference_steps=2,
        generator=torch.Generator().manual_seed(0),
        output_type="np",
        **options,
    )
    return np.asarray(result.images)


def distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max())


def test_a_lora_works_by_its_scale(pipeline: StableDiffusionImg2ImgPipeline, filled: Path) -> None:
    plain = restyled(pipeline)
    distances = []
    for scale in (0.0, 0.3, 1.0):
        add_lora(pipeline, "first", filled, scale)
        distances.append(distance(restyled(pipeline), plain))
    assert distances[0] == 0
    assert 0 < distances[1] < distances[2]


def test_a_second_lora_joins_the_first(
    pipeline: StableDiffusionImg2ImgPipeline, filled: Path
) -> None:
    add_lora(pipeline, "first", filled, 1.0)
    first = restyled(pipeline)
    add_lora(pipeline, "second.2", filled, 1.0)
    both = restyled(pipeline)
    add_lora(pipeline, "first", filled, 0.0)
    second = restyled(pipeline)
    add_lora(pipeline, "second.2", filled, 0.0)
    add_lora(pipeline, "first", filled, 1.0)
    assert distance(first, both) > 0
    assert distance(second, both) > 0
    assert distance(restyled(pipeline), first) == 0


def test_two_pipelines_keep_their_own_loras(
    pipeline: StableDiffusionImg2ImgPipeline, filled: Path
) -> None:
    other = load_image_to_image("toy", filled, dtype=torch.float32)
    assert isinstance(other, StableDiffusionImg2ImgPipeline)
    plain = restyled(other)
    add_lora(pipeline, "first", filled, 1.0)
    assert distance(restyled(other), plain) == 0
    assert distance(restyled(pipeline), plain) > 0


def test_a_reference_picture_works_by_its_scale(
    pipeline: StableDiffusionImg2ImgPipeline, filled: Path
) -> None:
    plain = restyled(pipeline)
    add_ip_adapter(pipeline, "reference", filled, 1.0)
    red = restyled(pipeline, ip_adapter_image=RED)
    blue = restyled(pipeline, ip_adapter_image=BLUE)
    assert min(distance(red, blue), distance(red, plain), distance(blue, plain)) > 0
    add_ip_adapter(pipeline, "reference", filled, 0.0)
    assert distance(restyled(pipeline, ip_adapter_image=RED), plain) < 1e-5


@pytest.mark.parametrize(
    "tensors",
    [
        {"unet.nothing.of.that.name.lora_A.weight": torch.zeros(2, 32)},
        {
            "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight": (
                torch.zeros(2, 7)
            ),
            "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q.lora_B.weight": (
                torch.zeros(9, 2)
            ),
        },
        {"something": torch.zeros(2)},
    ],
    ids=["other layers", "other widths", "no LoRA"],
)
def test_a_lora_of_another_family_is_a_sentence(
    pipeline: StableDiffusionImg2ImgPipeline,
    filled: Path,
    tmp_path: Path,
    tensors: dict[str, torch.Tensor],
) -> None:
    (tmp_path / "odd").mkdir()
    save_file(tensors, tmp_path / "odd" / "pytorch_lora_weights.safetensors")
    add_folder("odd", tmp_path / "odd", filled, kind="lora")
    plain = restyled(pipeline)
    with pytest.raises(InvalidInput, match="'odd' does not fit a StableDiffusionImg2ImgPipeline"):
        add_lora(pipeline, "odd", filled, 1.0)
    assert distance(restyled(pipeline), plain) == 0


def test_what_is_missing_or_forbidden_is_a_sentence(
    pipeline: StableDiffusionImg2ImgPipeline, filled: Path
) -> None:
    with pytest.raises(MissingModel, match="stillwave models pull lcm-lora-sd15"):
        add_lora(pipeline, "lcm-lora-sd15", filled, 1.0)
    with pytest.raises(MissingModel, match="stillwave models pull ip-adapter-sd15"):
        add_ip_adapter(pipeline, "ip-adapter-sd15", filled, 1.0)
    with pytest.raises(MissingCapability, match="licence policy"):
        add_lora(pipeline, "first", filled, 1.0, policy="commercial")


def test_an_adapter_without_its_encoder_does_not_come_in(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    save_file({"image_proj.x": torch.zeros(1)}, tmp_path / "odd" / "ip.safetensors")
    with pytest.raises(InvalidInput, match="has no image_encoder"):
        add_folder("odd-reference", tmp_path / "odd", filled, kind="ip-adapter")
