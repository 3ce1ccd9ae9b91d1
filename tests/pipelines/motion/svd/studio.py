"""The trained toy at work on scenes that it never saw, by the engine's own way."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipelines.arrays import Frames, Mask
from pipelines.context import Context
from pipelines.media import Framing
from pipelines.motion.engine import Shot
from pipelines.motion.svd.pipeline import DirectedPipeline
from tests.pipelines.motion.svd.shots import generate, make_shot
from tests.stills import make_still
from tests.tiny_svd import measure, scenes, table

STEPS = 12
SIDE = scenes.SIDE

PIXELS = scenes.NUM_FRAMES - 1
"""Length of the one-way paths: one pixel a frame."""

AMOUNT = PIXELS / (0.5 * SIDE / np.tan(np.radians(22.5)))
"""The same in subject distances, by the shot's focal length."""

WAYS = (f"truck={AMOUNT}", f"truck={-AMOUNT}", f"pedestal={AMOUNT}", f"pedestal={-AMOUNT}")


@dataclass(frozen=True, eq=False)
class Studio:
    """A model, and the job in which it works on scenes that it never saw."""

    pipeline: DirectedPipeline
    job: Context

    def shot(self, scene: int, camera: str, moving: Mask | None = None, **said: object) -> Shot:
        """Return a shot of the middle of a scene that is twice as large as the frame."""
        still = replace(make_still(table.unseen(scene + 1)[scene].still(2 * SIDE)), moving=moving)
        plain = {"max_guidance_scale": 1.0, "colour_hold": False, "num_inference_steps": STEPS}
        return make_shot(
            self.job,
            still=still,
            framing=Framing(SIDE / 2, SIDE / 2, SIDE, SIDE, "whole"),
            camera=camera,
            easing="linear",
            size=(SIDE, SIDE),
            count=scenes.NUM_FRAMES,
            **{"seed": scene, **plain, **said},  # type: ignore[arg-type]
        )

    def frames(self, shot: Shot) -> Frames:
        """Return what the model makes of a shot."""
        return generate(self.pipeline, shot, self.job)[0]

    def path_error(self, shot: Shot, frames: Frames) -> float:
        """Return the mean distance in pixels from the path that the camera's matrices say."""
        assert shot.guide is not None
        track = shot.guide(SIDE, SIDE, len(frames)).camera
        wanted = track.world_to_camera[:, :2, 3] * track.intrinsics[0, 0, 0]
        return float(np.linalg.norm(measure.trajectory(frames) - wanted, axis=1)[1:].mean())
