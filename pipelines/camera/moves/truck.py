"""Truck: the camera slides sideways without turning."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, translation


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose(camera=translation(x=-amount * beat.sway))


MOVE = Move(
    title="Truck",
    description="The camera slides sideways; near things pass faster than far ones.",
    unit="subject distances",
    default=0.03,
    limits=(-0.5, 0.5),
    pose=_pose,
    directions={"right": 1, "left": -1},
    preset=False,
)
