"""Tilt: the camera looks up or down on the spot."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, rotation


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose(camera=rotation("x", -amount * beat.sway))


MOVE = Move(
    title="Tilt",
    description="The camera looks up or down on the spot; no parallax.",
    unit="degrees",
    default=1.2,
    limits=(-20.0, 20.0),
    pose=_pose,
    directions={"up": 1, "down": -1},
)
