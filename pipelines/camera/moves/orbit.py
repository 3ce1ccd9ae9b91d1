"""Orbit: an arc round the product, which stays centred."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, about, rotation


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose(camera=about(beat.pivot, rotation("y", amount * beat.sway)))


MOVE = Move(
    title="Orbit",
    description="The camera swings round the product and back, always looking at it.",
    unit="degrees",
    default=4.0,
    limits=(-30.0, 30.0),
    pose=_pose,
    directions={"right": 1, "left": -1},
)
