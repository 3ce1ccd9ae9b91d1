"""Strength cuts the front off a schedule, and leaves a step at the noise that was asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.still.diffusion.schedule import cut_consistency_schedule, cut_schedule


@given(
    steps=st.integers(1, 200),
    strength=st.floats(0.0, 1.0, exclude_min=True),
    longest=st.sampled_from([50, 1000]),
)
def test_at_least_one_step_is_left(steps: int, strength: float, longest: int) -> None:
    cut = cut_schedule(min(steps, longest), strength, longest)
    assert int(cut.num_inference_steps * cut.strength) >= 1
    assert cut.num_inference_steps <= longest
    assert cut.strength <= 1


@given(strength=st.floats(1e-3, 0.03))
def test_a_schedule_that_is_made_longer_starts_at_the_noise_asked_for(strength: float) -> None:
    cut = cut_schedule(30, strength, 1000)
    assert cut.note.startswith(f"Strength {strength:g}")
    start = int(cut.num_inference_steps * cut.strength) / cut.num_inference_steps
    assert start == pytest.approx(strength, rel=0.05, abs=1e-6)


def test_what_leaves_a_step_is_not_touched() -> None:
    cut = cut_schedule(30, 0.4, 1000)
    assert (cut.num_inference_steps, cut.strength, cut.note) == (30, 0.4, "")


@given(steps=st.integers(1, 50), strength=st.floats(1e-3, 1.0))
def test_a_consistency_model_gets_no_step_shorter_than_it_was_taught(
    steps: int, strength: float
) -> None:
    cut = cut_consistency_schedule(steps, strength, 50)
    assert 1 <= cut.num_inference_steps <= int(50 * cut.strength)
    assert bool(cut.note) == ((cut.num_inference_steps, cut.strength) != (steps, strength))
