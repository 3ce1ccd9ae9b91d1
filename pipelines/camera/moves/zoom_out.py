"""Zoom out: the lens alone, widening."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose(zoom=1 / (1 + (amount - 1) * beat.swell))


MOVE = Move(
    title="Zoom out",
    description="The lens widens without parallax.",
    unit="focal ratio",
    default=1.08,
    limits=(1.0, 2.0),
    pose=_pose,
    neutral=1.0,
)
