"""The few-step scheduler against closed forms, and in the stock pipeline's place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import EulerDiscreteScheduler, StableVideoDiffusionPipeline
from PIL import Image as Pillow

from pipelines.errors import OutOfRange
from pipelines.motion.svd.few_step import (
    FEW_STEP_DEFAULTS,
    EdmConsistencyScheduler,
)
from tests.tiny.svd import make_scheduler, make_tiny_svd

# The stock scheduler converts a tensor in a way that numpy means to drop.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ impl:DeprecationWarning:diffusers")

SPREAD = 0.37
"""Standard deviation of the toy's clean data."""

STILL = Pillow.new("RGB", (64, 64), "teal")

Guess = Callable[[torch.Tensor, float], torch.Tensor]


def straight_to_the_end(sample: torch.Tensor, sigma: float) -> torch.Tensor:
    """Return where the probability-flow path of Gaussian data through ``sample`` ends.

    dx/dσ = σ x / (σ² + s²) has x(σ) ∝ √(σ² + s²); see arXiv 2206.00364, equation 1.
    """
    return sample * SPREAD / (SPREAD**2 + sigma**2) ** 0.5


def best_guess(sample: torch.Tensor, sigma: float) -> torch.Tensor:
    """Return the mean of all clean data that may lie under ``sample``: an ordinary denoiser."""
    return sample * SPREAD**2 / (SPREAD**2 + sigma**2)


def sample_toy(scheduler: EdmConsistencyScheduler, guess: Guess, count: int) -> torch.Tensor:
    """Sample as the stock pipeline does, with a network that makes that guess."""
    start = torch.randn(count, generator=torch.Generator().manual_seed(5))
    sample = start * scheduler.init_noise_sigma
    for timestep, sigma in zip(scheduler.timesteps, scheduler.sigmas[:-1], strict=True):
        skip, out = scheduler.scalings(float(sigma))
        output = (guess(sample, float(sigma)) - skip * sample) / out
        sample, _ = scheduler.step(output, timestep, sample, return_dict=False)
    return sample


@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_an_exact_consistency_function_gives_the_data_back(steps: int) -> None:
    scheduler = EdmConsistencyScheduler()
    scheduler.set_timesteps(steps)
    data = sample_toy(scheduler, straight_to_the_end, 40_000)
    assert data.std() == pytest.approx(SPREAD, rel=0.02)
    assert data.mean() == pytest.approx(0, abs=0.01)
    # An ordinary denoiser in its place gives a mean, not a sample: the test can fail.
    assert sample_toy(scheduler, best_guess, 40_000).std() < 0.75 * SPREAD


def test_one_step_is_the_consistency_function_itself() -> None:
    scheduler = EdmConsistencyScheduler()
    scheduler.set_timesteps(1)
    start = torch.randn(100, generator=torch.Generator().manual_seed(5))
    expected = straight_to_the_end(start * scheduler.init_noise_sigma, 700.0)
    torch.testing.assert_close(sample_toy(scheduler, straight_to_the_end, 100), expected)


def test_what_is_clean_stays_as_it_is() -> None:
    scheduler = EdmConsistencyScheduler()
    assert scheduler.scalings(0.0) == (1.0, 0.0)
    skip, out = scheduler.scalings(scheduler.config.sigma_min)
    assert skip == pytest.approx(1, abs=1e-5)
    assert out == pytest.approx(-0.002, rel=1e-5)


@pytest.mark.parametrize("sigma", [700.0, 13.0, 1.0, 0.05])
def test_a_step_aims_where_the_stock_scheduler_aims(sigma: float) -> None:
    """Both read the same network: v-prediction in EDM's scalings."""
    ours, stock = EdmConsistencyScheduler(), make_scheduler()
    generator = torch.Generator().manual_seed(1)
    sample, output = (torch.randn(1, 4, 4, 8, 8, generator=generator) for _ in range(2))
    aims = []
    for scheduler in (ours, stock):
        scheduler.set_timesteps(sigmas=[sigma, 0.0])
        given = scheduler.scale_model_input(sample, scheduler.timesteps[0])
        torch.testing.assert_close(given, sample / (sigma**2 + 1) ** 0.5)
        aims.append(scheduler.step(output, scheduler.timesteps[0], sample).pred_original_sample)
    torch.testing.assert_close(aims[0], aims[1])
    assert ours.timesteps == stock.timesteps


def test_the_grid_is_the_stock_schedulers_and_steps_are_taken_from_it_evenly() -> None:
    grid = EdmConsistencyScheduler()
    stock = EulerDiscreteScheduler.from_config(make_scheduler().config)
    stock.set_timesteps(40)
    torch.testing.assert_close(grid.sigmas, stock.sigmas)
    few = EdmConsistencyScheduler()
    few.set_timesteps(4)
    assert torch.equal(few.sigmas, grid.sigmas[[0, 10, 20, 30, 40]])
    assert torch.equal(few.timesteps, 0.25 * few.sigmas[:-1].log())


def test_noise_between_steps_is_of_the_next_level() -> None:
    scheduler = EdmConsistencyScheduler()
    scheduler.set_timesteps(4)
    sample = torch.zeros(50_000)
    noised, clean = scheduler.step(
        torch.zeros(50_000), scheduler.timesteps[1], sample, return_dict=False
    )
    assert not clean.any()
    assert noised.std() == pytest.approx(float(scheduler.sigmas[2]), rel=0.02)


def test_a_start_half_way_begins_at_its_own_level() -> None:
    scheduler = EdmConsistencyScheduler()
    scheduler.set_timesteps(4)
    tail = [40.0, *scheduler.sigmas[2:].tolist()]
    scheduler.set_timesteps(sigmas=tail)
    assert scheduler.init_noise_sigma == pytest.approx((40.0**2 + 1) ** 0.5)
    assert scheduler.sigmas.tolist() == pytest.approx(tail)
    assert scheduler.num_inference_steps == len(scheduler.timesteps) == 3
    assert sample_toy(scheduler, straight_to_the_end, 40_000).std() == pytest.approx(
        SPREAD, rel=0.02
    )


@pytest.mark.parametrize("levels", [[], [3.0], [3.0, 1.0], [1.0, 3.0, 0.0], [3.0, 3.0, 0.0]])
def test_levels_that_do_not_fall_to_nothing_are_refused(levels: list[float]) -> None:
    with pytest.raises(ValueError, match="must fall and end with 0"):
        EdmConsistencyScheduler().set_timesteps(sigmas=levels)


@pytest.mark.parametrize("steps", [0, 41])
def test_more_steps_than_the_model_knows_are_one_sentence(steps: int) -> None:
    with pytest.raises(OutOfRange, match=f"num_inference_steps is {steps}; allowed: 1 to 40"):
        EdmConsistencyScheduler().set_timesteps(steps)


def test_it_is_saved_and_loaded_as_any_scheduler(tmp_path: Path) -> None:
    scheduler = EdmConsistencyScheduler(original_inference_steps=20, sigma_max=80.0)
    scheduler.save_config(tmp_path)
    loaded = EdmConsistencyScheduler.from_pretrained(tmp_path)
    assert torch.equal(loaded.sigmas, scheduler.sigmas)
    again = EdmConsistencyScheduler.from_config(scheduler.config)
    assert torch.equal(again.sigmas, scheduler.sigmas)
    assert len(again) == 20


@pytest.fixture(scope="module")
def pipeline() -> StableVideoDiffusionPipeline:
    pipeline = make_tiny_svd()
    pipeline.scheduler = EdmConsistencyScheduler()
    return pipeline


def latents(pipeline: StableVideoDiffusionPipeline, **options: float) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    size = {"height": 64, "width": 64, "num_frames": 3}
    output = pipeline(STILL, generator=generator, output_type="latent", **size, **options)
    assert isinstance(output.frames, torch.Tensor)
    return output.frames


def test_the_defaults_run_four_passes_without_guidance(
    pipeline: StableVideoDiffusionPipeline,
) -> None:
    batches = []
    spy = pipeline.unet.register_forward_pre_hook(
        lambda _, args, __: batches.append(args[0].shape[0]), with_kwargs=True
    )
    latents(pipeline, **{**FEW_STEP_DEFAULTS, "num_inference_steps": 4})
    guided = dict(FEW_STEP_DEFAULTS, max_guidance_scale=1.2, num_inference_steps=1)
    latents(pipeline, **guided)
    spy.remove()
    assert FEW_STEP_DEFAULTS["num_inference_steps"] == 4
    assert batches == [1, 1, 1, 1, 2]


def test_a_seed_gives_the_same_clip_each_time_and_another_seed_another(
    pipeline: StableVideoDiffusionPipeline,
) -> None:
    options = dict(FEW_STEP_DEFAULTS, num_inference_steps=2)
    first = latents(pipeline, **options)
    torch.manual_seed(99)
    assert torch.equal(latents(pipeline, **options), first)
    pipeline.scheduler.noise_seed = 1
    assert not torch.allclose(latents(pipeline, **options), first)
    assert first.isfinite().all()
