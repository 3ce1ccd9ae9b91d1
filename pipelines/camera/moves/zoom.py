"""Zoom: the lens changes its focal length; nothing moves."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose(zoom=1 + (amount - 1) * beat.swell)


MOVE = Move(
    title="Zoom",
    description="The lens narrows or widens; no parallax (travelling is push-in or dolly).",
    unit="focal ratio",
    default=1.1,
    limits=(0.5, 3.0),
    pose=_pose,
    neutral=1.0,
    preset=False,
)
