"""Static: nothing moves; the neutral axis."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose()


MOVE = Move(
    title="Static",
    description="The camera stays where it is.",
    unit="subject distances",
    default=0.0,
    limits=(0.0, 0.0),
    pose=_pose,
    preset=False,
)
