"""Locked: a tripod; only ambient effects move."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose()


MOVE = Move(
    title="Locked",
    description="The camera is locked down; only ambient effects move.",
    unit="subject distances",
    default=0.0,
    limits=(0.0, 0.0),
    pose=_pose,
)
