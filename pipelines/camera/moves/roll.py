"""Roll: the horizon rocks."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, rotation


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose(camera=rotation("z", amount * beat.sway))


MOVE = Move(
    title="Roll",
    description="The picture rocks about the lens axis.",
    unit="degrees",
    default=1.0,
    limits=(-45.0, 45.0),
    pose=_pose,
    directions={"clockwise": 1, "counterclockwise": -1},
)
