"""What the tests of the diffusion room share: a store of toys, and the engine in few words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from diffusers import DiffusionPipeline

from pipelines.arrays import Image, ImageF
from pipelines.context import Context
from pipelines.models import add_folder
from pipelines.models.entry import Kind
from pipelines.still import LOOKS, Guidance
from pipelines.still.engine import Rendition, Request
from pipelines.still.engines.img2img import ImageToImage
from tests.tiny.img2img import (
    SIDE,
    make_controlnet,
    make_tiny_lcm,
    make_tiny_sd,
    make_tiny_sd3,
    make_tiny_sdxl,
    make_tiny_z_image,
    save_ip_adapter,
    save_lora,
)

FAMILIES: dict[str, Callable[[], DiffusionPipeline]] = {
    "tiny-sd": make_tiny_sd,
    "tiny-sdxl": make_tiny_sdxl,
    "tiny-sd3": make_tiny_sd3,
    "tiny-lcm": make_tiny_lcm,
    "tiny-z-image": make_tiny_z_image,
}

SHORT_READERS: dict[str, Callable[..., DiffusionPipeline]] = {
    "tiny-sd-77": make_tiny_sd,
    "tiny-sdxl-77": make_tiny_sdxl,
    "tiny-sd3-77": make_tiny_sd3,
}
"""Families whose encoders take 77 tokens, CLIP's own number."""


def make_store(data_dir: Path, scratch: Path) -> None:
    """Bring the toys into the store of ``data_dir``, the way a person's own models come in."""

    def bring(name: str, kind: Kind) -> None:
        add_folder(name, scratch / name, data_dir / "models", kind=kind)

    for name, make in FAMILIES.items():
        make().save_pretrained(scratch / name)
        bring(name, "img2img")
    base = make_tiny_sd()
    for name, make_short in SHORT_READERS.items():
        make_short(max_tokens=77).save_pretrained(scratch / name)
        bring(name, "img2img")
    for seed, structure in enumerate(("canny", "depth")):
        make_controlnet(base, seed).save_pretrained(scratch / f"tiny-{structure}")
        bring(f"tiny-{structure}", "controlnet")
    for seed in (1, 2):
        save_lora(base, scratch / f"tiny-lora-{seed}", seed)
        bring(f"tiny-lora-{seed}", "lora")
    save_ip_adapter(base, scratch / "tiny-adapter")
    bring("tiny-adapter", "ip-adapter")


def picture(height: int = SIDE, width: int = SIDE, seed: int = 0) -> Image:
    """Return a still with soft shapes, an edge and some grain."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    waves = [np.sin(x / (5 + 3 * channel) + seed) + np.cos(y / 9) for channel in range(3)]
    plane = 128 + 45 * np.stack(waves, axis=2)
    plane[height // 3 : 2 * height // 3, width // 4 : width // 2] = (200, 60, 40)
    return np.clip(plane + rng.normal(0, 4, plane.shape), 0, 255).astype(np.uint8)


def rms(first: Image, second: Image) -> float:
    """Return the root of the mean squared difference, in 8-bit levels."""
    return float(np.sqrt(np.mean((first.astype(np.float64) - second) ** 2)))


def as_float(image: Image) -> ImageF:
    """Return sRGB 0..1."""
    return image.astype(np.float32) / np.float32(255)


@dataclass(frozen=True, eq=False)
class Studio:
    """An engine with its store.

    Attributes:
        engine: keeps its pipeline from one call to the next.
        context: of every job.
        request: what is changed a little in each test.
    """

    engine: ImageToImage
    context: Context
    request: Request

    def render(
        self,
        guidance: Guidance | None = None,
        *,
        strength: float | None = None,
        pixels: Image | None = None,
        context: Context | None = None,
    ) -> Rendition:
        """Render the usual request, or one that differs by what is given."""
        shown = self.request.pixels if pixels is None else pixels
        request = replace(
            self.request,
            pixels=shown,
            subject=np.zeros(shown.shape[:2], np.float32),
            nearness=ramp(*shown.shape[:2]),
            guidance=guidance or self.request.guidance,
            strength=self.request.strength if strength is None else strength,
        )
        return self.engine.render(request, context or self.context)


def ramp(height: int, width: int) -> ImageF:
    """Return nearness that rises from the top to the bottom, as a table's does."""
    return np.tile(np.linspace(0.2, 0.8, height, dtype=np.float32)[:, None], (1, width))


def open_studio(context: Context) -> Studio:
    """Return a studio whose usual request is small and quick."""
    usual = Guidance(model="tiny-sd", num_inference_steps=4)
    pixels = picture()
    request = Request(
        pixels=pixels,
        subject=np.zeros(pixels.shape[:2], np.float32),
        nearness=ramp(*pixels.shape[:2]),
        name="watercolor",
        look=LOOKS["watercolor"],
        strength=0.6,
        guidance=usual,
    )
    return Studio(ImageToImage(), context, request)
