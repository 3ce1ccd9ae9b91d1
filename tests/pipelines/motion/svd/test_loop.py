"""Loops: what the network sees turns in time, latents are decoded as a circle, seams measured."""

from __future__ import annotations

from itertools import pairwise
from math import gcd
from typing import Any

import numpy as np
import pytest
import torch

from pipelines.arrays import Frames
from pipelines.context import Context
from pipelines.motion.svd.closing import JUMP, close
from pipelines.motion.svd.decode import decode
from pipelines.motion.svd.pipeline import DirectedPipeline
from pipelines.motion.svd.steps import Steps, stride
from tests.oracles import circle, line, moving_clip
from tests.pipelines.motion.svd.shots import animate, generate, make_shot


class Marked:
    """A scheduler of nothing: it shows which frame the network sees where, and what comes back."""

    def __init__(self) -> None:
        self.seen: list[list[int]] = []
        self.back: list[list[int]] = []

    def scale_model_input(self, sample: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
        self.seen.append(sample.flatten().int().tolist())
        return sample

    def step(self, output: torch.Tensor, timestep: torch.Tensor, sample: torch.Tensor) -> object:
        self.back.append(output.flatten().int().tolist())
        return object()


@pytest.mark.parametrize("frames", [2, 3, 6, 8, 14, 25])
def test_turning_shows_every_frame_at_every_position_and_turns_back(frames: int) -> None:
    scheduler, time = Marked(), torch.tensor(0.0)
    latents = torch.arange(frames).reshape(1, frames, 1, 1, 1)
    steps = Steps(scheduler, stride(frames))
    for _ in range(frames):
        steps.step(steps.scale_model_input(latents, time), time, latents)
    for position in range(frames):
        assert {seen[position] for seen in scheduler.seen} == set(range(frames))
    assert all(back == list(range(frames)) for back in scheduler.back)
    for seen in scheduler.seen:  # neighbours stay neighbours, over the seam too
        assert all((b - a) % frames == 1 for a, b in pairwise([*seen, seen[0]]))


@pytest.mark.parametrize("frames", [14, 25])
def test_few_steps_spread_their_turns_over_the_circle(frames: int) -> None:
    """After five steps no third of the circle is left out."""
    turn = stride(frames)
    assert gcd(turn, frames) == 1
    places = sorted(turn * step % frames for step in range(5))
    assert np.diff([*places, places[0] + frames]).max() < frames / 3


def test_turns_wait_while_features_are_kept() -> None:
    scheduler, time = Marked(), torch.tensor(0.0)
    latents = torch.arange(6).reshape(1, 6, 1, 1, 1)
    steps = Steps(scheduler, turn=1, every=3)
    for _ in range(7):
        steps.step(steps.scale_model_input(latents, time), time, latents)
    assert [seen[0] for seen in scheduler.seen] == [0, 0, 0, 1, 1, 1, 2]


def test_a_closed_path_turns_the_latents_and_an_open_one_does_not(
    job: Context, pipeline: DirectedPipeline
) -> None:
    """With the ramp made flat, turning is all that is left to tell the two apart."""

    def frames(*, closed: bool, shift: bool) -> Frames:
        flat: dict[str, Any] = {"min_guidance_scale": 1.0, "max_guidance_scale": 1.0}
        shot = make_shot(job, closed=closed, latent_shift=shift, camera_strength=0.0, **flat)
        return generate(pipeline, shot, job)[0]

    assert (frames(closed=True, shift=True) != frames(closed=True, shift=False)).mean() > 0.2
    np.testing.assert_array_equal(
        frames(closed=False, shift=True), frames(closed=False, shift=False)
    )


def test_the_report_says_how_the_loop_was_made(job: Context, pipeline: DirectedPipeline) -> None:
    for latent_shift, method in ((True, "latent-shift"), (False, "none")):
        shot = make_shot(job, closed=True, latent_shift=latent_shift)
        loop = generate(pipeline, shot, job)[1].details["loop"]
        assert isinstance(loop, dict)
        assert loop["method"] == method
        assert loop["ratio"] > 0
    open_take = generate(pipeline, make_shot(job), job)[1]
    assert open_take.details["loop"] is None


def test_a_closed_row_is_decoded_as_a_circle(pipeline: DirectedPipeline) -> None:
    """Turning the latents turns the frames, wherever the seam lies; an open row knows its ends."""
    latents = torch.randn(1, 8, 4, 8, 8, generator=torch.Generator().manual_seed(2))

    def moved(closed: bool) -> float:
        plain, turned = (
            decode(pipeline, each, 8, lambda: None, closed=closed).astype(int)
            for each in (latents, latents.roll(3, dims=1))
        )
        return float(np.abs(np.roll(plain, 3, axis=0) - turned).mean())

    assert moved(closed=True) < 1.0
    assert moved(closed=False) > 2.0


def frames_along(path_closed: bool) -> Frames:
    """Frames of a texture on a circle of constant speed, or one that goes straight away."""
    path = circle(6) if path_closed else line(24)
    return moving_clip(96, 96, 12, path).stack()


def test_frames_that_close_are_left_as_they_are() -> None:
    frames = frames_along(path_closed=True)
    film, closing = close(frames, lambda: None)
    assert closing.way_back == 1
    assert closing.shown.ratio == closing.made.ratio == pytest.approx(1.0, abs=0.2)
    for index in range(12):
        np.testing.assert_array_equal(film.at(index / 12), frames[index])


def test_frames_that_do_not_close_are_given_a_way_back() -> None:
    frames = frames_along(path_closed=False)
    film, closing = close(frames, lambda: None)
    assert closing.made.ratio > 2 * JUMP
    assert closing.shown.ratio < JUMP
    assert closing.report()["close"] == "motion-compensated"
    np.testing.assert_array_equal(film.at(0.0), frames[0])
    looks = [film.at(place / 48).astype(int) for place in range(48)]
    steps = [np.abs(looks[i] - looks[(i + 1) % 48]).mean() for i in range(48)]
    assert max(steps) < np.abs(frames[-1].astype(int) - frames[0]).mean() / 2


def test_a_seam_that_stays_a_jump_is_said(job: Context) -> None:
    """Two frames leave no room for a way back."""
    shot = make_shot(job, closed=True, num_frames=2, camera_strength=0.0, latent_shift=False)
    clip = animate(shot, job)
    loop = clip.details["loop"]
    assert isinstance(loop, dict)
    assert any("seam" in warning for warning in clip.warnings) is (loop["ratio"] > JUMP)
