"""Looks at a clip on its way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.arrays import Image
from pipelines.context import Context
from pipelines.models.preview import EVERY
from pipelines.motion.svd.pipeline import DirectedPipeline
from pipelines.motion.svd.preview import Previews
from tests.pipelines.motion.svd.shots import generate, make_shot
from tests.tiny.svd import SIDE


@pytest.mark.parametrize("strength", [0.0, 0.2])
def test_a_listener_sees_a_picture_every_few_steps(
    strength: float, job: Context, pipeline: DirectedPipeline
) -> None:
    pictures: list[Image] = []
    told: list[tuple[int, int]] = []
    listening = replace(job, preview=pictures.append, progress=lambda _, *count: told.append(count))
    shot = make_shot(job, num_inference_steps=9, camera_strength=strength)
    frames, take = generate(pipeline, shot, listening)
    steps = take.details["steps_taken"]
    assert isinstance(steps, int)
    assert len(pictures) == -(-steps // EVERY)
    assert told[-1][0] == told[-1][1]  # every step is counted beside
    assert pictures[-1].shape == (SIDE // 4, SIDE // 4, 3)
    assert pictures[-1].dtype == np.uint8
    np.testing.assert_array_equal(frames, generate(pipeline, shot, job)[0])


def test_a_scheduler_that_does_not_say_its_aim_is_not_looked_at() -> None:
    pictures: list[Image] = []
    previews = Previews(pictures.append, lambda latent: np.zeros((8, 8, 3), np.uint8))
    previews.look(None)
    assert not pictures
