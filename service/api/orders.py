"""An order in the words of the video routes → a RenderSpec.

The fields are those that vLLM-Omni and SGLang Diffusion share. What they have and a still in motion
has not (second guidance scales, sound …) is taken and has no effect, so that their clients work
unchanged; a field that nobody knows is refused. Everything of a RenderSpec goes into
``extra_params``, and what is said to a motion engine may stand there without ``motion``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, Field

from pipelines.documented import Documented
from pipelines.errors import UnknownName
from pipelines.parts import AUTO, MotionSpec
from pipelines.spec import RenderSpec
from service.api.bodies import parse_json, validated
from service.problems import Misplaced, Place

MODEL = "stillwave"
"""The model's name that leaves the engine to the service."""

FORMAT = "web-loop"
"""Made unless ``extra_params`` names formats: an MP4 in the still's own shape."""

FPS = 30.0
"""Of that format, when no rate is asked for."""

NO_EFFECT = frozenset(
    {
        "boundary_ratio",
        "enable_frame_interpolation",
        "enable_teacache",
        "flow_shift",
        "frame_interpolation_exp",
        "frame_interpolation_scale",
        "generate_sound",
        "guidance_scale_2",
        "height",
        "n",
        "quality",
        "true_cfg_scale",
        "user",
        "width",
    }
)
"""Fields of other servers that have no meaning for a still in motion."""

KEYFRAMES = frozenset({"task", "frame_indices"})
"""Of ``extra_params``: say that the last frame is the first again. So it is here, in any loop."""

FILES = ("input_reference", "input_references", "image")
"""Fields that hold the still as a file."""

REFERENCES = ("image_reference", "reference_url", "input_reference")
"""Fields that say where the still is: an address, or an object with ``image_url``."""


EXTRA = {
    "type": "string",
    "contentMediaType": "application/json",
    "description": "A RenderSpec's keys as a JSON object; what is said to a motion engine may "
    "stand there without `motion`.",
}


class Order(Documented):
    """The fields that count, as text or as numbers."""

    model_config = ConfigDict(allow_inf_nan=False)

    prompt: str = Field(default="", max_length=4000)
    """What generative engines are told, beside the look's own words."""
    model: str = MODEL
    """``stillwave``, which leaves the engine open, or a motion engine's name."""
    size: str | None = Field(default=None, pattern=r"^([1-9]\d{1,4}x[1-9]\d{1,4})?$")
    """``WIDTHxHEIGHT``; the still's own shape wins."""
    seconds: float | None = Field(default=None, ge=0.5, le=60)
    """Length."""
    fps: float | None = Field(default=None, ge=1, le=60)
    """Frames per second of the file."""
    num_frames: int | None = Field(default=None, ge=2, le=3600)
    """Frames of the file; wins over the seconds."""
    num_inference_steps: int | None = Field(default=None, ge=1, le=200)
    """Denoising steps of generative engines."""
    guidance_scale: float | None = Field(default=None, ge=0, le=30)
    """Their guidance."""
    negative_prompt: str | None = Field(default=None, max_length=4000)
    """What they avoid."""
    seed: int | None = Field(default=None, ge=0, le=2**32 - 1)
    """Seeds everything that has chance in it."""
    extra_params: dict[str, Any] = Field(default_factory=dict)
    """A RenderSpec's keys."""


def read_order(fields: Mapping[str, Any]) -> Order:
    """Read the fields that are not the still.

    Raises:
        Misplaced: a field that nobody knows, or a value that does not parse.
    """
    counted = {
        name: value
        for name, value in fields.items()
        if name not in NO_EFFECT and name not in REFERENCES and value not in ("", None)
    }
    extra = counted.get("extra_params")
    if isinstance(extra, str):
        counted["extra_params"] = parse_json(extra, "extra_params")
    return validated(Order, counted)


def recipe_for(order: Order) -> RenderSpec:
    """Return what an order asks for.

    Raises:
        Misplaced: ``extra_params`` or the model is not known.
    """
    extra = {key: said for key, said in order.extra_params.items() if key not in KEYFRAMES}
    flat = {
        key: extra.pop(key)
        for key in list(extra)
        if key in MotionSpec.model_fields and _is_flat(key)
    }
    document = {"formats": [FORMAT], **extra}
    _overlay(document, "look", {"prompt": order.prompt, "negative_prompt": order.negative_prompt})
    motion = {
        "engine": engine_of(order.model),
        "num_inference_steps": order.num_inference_steps,
        "max_guidance_scale": order.guidance_scale,
    }
    _overlay(document, "motion", motion | flat)
    own = {"fps": order.fps, "seconds": _seconds(order), "seed": order.seed}
    document |= {key: value for key, value in own.items() if value is not None}
    return validated(RenderSpec, document, "/extra_params")


def engine_of(model: str) -> str | None:
    """Return the motion engine that a model's name stands for; None leaves it open.

    Raises:
        Misplaced: no such model.
    """
    from pipelines.motion.engine import MOTION_ENGINES

    names = (MODEL, AUTO, *MOTION_ENGINES.names)
    if model not in names:
        error = UnknownName("model", model, names)
        raise Misplaced(error, [Place(pointer="/model", detail=str(error))])
    return None if model in (MODEL, AUTO) else model


def reference_in(fields: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return the field that says where the still is, and the address or ``data:`` text in it."""
    for name in REFERENCES:
        said = fields.get(name)
        if isinstance(said, str) and said.lstrip().startswith("{"):
            said = parse_json(said, name)
        if isinstance(said, dict):
            said = said.get("image_url") or said.get("url")
        if isinstance(said, dict):
            said = said.get("url")
        if isinstance(said, str) and said:
            return name, said
    return FILES[0], None


def remembered(order: Order) -> dict[str, Any]:
    """Return what is told again about a video, as its job's metadata."""
    said = {"model": order.model, "size": order.size, "prompt": order.prompt[:1000]}
    return {"video": {key: value for key, value in said.items() if value}}


def _is_flat(key: str) -> bool:
    """Whether a key of the motion means the same without ``motion`` around it."""
    return key not in RenderSpec.model_fields


def _seconds(order: Order) -> float | None:
    if order.num_frames is None:
        return order.seconds
    return min(60.0, max(0.5, order.num_frames / (order.fps or FPS)))


def _overlay(document: dict[str, Any], key: str, said: Mapping[str, object]) -> None:
    below = document.get(key, {})
    if isinstance(below, str) and key == "look":
        below = {"name": below}
    if isinstance(below, dict):
        given = {name: value for name, value in said.items() if value not in (None, "")}
        document[key] = {**below, **given}
