"""The request: what a person asks of one still, as JSON, as options or as an object.

Short strings and full objects both parse (``"look": "golden-hour"`` or ``"look": {"name":
"golden-hour", "strength": 0.6}``). Whatever does not parse becomes one sentence here, and nowhere
else: :func:`parse_spec` is the edge where pydantic's errors turn into ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from pipelines.errors import InvalidRecipe, UnknownName
from pipelines.media import LoopMode
from pipelines.refusal import refusal

Quality = Literal["draft", "final"]
Protected = Literal["subject", "text"]

AUTO = "auto"
"""The motion engine's name that leaves the choice to the program."""

DEFAULT_ENGINE = "parallax"
"""What `AUTO` takes: runs on any machine, needs no weights."""


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


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )


class SourceRef(_Part):
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


class LookSpec(_Part):
    """What the still is turned into before it moves."""

    name: Annotated[str, AfterValidator(_look)] = "natural"
    """A look's name."""
    strength: float = Field(default=1.0, ge=0.0, le=1.0)
    """0 leaves the still bit for bit as it is, 1 is the full look."""
    prompt: str | None = None
    """Words for engines that read them; absent is the look's own prompt."""
    negative_prompt: str | None = None
    """What those engines avoid; absent is the look's own."""
    engine: Annotated[str, AfterValidator(_still_engine)] = "grade"
    """The still engine."""


class CameraStep(_Part):
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


class AmbientSpec(_Part):
    """Something alive in the scene."""

    name: Annotated[str, AfterValidator(_effect)]
    """An ambient effect's name."""
    amount: float = Field(default=0.5, ge=0.0, le=1.0)
    """0 is nothing, 0.5 calm, 1 strong."""


class MotionSpec(_Part):
    """Who animates the still, and what generative engines are told."""

    engine: Annotated[str, AfterValidator(_motion_engine)] = AUTO
    """A motion engine's name; ``auto`` takes the best that this machine has."""
    motion_bucket_id: int | None = Field(default=None, ge=1, le=255)
    """Generative engines: how much moves beyond the camera; absent is the engine's default."""
    noise_aug_strength: float | None = Field(default=None, ge=0.0, le=1.0)
    """Generative engines: noise on the conditioning still; absent is the engine's default."""
    camera_strength: float | None = Field(default=None, ge=0.0, le=1.0)
    """Generative engines: how closely the path is followed; absent is the engine's default."""

    @property
    def chosen(self) -> str:
        """The engine that does the work."""
        return DEFAULT_ENGINE if self.engine == AUTO else self.engine


def _orbit() -> tuple[CameraStep, ...]:
    return (CameraStep(move="orbit"),)


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


class RenderSpec(_Part):
    """One job: a look, a camera, what else moves, and the formats to deliver."""

    source: SourceRef | None = None
    """Where a service finds the still."""
    look: Look = LookSpec()
    """The look: a name, or an object."""
    backdrop: str | None = None
    """Cut the product out and put it on this: a backdrop's name or the path of a plate."""
    camera: Camera = Field(default_factory=_orbit, min_length=1)
    """The camera: ``"orbit=6,push-in=0.08"``, or a list of objects."""
    intensity: float = Field(default=1.0, ge=0.0, le=2.0)
    """Scales every move of the camera; 0 holds it still."""
    relief: float = Field(default=0.6, ge=0.0, le=2.0)
    """Depth of the scene; 0 is a flat plane."""
    fov_deg: float = Field(default=45.0, ge=10.0, le=120.0)
    """Field of view along the longer side, degrees."""
    depth: str | None = None
    """Path of a depth map of the still's size (white is near); absent is found by itself."""
    mask: str | None = None
    """Path of a mask of the still's size (white is the product); absent is found by itself."""
    ambient: Ambient = ()
    """Ambient effects: ``"steam,haze=0.3"``, or a list of names or objects."""
    motion: MotionSpec = MotionSpec()
    """The motion engine and what it is told."""
    protect: Annotated[
        tuple[Protected, ...],
        BeforeValidator(_split, json_schema_input_type=str | tuple[Protected, ...]),
    ] = ("subject",)
    """What must come through unharmed and is measured: ``subject``, ``text`` (read by OCR)."""
    loop: LoopMode = "closed"
    """How the end meets the start."""
    seconds: float = Field(default=3.0, ge=0.5, le=60.0)
    """Length of one loop, seconds."""
    fps: float | None = Field(default=None, ge=1.0, le=60.0)
    """Frames per second; absent is each format's own rate."""
    formats: Formats = Field(default=("instagram-reel",), min_length=1)
    """Formats to deliver; the first one is the report's."""
    quality: Quality = "final"
    """``draft`` is small and quick and has the same path and framing as ``final``."""
    seed: int = Field(default=0, ge=0, le=2**32 - 1)
    """Seeds everything that has chance in it."""

    def to_json(self) -> str:
        """Return the one canonical text of this recipe: every key that says something, sorted."""
        document = self.model_dump(mode="json", exclude_none=True)
        return json.dumps(document, sort_keys=True, ensure_ascii=False)

    def revised(self, changes: Mapping[str, object]) -> RenderSpec:
        """Return this recipe with ``changes`` laid over it, key by key, and checked again.

        Raises:
            InvalidInput: as :func:`parse_spec`.
        """
        return parse_spec(_overlaid(self.model_dump(mode="json", exclude_none=True), changes))


def parse_spec(data: object) -> RenderSpec:
    """Read a recipe.

    Args:
        data: a mapping as JSON gives it.

    Raises:
        UnknownName: a key or a name that does not exist; names the nearest.
        OutOfRange: a number outside its range.
        InvalidRecipe: anything else that does not parse.

    >>> parse_spec({"seconds": 2}).seconds
    2.0
    """
    try:
        return RenderSpec.model_validate(data)
    except ValidationError as error:
        raise refusal(error, RenderSpec) from None


def load_recipe(path: Path) -> RenderSpec:
    """Read a recipe file: a RenderSpec as JSON, or a report that holds one.

    Raises:
        InvalidInput: the file cannot be read, is not JSON, or as :func:`parse_spec`.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidRecipe(
            f"the recipe {path} cannot be read ({error.strerror})",
            actual=str(path),
            fix="give the path of a JSON file",
        ) from error
    except ValueError as error:
        raise InvalidRecipe(
            f"the recipe {path} is not JSON ({error})",
            actual=str(path),
            allowed="a RenderSpec as JSON",
            fix="mend the file or leave --recipe out",
        ) from error
    if isinstance(data, dict) and "recipe" in data:
        data = data["recipe"]
    return parse_spec(data)


def _overlaid(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in changes.items():
        below = result.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            value = _overlaid(below, value)
        result[key] = value
    return result
