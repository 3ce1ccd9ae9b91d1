"""Turntable: the product sways on its own axis; the scene stays."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, about, rotation


def _pose(beat: Beat, amount: float) -> Pose:
    return Pose(subject=about(beat.pivot, rotation("y", -amount * beat.sway)))


MOVE = Move(
    title="Turntable",
    description="The product turns a little on a turntable and back; camera and scene stay.",
    unit="degrees",
    default=5.0,
    limits=(-25.0, 25.0),
    pose=_pose,
    directions={"right": 1, "left": -1},
    moves_subject=True,
)
