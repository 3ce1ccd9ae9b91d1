"""The parts of a recipe: look, camera, ambient motion, motion engine, and how they are written.

A part parses from a short string or from a full object.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from pipelines.documented import Documented
from pipelines.errors import InvalidRecipe, UnknownName
from pipelines.motion.engine import Interpolation
from pipelines.still.engine import Structure

AUTO = "auto"
"""The motion engine's name that leaves the choice to the program."""

DEFAULT_STILL_ENGINE = "grade"
"""Runs on any machine, needs no weights."""

Protected = Literal["subject", "text"]


def _require(kind: str, name: str, known: Iterable[str]) -> str:
    if name not in known:
        raise UnknownName(kind, name, known)
    return name


def _look(name: str) -> str:
    from pipelines.still import LOOKS

    return _require("look", name, LOOKS.names)


def _still_engine(name: str) -> str:
    from pipelines.still import STILL_ENGINES

    return _require("still engine", name, STILL_ENGINES.names)


def _motion_engine(name: str) -> str:
    from pipelines.motion.engine import MOTION_ENGINES

    return _require("motion engine", name, (AUTO, *MOTION_ENGINES.names))


def _effect(name: str) -> str:
    from pipelines.motion.ambient import AMBIENT

    return _require("ambient effect", name, AMBIENT.names)


def _format(name: str) -> str:
    from pipelines.encode import FORMATS

    return _require("format", name, FORMATS.names)


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


def _split(value: object) -> object:
    """Read ``"a,b"`` as a list; keep the first of names given twice."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return list(dict.fromkeys(value))
    return value


def _effects(value: object) -> object:
    items = _split(value)
    return [_effect_parts(item) for item in items] if isinstance(items, list) else items


def _effect_parts(item: object) -> object:
    if not isinstance(item, str):
        return item
    name, equals, amount = item.partition("=")
    return {"name": name.strip(), **({"amount": amount} if equals else {})}


def _steps(value: object) -> object:
    """Read a camera string into the objects it stands for."""
    if not isinstance(value, str):
        return value
    from pipelines.camera import parse_camera

    return [
        {"move": step.move, "amount": step.amount, "easing": step.easing}
        for step in parse_camera(value)
    ]


class Part(Documented):
    """Base of every part."""

    model_config = ConfigDict(allow_inf_nan=False)


class SourceRef(Part):
    """Where a service finds the still; absent when the still is handed over beside the recipe."""

    url: str | None = None
    """An http(s) address to fetch."""
    id: str | None = None
    """The name of a source that was uploaded before."""
    base64: str | None = None
    """The file's bytes."""

    @model_validator(mode="after")
    def _one(self) -> SourceRef:
        if sum(value is not None for value in (self.url, self.id, self.base64)) != 1:
            raise InvalidRecipe(
                "source does not say where the still is",
                allowed="exactly one of url, id, base64",
                fix='write it as {"url": "https://…"}',
            )
        return self


class LoraSpec(Part):
    """A LoRA on top of an img2img model."""

    name: str
    """Its name in the model store."""
    scale: float = Field(default=1.0, ge=-2.0, le=2.0)
    """Its weight."""


class LookSpec(Part):
    """What the still is turned into before it moves."""

    name: Annotated[str, AfterValidator(_look)] = "natural"
    """A look's name."""
    strength: float | None = Field(default=None, ge=0.0, le=1.0)
    """0 leaves the still bit for bit as it is, 1 is the full look. Absent is 1 for ``grade`` and
    the look's own denoising strength for ``img2img``."""
    prompt: str | None = None
    """img2img: words that join the look's own prompt."""
    negative_prompt: str | None = None
    """img2img: what to avoid, beside what the look avoids."""
    engine: Annotated[str, AfterValidator(_still_engine)] = "grade"
    """The still engine: ``grade`` on the CPU, or ``img2img``."""
    model: str | None = None
    """img2img: name of the weights; absent is the best in the model store."""
    guidance_scale: float | None = Field(default=None, ge=0.0, le=30.0)
    """img2img: weight of the prompt; absent is the model's default."""
    num_inference_steps: int | None = Field(default=None, ge=1, le=200)
    """img2img: denoising steps of the full schedule; absent is the model's default."""
    scheduler: str | None = None
    """img2img: name of the scheduler; absent is the model's own."""
    loras: tuple[Annotated[LoraSpec, BeforeValidator(_named)], ...] = ()
    """img2img: LoRAs on top of the model."""
    reference: str | None = None
    """img2img: path of a picture whose style a series keeps."""
    reference_scale: float = Field(default=0.6, ge=0.0, le=1.0)
    """img2img: weight of the reference."""
    structure: Structure = "none"
    """img2img: what of the still a ControlNet locks."""
    structure_scale: float = Field(default=1.0, ge=0.0, le=2.0)
    """img2img: weight of that lock."""
    variations: int = Field(default=1, ge=1, le=16)
    """img2img: pictures made in one batch; the first one is animated."""

    @property
    def amount(self) -> float:
        """The strength that counts."""
        if self.strength is not None:
            return self.strength
        if self.engine == DEFAULT_STILL_ENGINE:
            return 1.0
        from pipelines.still import LOOKS

        return LOOKS[self.name].strength


class CameraStep(Part):
    """One move of the camera."""

    move: str
    """A camera's name, with or without a direction: ``orbit``, ``slide-left``."""
    amount: float | None = None
    """In the move's unit (degrees, subject distances, ratio); absent is its calm default."""
    easing: str | None = None
    """How a one-way move starts and stops; closed moves are sines."""

    @model_validator(mode="after")
    def _known(self) -> CameraStep:
        from pipelines.camera import parse_camera

        parse_camera([self.model_dump()])
        return self


class AmbientSpec(Part):
    """Something alive in the scene."""

    name: Annotated[str, AfterValidator(_effect)]
    """An ambient effect's name."""
    amount: float = Field(default=0.5, ge=0.0, le=1.0)
    """0 is nothing, 0.5 calm, 1 strong."""


class MotionSpec(Part):
    """Who animates the still, and what generative engines are told.

    Whatever is absent is the engine's own default.
    """

    engine: Annotated[str, AfterValidator(_motion_engine)] = AUTO
    """A motion engine's name; ``auto`` takes the best that this machine has."""
    model: str | None = None
    """Name of the weights, or of a server's model."""
    motion_bucket_id: int | None = Field(default=None, ge=1, le=255)
    """How much moves beyond the camera."""
    noise_aug_strength: float | None = Field(default=None, ge=0.0, le=1.0)
    """Noise on the conditioning still."""
    camera_strength: float | None = Field(default=None, ge=0.0, le=1.0)
    """How closely the camera's path is followed; 0 leaves the motion to the model."""
    fps: int | None = Field(default=None, ge=1, le=60)
    """Frame rate the model is conditioned on; the output's is the format's."""
    num_frames: int | None = Field(default=None, ge=2, le=128)
    """Frames the model makes; they are brought to the output's number."""
    num_inference_steps: int | None = Field(default=None, ge=1, le=200)
    """Denoising steps of the full schedule."""
    min_guidance_scale: float | None = Field(default=None, ge=0.0, le=30.0)
    """Guidance of the first frame."""
    max_guidance_scale: float | None = Field(default=None, ge=0.0, le=30.0)
    """Guidance of the last frame, or of the middle one in a closed loop."""
    decode_chunk_size: int | None = Field(default=None, ge=1, le=128)
    """Latent frames decoded at once: fewer need less memory."""
    mask: str | None = None
    """Path of a mask of the still's size: white is where anything but the camera may move."""
    latent_shift: bool = True
    """Whether a closed loop is made by shifting the latents in time."""
    colour_hold: bool = True
    """Whether each frame's colours are tied to the still's."""
    interpolation: Interpolation = "auto"
    """How frames are brought to the output's rate."""
    feature_cache: int = Field(default=1, ge=1, le=10)
    """Deep features are kept for this many steps; 1 computes them at each."""

    @property
    def given(self) -> tuple[str, ...]:
        """The keys, beside the engine, that say something other than their default."""
        return tuple(
            key
            for key in MotionSpec.model_fields
            if key != "engine" and getattr(self, key) != MotionSpec.model_fields[key].default
        )


Look: TypeAlias = Annotated[
    LookSpec, BeforeValidator(_named, json_schema_input_type=str | LookSpec)
]
Camera: TypeAlias = Annotated[
    tuple[CameraStep, ...],
    BeforeValidator(_steps, json_schema_input_type=str | tuple[CameraStep, ...]),
]
Ambient: TypeAlias = Annotated[
    tuple[AmbientSpec, ...],
    BeforeValidator(_effects, json_schema_input_type=str | tuple[str | AmbientSpec, ...]),
]
Formats: TypeAlias = Annotated[
    tuple[Annotated[str, AfterValidator(_format)], ...],
    BeforeValidator(_split, json_schema_input_type=str | tuple[str, ...]),
]


Protect: TypeAlias = Annotated[
    tuple[Protected, ...],
    BeforeValidator(_split, json_schema_input_type=str | tuple[Protected, ...]),
]
