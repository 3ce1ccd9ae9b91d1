"""Handheld: a small irregular sway."""

from __future__ import annotations

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose, rotation, translation


def _pose(beat: Beat, amount: float) -> Pose:
    turn = rotation("y", amount * beat.tremble("pan")) @ rotation(
        "x", amount * beat.tremble("tilt")
    )
    drift = translation(0.02 * amount * beat.tremble("x"), 0.02 * amount * beat.tremble("y"))
    return Pose(camera=rotation("z", 0.4 * amount * beat.tremble("roll")) @ turn @ drift)


MOVE = Move(
    title="Handheld",
    description="A calm hand holds the camera: small, irregular sway.",
    unit="degrees",
    default=0.35,
    limits=(0.0, 3.0),
    pose=_pose,
)
