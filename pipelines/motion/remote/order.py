"""What a server is asked for: the shot in the words of the video routes."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import product

from pipelines.arrays import Image
from pipelines.machine import RemoteServer
from pipelines.motion.ambient import AMBIENT
from pipelines.motion.engine import Direction, Shot
from pipelines.motion.parallax.canvas import draw_canvas
from pipelines.pictures import encoded
from pipelines.retime import fade_frames

MOST_PIXELS = 1280 * 720
"""Of a frame asked for: what today's open models are made for; frames are enlarged from there."""

UNIT = 32
"""Sides asked for are multiples of this: the coarsest cell of today's open models."""

EXTRAS = (
    "motion_bucket_id",
    "noise_aug_strength",
    "camera_strength",
    "min_guidance_scale",
    "max_guidance_scale",
    "decode_chunk_size",
)
"""Parts of a direction that the shape has no field for; they travel in ``extra_params``."""

KEYFRAMES = {"task": "fl2va", "frame_indices": [0, -1]}
"""Says that the two pictures are the first and the last frame, as vLLM-Omni reads it."""

File = tuple[str, tuple[str, bytes, str]]
"""A form field: its name, then file name, bytes and media type."""


@dataclass(frozen=True, eq=False)
class Order:
    """One video to be made.

    Attributes:
        width, height: of the frames asked for, multiples of `UNIT`.
        seconds: that are needed; the server is asked for whole ones.
        fields: of the form, but for its files.
        files: of the form.
    """

    width: int
    height: int
    seconds: float
    fields: dict[str, str]
    files: list[File]


def write_order(shot: Shot, remote: RemoteServer) -> Order:
    """Say what ``shot`` needs.

    The still is drawn at the very size asked for. Where that shape is not quite the shot's, the
    server sees it squeezed by that little, and it comes out again when the frames are brought to
    the shot's size.
    """
    width, height = choose_size(shot.width, shot.height)
    keyframes = remote.keyframes and shot.path.closed
    fading = shot.path.closed and not keyframes
    frames = shot.count + (fade_frames(shot.fps, shot.count) if fading else 0)
    still = draw_canvas(shot.still, shot.framing, width, height, margin=0).pixels
    seconds = frames / shot.fps
    fields = {
        "prompt": describe(shot),
        "model": shot.direction.model or remote.model,
        "size": f"{width}x{height}",
        "seconds": max(1, math.ceil(seconds - 1e-6)),
        **_numbers(shot.direction),
        "extra_params": _extras(shot.direction, keyframes),
    }
    given = {name: str(value) for name, value in fields.items() if value not in (None, "")}
    return Order(width, height, seconds, given, _files(still, keyframes))


def choose_size(width: int, height: int) -> tuple[int, int]:
    """Return the (width, height) to ask for: near the shot's own, within `MOST_PIXELS`.

    >>> choose_size(1080, 1920), choose_size(1080, 1350), choose_size(480, 600)
    ((704, 1280), (864, 1056), (480, 608))
    """
    scale = min(1.0, math.sqrt(MOST_PIXELS / (width * height)))
    wanted = width * scale, height * scale

    def cost(size: tuple[int, int]) -> float:
        wider, taller = (math.log(got / want) for got, want in zip(size, wanted, strict=True))
        return abs(wider - taller) + abs(wider + taller)  # off the shape, off the area

    across, down = (
        [UNIT * max(1, round(want / UNIT) + step) for step in (-1, 0, 1)] for want in wanted
    )
    fitting = [size for size in product(across, down) if size[0] * size[1] <= MOST_PIXELS]
    return min(fitting, key=cost)


def describe(shot: Shot) -> str:
    """Return the prompt: the look's and the user's words, then camera and ambient effects.

    No server follows a camera path or paints our effects; words are all that it can be told.
    """
    parts = [shot.direction.prompt or "the same scene, alive"]
    if shot.path.steps and shot.path.intensity > 0:
        moves = ", ".join(step.move.replace("-", " ") for step in shot.path.steps)
        parts.append(f"camera move: {moves}")
    parts += [AMBIENT[name].title.lower() for name, amount in shot.ambient if amount > 0]
    return ", ".join(parts)


def _numbers(direction: Direction) -> dict[str, object]:
    """Fields that the servers share; what is None is left to them."""
    return {
        "seed": direction.seed,
        "fps": direction.fps,
        "num_frames": direction.num_frames,
        "num_inference_steps": direction.num_inference_steps,
        "guidance_scale": direction.max_guidance_scale,
        "negative_prompt": direction.negative_prompt,
        "enable_frame_interpolation": "true" if direction.interpolation == "rife" else None,
    }


def _extras(direction: Direction, keyframes: bool) -> str:
    extras = {name: getattr(direction, name) for name in EXTRAS}
    extras = {name: value for name, value in extras.items() if value is not None}
    extras |= KEYFRAMES if keyframes else {}
    return json.dumps(extras, sort_keys=True) if extras else ""


def _files(still: Image, keyframes: bool) -> list[File]:
    """The still as the reference; with keyframes twice, in the field that takes several."""
    png = encoded(still, ".png")
    if not keyframes:
        return [("input_reference", ("still.png", png, "image/png"))]
    return [("input_references", (name, png, "image/png")) for name in ("first.png", "last.png")]
