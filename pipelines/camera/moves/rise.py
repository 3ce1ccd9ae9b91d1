"""Rise: the camera lifts straight up."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, translation

HOLD = 0.85
"""Share of the product's drift that the lens shift takes back."""


def _pose(beat: Beat, amount: float) -> Pose:
    climb = amount * beat.sway
    return Pose(camera=translation(y=climb), shift=(0.0, -HOLD * climb))


MOVE = Move(
    title="Rise",
    description="The camera lifts and sinks without tilting; the ground opens and closes.",
    unit="subject distances",
    default=0.05,
    limits=(-0.5, 0.5),
    pose=_pose,
    directions={"up": 1, "down": -1},
)
