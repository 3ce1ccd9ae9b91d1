"""Zoom in: the lens alone; the kindest move for text."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose(zoom=1 + (amount - 1) * beat.swell)


MOVE = Move(
    title="Zoom in",
    description="The lens closes in without parallax; kindest to text.",
    unit="focal ratio",
    default=1.12,
    limits=(1.0, 3.0),
    pose=_pose,
    neutral=1.0,
)
