"""What a pipeline takes, read off its call's signature: families differ, and new ones appear."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pipelines.errors import InvalidInput
from pipelines.still.diffusion.size import Native

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline, ModelMixin

USUAL_SIDE = 1024
"""Pixels along a side where neither the denoiser nor the autoencoder names its own."""

SAYS_NOTHING = 32
"""The side that the library writes for an autoencoder that was not told one."""

LATENT_CONSISTENCY = "LatentConsistencyModelImg2ImgPipeline"
"""Runs every step it is told, whatever the strength."""


@dataclass(frozen=True, eq=False)
class Family:
    """One pipeline class, seen from outside.

    Attributes:
        pipeline: of that class.
    """

    pipeline: DiffusionPipeline

    @cached_property
    def _parameters(self) -> Mapping[str, inspect.Parameter]:
        return inspect.signature(type(self.pipeline).__call__).parameters

    def takes(self, name: str) -> bool:
        """Whether the call has a parameter of that name."""
        return name in self._parameters

    def default(self, name: str, otherwise: float) -> float:
        """Return the library's default of a number, ``otherwise`` where it has none."""
        parameter = self._parameters.get(name)
        value = None if parameter is None else parameter.default
        return value if isinstance(value, int | float) else otherwise

    @property
    def name(self) -> str:
        """The pipeline's class."""
        return type(self.pipeline).__name__

    @property
    def guidance_parameter(self) -> str:
        """Name of the weight between prompt and negative prompt.

        Where a model was distilled to take guidance as an input (Flux), it is that input.
        """
        doubled = self.takes("true_cfg_scale") and not self.default("guidance_scale", 0)
        return "true_cfg_scale" if doubled else "guidance_scale"

    @property
    def takes_negative_prompt(self) -> bool:
        """Whether a negative prompt has an effect."""
        # Flux reads one only where guidance is done a second time, which takes twice as long.
        idle = self.takes("true_cfg_scale") and self.guidance_parameter != "true_cfg_scale"
        return self.takes("negative_prompt") and not idle

    @property
    def takes_strength(self) -> bool:
        """Whether it starts from the still; editing families redraw the whole picture."""
        return self.takes("strength")

    @property
    def runs_every_step(self) -> bool:
        """Whether strength decides where steps lie, not how many of them run."""
        return self.name == LATENT_CONSISTENCY

    @property
    def native(self) -> Native:
        """The sizes it was made for.

        A UNet halves its latents once between two levels; a transformer cuts them into patches, two
        cells wide at least.
        """
        denoiser, scale = self._denoiser, int(self.pipeline.vae_scale_factor)
        if "unet" in self.pipeline.components:
            cells = 2 ** (len(denoiser.config.block_out_channels) - 1)
        else:
            cells = max(2, int(denoiser.config.get("patch_size") or 2))
        return Native(pixels=self._pixels(denoiser, scale), multiple=scale * cells)

    def _pixels(self, denoiser: ModelMixin, scale: int) -> int:
        latents = denoiser.config.get("sample_size")
        if isinstance(latents, int):
            return (latents * scale) ** 2
        if latents:
            return int(latents[0] * latents[1]) * scale**2
        side = self.pipeline.vae.config.get("sample_size", SAYS_NOTHING)
        return USUAL_SIDE**2 if side == SAYS_NOTHING else int(side) ** 2

    @property
    def _denoiser(self) -> ModelMixin:
        components = self.pipeline.components
        return components["unet"] if "unet" in components else components["transformer"]


def read_family(pipeline: DiffusionPipeline, model: str) -> Family:
    """Return the family of ``pipeline``.

    Raises:
        InvalidInput: it is built in another way than this engine can drive.
    """
    family, components = Family(pipeline), pipeline.components
    driven = "vae" in components and ("unet" in components or "transformer" in components)
    if driven and family.takes("image") and family.takes("callback_on_step_end"):
        return family
    raise InvalidInput(
        f"the model {model!r} is a {family.name}, which works in another way than in the latents "
        "of one autoencoder",
        actual=family.name,
        allowed="families like SD, SDXL, SD 3, Flux, Z-Image",
        fix="choose another model, see stillwave models list",
    )
