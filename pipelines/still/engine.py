"""The contract of a look engine: it makes a look's picture of a still."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pipelines.arrays import Depth, Image, Mask
from pipelines.context import Context
from pipelines.registry import Registry
from pipelines.still.look import Look

Structure = Literal["none", "canny", "depth"]


@dataclass(frozen=True, eq=False)
class Guidance:
    """What generative engines are told; None is the engine's or the look's own default.

    Attributes:
        model: name of the weights.
        prompt, negative_prompt: a person's words; they join the look's.
        guidance_scale: weight of the prompt; 1 switches guidance off.
        num_inference_steps: denoising steps of the full schedule.
        scheduler: name of a diffusers scheduler, e.g. ``"euler"``.
        loras: (name, scale) of each LoRA.
        reference: (height, width, 3) uint8 sRGB picture whose style is kept across a series.
        reference_scale: its weight, 0..1.
        structure: what of the still is locked by a ControlNet.
        structure_scale: its weight, 0..2.
        variations: pictures to make in one batch.
        seed: of the model's noise.
    """

    model: str | None = None
    prompt: str | None = None
    negative_prompt: str | None = None
    guidance_scale: float | None = None
    num_inference_steps: int | None = None
    scheduler: str | None = None
    loras: tuple[tuple[str, float], ...] = ()
    reference: Image | None = None
    reference_scale: float = 0.6
    structure: Structure = "none"
    structure_scale: float = 1.0
    variations: int = 1
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Rendition:
    """What an engine made of a still.

    Attributes:
        pictures: at least one (height, width, 3) uint8 sRGB, of the request's size.
        paper, outline: as `pipelines.media.Still`'s.
        models: names of the weights that took part.
        details: what was chosen and done, for the report, as JSON values.
        warnings: sentences for the report.
    """

    pictures: tuple[Image, ...]
    paper: Callable[[int, int], Image] | None = None
    outline: float = 0.0
    models: tuple[str, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Request:
    """One still to be given a look.

    Attributes:
        pixels: (height, width, 3) uint8 sRGB.
        subject: (height, width) float32 coverage; all 0 when no subject was found.
        nearness: (height, width) float32, 1 = nearest.
        name: the look's name; it also names the random stream.
        look: its description.
        strength: 0 gives the pixels back as they are, 1 the full look.
        guidance: what generative engines are told.
    """

    pixels: Image
    subject: Mask
    nearness: Depth
    name: str
    look: Look
    strength: float
    guidance: Guidance = field(default_factory=Guidance)


class StillEngine(Protocol):
    """Makes stage one's picture. The result has the size of the request's pixels."""

    @property
    def title(self) -> str:
        """A few words for people."""

    def render(self, request: Request, context: Context) -> Rendition:
        """Return at least one picture.

        Raises:
            Cancelled: the context was cancelled.
            MissingCapability: the machine lacks what this engine needs.
        """


STILL_ENGINES: Registry[StillEngine] = Registry(
    "pipelines.still.engines",
    "ENGINE",
    "still engine",
    extras={"img2img": "diffusion"},
)
