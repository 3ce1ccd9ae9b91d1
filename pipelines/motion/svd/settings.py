"""What a shot is made with: the direction's words, the weights' own wishes, the stock defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from pipelines.errors import InvalidInput, InvalidSource, MissingCapability, require_range
from pipelines.media import Framing
from pipelines.motion.engine import Direction, Interpolation
from pipelines.motion.svd.size import Native

DEFAULTS: Mapping[str, float] = {
    "motion_bucket_id": 127,
    "noise_aug_strength": 0.02,
    "fps": 7,
    "num_inference_steps": 25,
    "min_guidance_scale": 1.0,
    "max_guidance_scale": 3.0,
    "camera_strength": 0.45,
}
"""Those of the stock pipeline. A camera strength of 0.45 starts at step 11 of 25, within the 10 to
12 that CamTrol's samples use."""

RANGES: Mapping[str, tuple[float, float]] = {
    "motion_bucket_id": (1, 255),
    "noise_aug_strength": (0, 1),
    "fps": (1, 60),
    "num_inference_steps": (1, 200),
    "min_guidance_scale": (0, 30),
    "max_guidance_scale": (0, 30),
    "camera_strength": (0, 1),
    "decode_chunk_size": (1, 128),
    "feature_cache": (1, 10),
}

MOST_FRAMES = 2
"""Longest clip, in lengths of those that the model was trained on: it knows no later position."""


@dataclass(frozen=True)
class Settings:
    """All numbers of one generation, named as in the library.

    Attributes:
        width, height: the model works at, pixels.
        camera_strength: 0..1, see :mod:`pipelines.motion.svd.start`.
        decode_chunk_size: latent frames decoded at once.
        feature_cache: steps that deep features are kept for.
        seed: of the model's noise.
    """

    width: int
    height: int
    num_frames: int
    num_inference_steps: int
    fps: int
    motion_bucket_id: int
    noise_aug_strength: float
    min_guidance_scale: float
    max_guidance_scale: float
    camera_strength: float
    decode_chunk_size: int
    feature_cache: int
    seed: int

    def report(self) -> dict[str, object]:
        """Return them for the report."""
        return asdict(self)


def settle(
    direction: Direction, size: tuple[int, int], native: Native, wishes: Mapping[str, float]
) -> Settings:
    """Decide every number of a generation.

    Args:
        direction: what was said; None leaves a number open.
        size: (width, height) the model works at.
        native: what the model was trained on.
        wishes: defaults of these weights, before the stock ones.

    Raises:
        OutOfRange: a number that this model cannot work with.
        MissingCapability: an interpolation that is not there.
        InvalidInput: guidance that is off for the last frame and on for the first.
    """
    _require_interpolation(direction.interpolation)
    frames = direction.num_frames or int(wishes.get("num_frames", native.frames))
    require_range("num_frames", frames, 2, MOST_FRAMES * native.frames)
    defaults = {"decode_chunk_size": frames, **DEFAULTS, **wishes}
    said = {name: getattr(direction, name) for name in RANGES}
    number = {name: defaults[name] if said[name] is None else said[name] for name in RANGES}
    for name, bounds in RANGES.items():
        require_range(name, number[name], *bounds)
    _require_guidance(number["min_guidance_scale"], number["max_guidance_scale"])
    return Settings(
        width=size[0],
        height=size[1],
        num_frames=frames,
        num_inference_steps=int(number["num_inference_steps"]),
        fps=int(number["fps"]),
        motion_bucket_id=int(number["motion_bucket_id"]),
        noise_aug_strength=float(number["noise_aug_strength"]),
        min_guidance_scale=float(number["min_guidance_scale"]),
        max_guidance_scale=float(number["max_guidance_scale"]),
        camera_strength=float(number["camera_strength"]),
        decode_chunk_size=int(number["decode_chunk_size"]),
        feature_cache=direction.feature_cache,
        seed=direction.seed,
    )


def _require_interpolation(asked: Interpolation) -> None:
    """Refuse the one kind that nothing here can load weights for."""
    if asked == "rife":
        raise MissingCapability(
            "interpolation by 'rife' was asked for, and its network is not part of this program",
            actual=asked,
            allowed="auto, flow",
            fix="ask for flow, which carries pictures along their optical flow",
        )


def _require_guidance(least: float, most: float) -> None:
    """Refuse what the library cannot do: the unguided half is left out where ``most`` is 1."""
    if most <= 1 < least:
        raise InvalidInput(
            f"min_guidance_scale is {least:g} while max_guidance_scale is {most:g}, which turns "
            "guidance off",
            actual=least,
            allowed="min_guidance_scale up to 1, or max_guidance_scale above 1",
            fix="raise max_guidance_scale, or leave min_guidance_scale at 1",
        )


def require_detail(framing: Framing, size: tuple[int, int], native: Native) -> None:
    """Refuse a still that shows the model less than one pixel for each of its latents.

    Raises:
        InvalidSource: says the least size.
    """
    width, height = size[0] // native.cell, size[1] // native.cell
    if framing.width >= width and framing.height >= height:
        return
    raise InvalidSource(
        f"the part of the still that is shown has only {framing.width:.0f} × "
        f"{framing.height:.0f} pixels",
        actual=f"{framing.width:.0f} × {framing.height:.0f}",
        allowed=f"at least {width} × {height} pixels for this model",
        fix="use a larger picture, or the engine parallax",
    )
