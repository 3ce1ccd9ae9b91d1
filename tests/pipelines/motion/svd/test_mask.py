"""The motion mask: outside it the guide, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from pipelines.arrays import Mask
from pipelines.context import Context
from pipelines.motion.svd.denoise import Lead
from pipelines.motion.svd.pipeline import DirectedPipeline
from pipelines.motion.svd.region import Region
from tests.pipelines.motion.svd.shots import animate, generate, guide_again, make_shot, masked
from tests.stills import disc, psnr, textured
from tests.tiny.svd import SIDE

HALF: Mask = np.repeat(np.arange(SIDE)[None] >= SIDE // 2, SIDE, axis=0).astype(np.float32)
"""The right half may move."""


def test_held_latents_have_exactly_the_noise_of_the_step() -> None:
    shape = (1, 2, 4, 8, 8)
    generator = torch.Generator().manual_seed(1)
    guide, noise, latents = (torch.randn(shape, generator=generator) for _ in range(3))
    moving = torch.zeros(1, 2, 1, 8, 8)
    moving[..., 4:] = 1.0
    moving[..., 3] = 0.25
    held = Lead(guide, noise, moving).hold(latents, 2.5)
    wanted = guide + 2.5 * noise
    torch.testing.assert_close(held[..., :3], wanted[..., :3], rtol=0, atol=0)
    torch.testing.assert_close(held[..., 4:], latents[..., 4:], rtol=0, atol=0)
    soft = 0.75 * wanted[..., 3] + 0.25 * latents[..., 3]
    torch.testing.assert_close(held[..., 3], soft)
    clean = Lead(guide, noise, moving).hold(latents, 0.0)
    torch.testing.assert_close(clean[..., :3], guide[..., :3], rtol=0, atol=0)


@pytest.mark.parametrize("strength", [0.0, 0.5])
def test_at_every_step_what_is_outside_is_the_guide_at_that_noise(
    strength: float, job: Context, pipeline: DirectedPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Watched at the network's own input, after the scheduler's scaling."""
    shot = make_shot(
        job, still=masked(textured(SIDE, SIDE), HALF), camera="locked", camera_strength=strength
    )
    inputs: list[tuple[float, torch.Tensor]] = []
    scale = type(pipeline.scheduler).scale_model_input

    def spy(scheduler: object, sample: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
        inputs.append((float((4 * timestep).exp()), sample[:1]))  # the timestep is ln(σ) / 4
        return scale(scheduler, sample, timestep)

    monkeypatch.setattr(type(pipeline.scheduler), "scale_model_input", spy)
    generate(pipeline, shot, job)
    outside = [(sigma, latents[..., :7]) for sigma, latents in inputs]
    (first_sigma, first), *later = outside[strength == 0 :]
    # Two levels give the line z + σ·ε that all others must lie on.
    (last_sigma, last) = later[-1]
    noise = (first - last) / (first_sigma - last_sigma)
    clean = last - last_sigma * noise
    for sigma, latents in later:
        torch.testing.assert_close(latents, clean + sigma * noise, rtol=1e-3, atol=1e-3)
    assert noise.std() == pytest.approx(1.0, abs=0.1)


def test_outside_the_mask_the_frames_are_the_guides(job: Context) -> None:
    still = masked(textured(SIDE, SIDE), HALF)
    shot = make_shot(job, still=still, camera="locked", camera_strength=0.3)
    frames = animate(shot, job).stack()
    held = frames[:, :, : SIDE // 2]
    np.testing.assert_array_equal(held, np.stack([still.pixels[:, : SIDE // 2]] * len(frames)))
    free = frames[:, :, SIDE // 2 + 12 :].astype(int)
    assert np.abs(np.diff(free, axis=0)).mean() > 2


def test_the_models_own_frames_are_the_guides_outside_too(
    job: Context, pipeline: DirectedPipeline
) -> None:
    """Before the guide's own pixels are laid over them; the decoder's reach leaves a margin."""
    still = masked(textured(SIDE, SIDE), HALF)
    shot = make_shot(job, still=still, camera="locked", camera_strength=0.3, colour_hold=False)
    frames, _ = generate(pipeline, shot, job)
    again = guide_again(pipeline, shot)
    assert psnr(frames[:, :, :12], again[:, :, :12]) > 30
    assert psnr(frames[:, :, -12:], again[:, :, -12:]) < 24


def test_under_a_moving_camera_the_mask_moves_with_the_scene(job: Context) -> None:
    """The region of a disc on a plane is where the plane's homography takes the disc."""
    moving = disc(128, 128, 64, 64, 20)
    still = masked(textured(128, 128), moving)
    shot = make_shot(job, still=still, camera="truck=0.1", size=(128, 128), count=5)
    assert shot.guide is not None
    clip = shot.guide(128, 128, 5)
    region = Region(shot, moving, clip.camera, 0.02)
    painted = replace(still, pixels=np.repeat((moving * 255)[..., None], 3, 2).astype(np.uint8))
    white = make_shot(job, still=painted, camera="truck=0.1", size=(128, 128), count=5)
    assert white.guide is not None
    seen = white.guide(128, 128, 5)
    for index in (0, 2, 4):
        expected = seen.render(index)[..., 0] > 127
        allowed = region.at(index) > 0
        overlap = (expected & allowed).sum() / (expected | allowed).sum()
        assert overlap > 0.9
    centres = [np.argwhere(region.at(index) > 0.5)[:, 1].mean() for index in (0, 4)]
    focal, shift = clip.camera.intrinsics[0, 0, 0], clip.camera.world_to_camera[4, 0, 3]
    assert centres[1] - centres[0] == pytest.approx(focal * shift, abs=1)


def test_the_border_is_soft_and_inside(job: Context) -> None:
    moving = disc(96, 96, 48, 48, 30)
    shot = make_shot(job, still=masked(textured(96, 96), moving), camera="locked", size=(96, 96))
    assert shot.guide is not None
    share = Region(shot, moving, shot.guide(96, 96, 2).camera, 0.1).at(1)
    assert share[cv2.erode(moving, np.ones((3, 3))) < 0.5].max() < 0.1
    assert share[48, 48] == 1
    steps = np.abs(np.diff(share[48]))
    assert 0 < steps.max() < 0.3
