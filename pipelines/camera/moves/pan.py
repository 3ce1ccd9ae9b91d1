"""Pan: the camera turns left or right on the spot."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, rotation


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose(camera=rotation("y", -amount * beat.sway))


MOVE = Move(
    title="Pan",
    description="The camera turns on the spot; no parallax (sliding is slide or truck).",
    unit="degrees",
    default=1.2,
    limits=(-20.0, 20.0),
    pose=_pose,
    directions={"right": 1, "left": -1},
)
