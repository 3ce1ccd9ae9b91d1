"""Reveal: the camera slides out from behind a blurred near edge."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, translation


def _pose(beat: Beat, amount: float) -> Pose:
    shift = amount * beat.sway
    side = 1.0 if amount >= 0 else -1.0
    return Pose(
        camera=translation(x=-shift),
        shift=(0.85 * shift, 0.0),
        veil=0.4 * side * max(0.0, beat.swell),
    )


MOVE = Move(
    title="Reveal",
    description="The camera slips behind a blurred near edge and comes out again on the product.",
    unit="subject distances",
    default=0.05,
    limits=(-0.4, 0.4),
    pose=_pose,
    directions={"right": 1, "left": -1},
)
