"""Push in: the camera nears the product and depth opens."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, translation


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose(camera=translation(z=-amount * beat.swell))


MOVE = Move(
    title="Push in",
    description="The camera nears the product; depth opens, then it returns softly.",
    unit="subject distances",
    default=0.09,
    limits=(-0.4, 0.4),
    pose=_pose,
)
