"""The camera's strength: where denoising starts, and how near the guide it ends."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from pipelines.context import Context
from pipelines.motion.svd.denoise import Lead, first_latents
from pipelines.motion.svd.pipeline import DirectedPipeline
from pipelines.motion.svd.start import Start, draw_noise, find_start
from tests.pipelines.motion.svd.shots import generate, guide_again, make_shot
from tests.stills import psnr
from tests.tiny.svd import make_scheduler


def full_schedule(steps: int) -> list[float]:
    """Return the library's noise levels."""
    scheduler = make_scheduler()
    scheduler.set_timesteps(steps)
    return [float(sigma) for sigma in scheduler.sigmas]


def test_strength_walks_the_schedule_from_its_first_step_to_its_last() -> None:
    steps = 25
    full = full_schedule(steps)
    for k in range(1, steps):
        start = find_start(make_scheduler(), steps, k / (steps - 1))
        assert start.step == pytest.approx(k)
        assert start.sigmas == pytest.approx(full[k:], rel=1e-5)
        assert start.steps == steps - k
    assert find_start(make_scheduler(), steps, 0.0) == Start(0.0, full[0], None, steps)


def test_the_default_strength_starts_where_camtrols_samples_do() -> None:
    assert 10 <= find_start(make_scheduler(), 25, 0.45).step <= 12


def test_the_same_strength_is_the_same_noise_for_any_number_of_steps() -> None:
    for strength in (0.2, 0.45, 0.8):
        levels = [find_start(make_scheduler(), steps, strength).sigma for steps in (4, 7, 25, 60)]
        assert levels == pytest.approx([levels[0]] * 4, rel=1e-3)


def test_more_strength_is_less_noise() -> None:
    levels = [find_start(make_scheduler(), 6, share / 20).sigma for share in range(21)]
    assert all(earlier > later for earlier, later in pairwise(levels))


def test_the_pipeline_receives_the_guide_under_noise_of_exactly_that_level(
    pipeline: DirectedPipeline,
) -> None:
    """The pipeline multiplies by √(σ² + 1), so what it makes of our latents is z + σ·ε."""
    start = find_start(pipeline.scheduler, 10, 0.5)
    guide = torch.full((1, 6, 4, 16, 16), 3.0)
    noise = torch.randn(guide.shape, generator=torch.Generator().manual_seed(0))
    given = first_latents(pipeline, start, Lead(guide, noise, None))
    begun = given * (start.sigma**2 + 1) ** 0.5
    torch.testing.assert_close(begun, guide + start.sigma * noise)
    pure = first_latents(
        pipeline, find_start(pipeline.scheduler, 10, 0.0), Lead(guide, noise, None)
    )
    torch.testing.assert_close(pure, noise, rtol=0, atol=0)


def test_noise_is_drawn_as_the_stock_pipeline_draws_it() -> None:
    generator = torch.Generator().manual_seed(11)
    torch.randn(1, 3, 32, 48, generator=generator)
    expected = torch.randn(1, 6, 4, 8, 12, generator=generator)
    drawn = draw_noise(11, (48, 32), (1, 6, 4, 8, 12), torch.float32)
    torch.testing.assert_close(drawn, expected, rtol=0, atol=0)


def test_the_stronger_the_camera_the_nearer_the_guide(
    job: Context, pipeline: DirectedPipeline
) -> None:
    """Even a random network converges, since less and less is left for it to do."""
    likeness = []
    for strength in (0.7, 0.8, 0.9, 1.0):
        shot = make_shot(job, camera_strength=strength, colour_hold=False)
        frames, _ = generate(pipeline, shot, job)
        likeness.append(psnr(frames, guide_again(pipeline, shot)))
    assert all(later > earlier + 2 for earlier, later in pairwise(likeness)), likeness
    assert likeness[0] < 22
    assert likeness[-1] > 50


def test_what_is_led_depends_on_the_path_and_what_is_not_does_not(
    job: Context, pipeline: DirectedPipeline
) -> None:
    def frames(camera: str, strength: float) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        shot = make_shot(job, camera=camera, camera_strength=strength, colour_hold=False)
        return generate(pipeline, shot, job)[0]

    assert (frames("orbit", 0.8) != frames("push-in", 0.8)).mean() > 0.3
    np.testing.assert_array_equal(frames("orbit", 0.0), frames("push-in", 0.0))


def test_the_report_says_where_it_started(job: Context, pipeline: DirectedPipeline) -> None:
    shot = make_shot(job, camera_strength=0.5, num_inference_steps=9)
    details = generate(pipeline, shot, job)[1].details
    assert details["start_step"] == 4
    assert details["start_sigma"] == pytest.approx(full_schedule(9)[4], abs=1e-3)
    assert details["steps_taken"] == 5
