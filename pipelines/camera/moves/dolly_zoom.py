"""Dolly zoom: the product keeps its size while the background breathes."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, translation


def _pose(beat: Beat, amount: float) -> Pose:
    travelled = amount * beat.swell
    return Pose(camera=translation(z=-travelled), zoom=1 - travelled)


MOVE = Move(
    title="Dolly zoom",
    description="The camera nears while the lens widens: the product holds, the space stretches.",
    unit="subject distances",
    default=0.1,
    limits=(-0.5, 0.5),
    pose=_pose,
)
