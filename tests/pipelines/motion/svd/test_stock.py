"""Against the library's own pipeline: bit for bit where nothing is asked for beyond it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableVideoDiffusionPipeline, UNetSpatioTemporalConditionModel
from numpy.typing import NDArray
from PIL import Image as Pillow

from pipelines.context import Context
from pipelines.motion.engine import Direction
from pipelines.motion.svd.denoise import denoise
from pipelines.motion.svd.pipeline import DirectedPipeline
from pipelines.motion.svd.settings import settle
from pipelines.motion.svd.start import find_start
from pipelines.motion.svd.weights import find_native
from tests.pipelines.motion.svd.shots import animate, make_shot, masked
from tests.stills import textured
from tests.tiny.svd import SIDE

PLAIN: dict[str, Any] = {"camera_strength": 0.0, "colour_hold": False}

OTHER: dict[str, Any] = {
    "motion_bucket_id": 40,
    "noise_aug_strength": 0.3,
    "fps": 12,
    "num_frames": 4,
    "num_inference_steps": 3,
    "min_guidance_scale": 1.5,
    "max_guidance_scale": 2.5,
}
"""No stock default among them."""


def run_stock(stock: StableVideoDiffusionPipeline, **options: object) -> NDArray[np.uint8]:
    """Return the library's frames for the same still and seed."""
    frames = stock(
        Pillow.fromarray(textured(SIDE, SIDE)),
        height=SIDE,
        width=SIDE,
        generator=torch.Generator().manual_seed(3),
        output_type="pil",
        **{"num_inference_steps": 5, **options},
    ).frames[0]
    return np.stack([np.asarray(frame) for frame in frames])


def test_with_nothing_added_the_frames_are_the_stock_pipelines(
    job: Context, stock: StableVideoDiffusionPipeline
) -> None:
    frames = animate(make_shot(job, **PLAIN), job).stack()
    np.testing.assert_array_equal(frames, run_stock(stock))
    other = animate(make_shot(job, **PLAIN, seed=4), job).stack()
    assert (frames != other).mean() > 0.5


def test_every_parameter_changes_the_frames_as_it_does_the_stock_pipelines(
    job: Context, stock: StableVideoDiffusionPipeline
) -> None:
    frames = animate(make_shot(job, count=4, **PLAIN, **OTHER), job).stack()
    np.testing.assert_array_equal(frames, run_stock(stock, **OTHER))


def test_chunks_are_decoded_as_the_stock_pipeline_does_without_an_overlap(
    job: Context, stock: StableVideoDiffusionPipeline
) -> None:
    """One frame at a time leaves none to overlap."""
    frames = animate(make_shot(job, **PLAIN, decode_chunk_size=1), job).stack()
    np.testing.assert_array_equal(frames, run_stock(stock, decode_chunk_size=1))


def test_a_mask_that_frees_everything_changes_nothing(
    job: Context, stock: StableVideoDiffusionPipeline
) -> None:
    """So what is handed over as noise is what the stock pipeline would have drawn."""
    free = masked(textured(SIDE, SIDE), np.ones((SIDE, SIDE), np.float32))
    frames = animate(make_shot(job, still=free, **PLAIN), job).stack()
    np.testing.assert_array_equal(frames, run_stock(stock))


def test_every_parameter_reaches_the_network(job: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[torch.Tensor, torch.Tensor]] = []
    forward = UNetSpatioTemporalConditionModel.forward

    def spy(
        network: UNetSpatioTemporalConditionModel,
        sample: torch.Tensor,
        timestep: torch.Tensor,
        encoder_hidden_states: torch.Tensor,
        added_time_ids: torch.Tensor,
        return_dict: bool,
    ) -> object:
        calls.append((sample, added_time_ids))
        return forward(
            network, sample, timestep, encoder_hidden_states, added_time_ids, return_dict
        )

    monkeypatch.setattr(UNetSpatioTemporalConditionModel, "forward", spy)
    animate(make_shot(job, count=4, **PLAIN, **OTHER), job)
    assert len(calls) == OTHER["num_inference_steps"]
    sample, ids = calls[0]
    assert sample.shape == (2, 4, 8, 16, 16)  # guided twice, 4 frames, 4 + 4 channels
    np.testing.assert_allclose(ids, [[11.0, 40.0, 0.3]] * 2, rtol=1e-6)  # fps - 1, bucket, noise
    assert sample[0, :, 4:].abs().max() == 0  # the unconditional half has no picture
    assert sample[1, :, 4:].std() > 0
    unguided = {**OTHER, "min_guidance_scale": 1.0, "max_guidance_scale": 1.0}
    animate(make_shot(job, count=4, **PLAIN, **unguided), job)
    assert calls[-1][0].shape[0] == 1


def guidance(pipeline: DirectedPipeline, closed: bool) -> list[float]:
    """Return the guidance of each frame while a still is denoised."""
    seen: list[torch.Tensor] = []
    settings = settle(Direction(num_inference_steps=1), (SIDE, SIDE), find_native(pipeline), {})
    start = find_start(pipeline.scheduler, 1, 0.0)
    denoise(
        pipeline,
        textured(SIDE, SIDE),
        settings,
        start,
        None,
        lambda _: seen.append(torch.as_tensor(pipeline.guidance_scale)),
        closed=closed,
        shifting=0,
    )
    return [round(scale, 4) for scale in seen[0].flatten().tolist()]


def test_only_a_closed_path_bends_the_stock_ramp(pipeline: DirectedPipeline) -> None:
    assert guidance(pipeline, closed=False) == [1.0, 1.4, 1.8, 2.2, 2.6, 3.0]
    assert guidance(pipeline, closed=True) == [1.3333, 2.0, 2.6667, 2.6667, 2.0, 1.3333]
    assert guidance(pipeline, closed=False) == [1.0, 1.4, 1.8, 2.2, 2.6, 3.0]
