"""Colour hold: drift is undone, the picture is not, and what really brightens may."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.arrays import Image
from pipelines.context import Context
from pipelines.motion.svd.colour import FARTHEST, Colours, hold_colours
from pipelines.motion.svd.pipeline import DirectedPipeline
from pipelines.quality import colour_drift
from tests.pipelines.motion.svd.shots import generate, make_shot
from tests.stills import psnr, textured


def drifted(picture: Image, contrast: float, shift: tuple[int, int, int]) -> Image:
    """Return a picture with more contrast and another tint."""
    changed = (picture.astype(float) - 128) * contrast + 128 + shift
    return np.clip(np.rint(changed), 0, 255).astype(np.uint8)


def test_contrast_and_tint_that_crept_in_are_taken_back() -> None:
    still = drifted(textured(120, 90), 0.6, (0, 0, 0))  # nothing is clipped
    late = drifted(still, 1.15, (9, -3, -6))
    held, moved = hold_colours(late, Colours.of(still))
    assert psnr(held, still) > psnr(late, still) + 10
    assert 0 < moved < FARTHEST


def test_what_has_not_drifted_stays_as_it_is() -> None:
    still = textured(120, 90)
    held, moved = hold_colours(still, Colours.of(still))
    assert np.abs(held.astype(int) - still).max() <= 1
    assert moved == pytest.approx(0, abs=1e-6)


def test_a_change_too_large_to_be_drift_is_only_taken_back_in_part() -> None:
    """A lamp that is switched on stays on."""
    dark = drifted(textured(120, 90), 0.5, (-60, -60, -60))
    held, moved = hold_colours(textured(120, 90), Colours.of(dark))
    assert moved == FARTHEST
    drop = Colours.of(textured(120, 90)).mean - Colours.of(held).mean
    assert np.linalg.norm(drop) == pytest.approx(FARTHEST, abs=1.0)


def test_a_plain_frame_is_not_stretched_into_noise() -> None:
    plain = np.full((60, 60, 3), 90, np.uint8)
    plain[0, 0] = 93
    held, _ = hold_colours(plain, Colours.of(textured(60, 60)))
    assert np.ptp(held[1:].astype(int), axis=(0, 1)).max() == 0


@pytest.mark.parametrize("strength", [0.0, 0.6])
def test_a_clip_stays_with_its_reference(
    strength: float, job: Context, pipeline: DirectedPipeline
) -> None:
    def drift(hold: bool) -> float:
        shot = make_shot(job, camera_strength=strength, colour_hold=hold)
        frames, take = generate(pipeline, shot, job)
        told = take.details["colour_hold"]
        assert isinstance(told, dict)
        assert told["on"] is hold
        if hold:
            assert told["tied_to"] == ("the guide" if strength else "the still")
        return colour_drift([shot.still.pixels, *frames])

    # A random network drifts farther than a hold may reach.
    assert drift(hold=True) < drift(hold=False) - 1.5
