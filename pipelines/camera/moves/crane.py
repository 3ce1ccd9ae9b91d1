"""Crane: an arc over the product, which stays centred."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, about, rotation


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose(camera=about(beat.pivot, rotation("x", amount * beat.sway)))


MOVE = Move(
    title="Crane",
    description="The camera rises over the product and sinks again, always looking at it.",
    unit="degrees",
    default=3.0,
    limits=(-30.0, 30.0),
    pose=_pose,
    directions={"up": 1, "down": -1},
)
