"""Rack focus: the background softens, then the product, then all is sharp."""

from __future__ import annotations

import math

from pipelines.camera.move import Beat, Move
from pipelines.camera.pose import Pose


def _pose(beat: Beat, amount: float) -> Pose:
    wave = math.sin(2 * math.pi * beat.phase)
    held = beat.phase < 0.5 or not beat.closed
    depth = wave * wave if beat.closed else beat.progress
    return Pose(focus=1.0 if held else math.inf, blur=amount * depth)


MOVE = Move(
    title="Rack focus",
    description="Focus holds the product while the background softens, then changes places.",
    unit="% of the short side",
    default=3.0,
    limits=(0.0, 12.0),
    pose=_pose,
)
