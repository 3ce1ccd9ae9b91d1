"""The request: what a person asks of one still, as JSON, as options or as an object.

Short strings and full objects both parse (``"look": "golden-hour"`` or ``"look": {"name":
"golden-hour", "strength": 0.6}``). Whatever does not parse becomes one sentence here, and nowhere
else: :func:`parse_spec` is the edge where pydantic's errors turn into ours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from pipelines.errors import InvalidRecipe
from pipelines.media import LoopMode
from pipelines.parts import (
    Ambient,
    Camera,
    CameraStep,
    Formats,
    Look,
    LookSpec,
    MotionSpec,
    Part,
    Protect,
    SourceRef,
)
from pipelines.refusal import refusal

Quality = Literal["draft", "final"]


def _orbit() -> tuple[CameraStep, ...]:
    return (CameraStep(move="orbit"),)


class RenderSpec(Part):
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
    protect: Protect = ("subject",)
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
