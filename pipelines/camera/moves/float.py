"""Float: the product hovers."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, about, rotation, translation


def _pose(beat: Beat, amount: float) -> Pose:
    lift = translation(y=-amount * beat.swell)
    return Pose(subject=lift @ about(beat.pivot, rotation("z", 20.0 * amount * beat.sway)))


MOVE = Move(
    title="Float",
    description="The product lifts off and settles again, weightless.",
    unit="subject distances",
    default=0.018,
    limits=(0.0, 0.2),
    pose=_pose,
    moves_subject=True,
)
