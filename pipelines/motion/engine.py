"""The contract of a motion engine: a shot in, a clip out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pipelines.camera import CameraPath
from pipelines.context import Context
from pipelines.media import Clip, Framing, Still
from pipelines.registry import Registry

Interpolation = Literal["auto", "rife", "flow"]

Guide = Callable[[int, int, int], Clip]
"""``guide(width, height, count)``: the parallax clip of the shot's path at that size."""


@dataclass(frozen=True, eq=False)
class Direction:
    """What generative engines are told; None is the engine's own default.

    Attributes:
        model: name of the weights, or of a server's model.
        prompt, negative_prompt: words, for engines that read them.
        motion_bucket_id: how much moves, 1..255.
        noise_aug_strength: noise on the conditioning still, 0..1.
        camera_strength: how closely the path is followed, 0 (not at all) to 1.
        fps: frame rate the model is conditioned on, not the output's.
        num_frames: frames the model makes; the finish brings them to the shot's count.
        num_inference_steps: denoising steps of the full schedule.
        min_guidance_scale, max_guidance_scale: guidance at the first and the last frame.
        decode_chunk_size: latent frames decoded at once.
        latent_shift: whether a closed loop is made by shifting latents in time.
        colour_hold: whether each frame's colours are tied to the still's.
        interpolation: how frames are brought to the output's rate.
        feature_cache: deep features are kept for this many steps; 1 computes each anew.
        seed: of the model's noise.
    """

    model: str | None = None
    prompt: str | None = None
    negative_prompt: str | None = None
    motion_bucket_id: int | None = None
    noise_aug_strength: float | None = None
    camera_strength: float | None = None
    fps: int | None = None
    num_frames: int | None = None
    num_inference_steps: int | None = None
    min_guidance_scale: float | None = None
    max_guidance_scale: float | None = None
    decode_chunk_size: int | None = None
    latent_shift: bool = True
    colour_hold: bool = True
    interpolation: Interpolation = "auto"
    feature_cache: int = 1
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Shot:
    """All an engine needs to animate one still for one output.

    Attributes:
        still: the first frame's picture, grown where the output shows more than it had.
        framing: the window of the still that frame 0 shows.
        path: the camera move.
        width, height: of the frames, in pixels.
        fps: frames per second.
        count: number of frames.
        relief: depth of the scene; 0 is a flat plane.
        fov_deg: field of view along the longer side, degrees.
        ambient: (name, amount 0..1) of each ambient effect.
        direction: what generative engines are told.
        guide: makes the parallax clip of the same path at another size; None where there is none.
    """

    still: Still
    framing: Framing
    path: CameraPath
    width: int
    height: int
    fps: float
    count: int
    relief: float = 0.6
    fov_deg: float = 45.0
    ambient: tuple[tuple[str, float], ...] = field(default=())
    direction: Direction = field(default_factory=Direction)
    guide: Guide | None = None


class MotionEngine(Protocol):
    """Makes a clip of a still. It begins with the framed still, as closely as the engine can."""

    @property
    def title(self) -> str:
        """A few words for people."""

    def animate(self, shot: Shot, context: Context) -> Clip:
        """Prepare what is costly and return a clip whose frames render on demand.

        Raises:
            Cancelled: the context was cancelled.
            MissingCapability: the machine lacks what this engine needs.
        """


MOTION_ENGINES: Registry[MotionEngine] = Registry(
    "pipelines.motion.engines",
    "ENGINE",
    "motion engine",
    extras={"svd": "diffusion", "remote": "remote"},
)
