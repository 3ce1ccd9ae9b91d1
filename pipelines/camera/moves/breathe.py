"""Breathe: a tiny push and return, the safest default."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, translation


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose(camera=translation(z=-amount * beat.swell))


MOVE = Move(
    title="Breathe",
    description="A tiny push in and return, slow as breath.",
    unit="subject distances",
    default=0.035,
    limits=(-0.3, 0.3),
    pose=_pose,
)
