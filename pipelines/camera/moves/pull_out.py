"""Pull out: the camera backs away and shows more of the scene."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, translation


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose(camera=translation(z=amount * beat.swell))


MOVE = Move(
    title="Pull out",
    description="The camera backs away from the product, then returns softly.",
    unit="subject distances",
    default=0.08,
    limits=(-0.4, 0.4),
    pose=_pose,
)
