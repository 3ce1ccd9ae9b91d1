"""Circle: a small closed ring about the product; most depth for least travel."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, about, rotation


def _pose(beat: Beat, amount: float) -> Pose:
    sideways = rotation("y", amount * beat.sway)
    upward = rotation("x", 2 * abs(amount) * beat.swell)
    return Pose(camera=about(beat.pivot, upward @ sideways))


MOVE = Move(
    title="Circle",
    description="A small ring, always looking at the product: most depth, least travel.",
    unit="degrees",
    default=2.0,
    limits=(-20.0, 20.0),
    pose=_pose,
    directions={"right": 1, "left": -1},
)
