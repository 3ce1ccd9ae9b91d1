"""Pedestal: the camera rises or sinks without turning."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, translation


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose(camera=translation(y=amount * beat.sway))


MOVE = Move(
    title="Pedestal",
    description="The camera rises or sinks without tilting.",
    unit="subject distances",
    default=0.03,
    limits=(-0.5, 0.5),
    pose=_pose,
    directions={"up": 1, "down": -1},
    preset=False,
)
