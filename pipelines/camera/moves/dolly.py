"""Dolly: the camera travels towards the subject or away from it."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, translation


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose(camera=translation(z=-amount * beat.swell))


MOVE = Move(
    title="Dolly",
    description="The camera travels in or out; depth opens as it goes.",
    unit="subject distances",
    default=0.08,
    limits=(-0.5, 0.5),
    pose=_pose,
    directions={"in": 1, "out": -1},
    preset=False,
)
