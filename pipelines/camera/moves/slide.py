"""Slide: a sideways glide that keeps the product in place."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, translation

HOLD = 0.85
"""Share of the product's drift that the lens shift takes back."""


def _pose(beat: Beat, amount: float) -> Pose:
    shift = amount * beat.sway
    return Pose(camera=translation(x=-shift), shift=(HOLD * shift, 0.0))


MOVE = Move(
    title="Slide",
    description="A sideways glide: the layers part, the product nearly keeps its place.",
    unit="subject distances",
    default=0.05,
    limits=(-0.5, 0.5),
    pose=_pose,
    directions={"right": 1, "left": -1},
)
