"""What the engine's clips do, with a small model that learnt to move things (tests/tiny_svd).

Each is measured by instruments that know nothing of the model, and asked of a random denoiser or
of a clip without the feature too, which must fall short.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from pipelines.context import Context
from pipelines.motion.svd.pipeline import DirectedPipeline
from tests.pipelines.motion.svd.shots import generate, guide_again
from tests.pipelines.motion.svd.studio import SIDE, STEPS, WAYS, Studio
from tests.tiny_svd import load_pipeline, measure, scenes, table

SCENES = 3


@pytest.fixture(scope="module")
def trained(job: Context) -> Studio:
    return Studio(DirectedPipeline.of(load_pipeline()), job)


@pytest.fixture(scope="module")
def untrained(job: Context) -> Studio:
    return Studio(DirectedPipeline.of(table.untrained(load_pipeline())), job)


def path_error(studio: Studio, strength: float) -> float:
    """Return the mean distance in pixels from the path that the camera's matrices say."""
    shots = [
        studio.shot(scene, camera, camera_strength=strength)
        for scene, camera in enumerate(WAYS[:SCENES])
    ]
    return float(np.mean([studio.path_error(shot, studio.frames(shot)) for shot in shots]))


def test_the_stronger_the_camera_the_nearer_its_path(trained: Studio, untrained: Studio) -> None:
    """A random network comes near only where so little noise is left that the guide shows."""
    free, half_way, led = (path_error(trained, strength) for strength in (0.0, 0.55, 0.75))
    assert free > half_way + 0.5
    assert half_way > led + 0.5
    assert led < 1.0
    assert path_error(untrained, 0.55) > half_way + 1.0


def flow(studio: Studio, bucket: int) -> float:
    """Return the mean measured speed of clips without a camera, in pixels a frame."""
    shots = [
        studio.shot(scene, "locked", camera_strength=0.0, motion_bucket_id=bucket)
        for scene in range(SCENES)
    ]
    return float(np.mean([measure.flow_speed(studio.frames(shot)) for shot in shots]))


def test_a_larger_bucket_moves_more(trained: Studio, untrained: Studio) -> None:
    flows = [flow(trained, bucket) for bucket in table.BUCKETS]
    assert all(faster > slower for slower, faster in pairwise(flows))
    assert flows[-1] > 1.5 * flows[0]
    control = [flow(untrained, bucket) for bucket in (table.BUCKETS[0], table.BUCKETS[-1])]
    assert control[1] < 1.1 * control[0]


@pytest.mark.parametrize("held", [True, False])
def test_what_is_masked_stays_while_the_rest_moves(held: bool, trained: Studio) -> None:
    moving = np.zeros((2 * SIDE, 2 * SIDE), np.float32)
    moving[:, SIDE:] = 1
    for scene in range(SCENES):
        mask = moving if held else None
        shot = trained.shot(scene, "locked", mask, camera_strength=0.0, motion_bucket_id=250)
        clip = trained.frames(shot)
        left, right = clip[:, :, : SIDE // 2 - 4], clip[:, :, SIDE // 2 + 8 :]
        ratio = measure.restlessness(left) / measure.restlessness(right)
        assert ratio < 0.15 if held else ratio > 0.5


def loops(studio: Studio, **said: bool) -> tuple[list[float], float]:
    """Return the seam of each clip as it was generated, and the mean speed of all."""
    seams, speeds = [], []
    for scene in range(SCENES):
        shot = studio.shot(scene, "locked", camera_strength=0.0, **said)  # type: ignore[arg-type]
        film = generate(studio.pipeline, shot, studio.job)[1].film
        frames = np.stack([film.at(i / film.length) for i in range(scenes.NUM_FRAMES)])
        seams.append(measure.seam_ratio(frames))
        speeds.append(measure.flow_speed(frames))
    return seams, float(np.mean(speeds))


def test_a_closed_path_closes_and_still_moves(trained: Studio) -> None:
    """Its seam is that of any other pair; without the shift it is the jump of an open path."""
    closed, speed = loops(trained, closed=True)
    unshifted, _ = loops(trained, closed=True, latent_shift=False)
    opened, free = loops(trained, closed=False)
    assert max(closed) < 1.8
    assert np.mean(opened) > np.mean(closed) + 0.7
    assert np.mean(unshifted) > np.mean(closed) + 0.7
    assert speed > 0.5 * free


def test_near_the_end_little_is_left_to_do_and_that_is_done_well(
    trained: Studio, untrained: Studio
) -> None:
    """Two-sided: a wrong scale, level or amount of noise leaves it too far or too near."""

    def likeness(studio: Studio) -> float:
        shots = [
            studio.shot(scene, WAYS[scene], camera_strength=9 / (STEPS - 1))
            for scene in range(SCENES)
        ]
        pairs = [(studio.frames(shot), guide_again(studio.pipeline, shot)) for shot in shots]
        return float(np.mean([measure.psnr(*pair) for pair in pairs]))

    assert 31 < likeness(trained) < 36
    assert likeness(untrained) < 30
