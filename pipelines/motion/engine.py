"""The contract of a motion engine: a shot in, a clip out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from pipelines.arrays import Mask
from pipelines.camera import CameraPath
from pipelines.context import Context
from pipelines.media import Clip, Framing, Still
from pipelines.registry import Registry


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
        region: where ambient effects may act, at the still's size; None is everywhere.
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
    region: Mask | None = None


class MotionEngine(Protocol):
    """Makes a clip of a still. Frame 0 of every clip is the framed still itself."""

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
    "pipelines.motion.engines", "ENGINE", "motion engine"
)
