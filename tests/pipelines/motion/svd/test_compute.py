"""Memory modes, kept features and few steps, as the engine uses them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel

from pipelines.arrays import Frames
from pipelines.context import Context
from pipelines.errors import MissingCapability
from pipelines.machine import Machine, MemoryMode
from pipelines.models import pull
from pipelines.motion.engine import Shot
from pipelines.motion.svd.compute import Loaded, find_key, load, run
from pipelines.motion.svd.few_step import EdmConsistencyScheduler
from pipelines.motion.svd.settings import Settings, settle
from pipelines.motion.svd.shoot import Shooting, take
from pipelines.motion.svd.weights import find_native
from tests.pipelines.motion.svd.shots import TOY, animate, make_shot
from tests.tiny.svd import SIDE, save_tiny_svd

FEW = "animatelcm-svd-xt"

Taken = tuple[Frames, dict[str, object]]


def settings_of(loaded: Loaded, shot: Shot) -> Settings:
    return settle(shot.direction, (SIDE, SIDE), find_native(loaded.pipeline), loaded.wishes)


def generate(loaded: Loaded, context: Context, feature_cache: int = 1) -> Taken:
    """Return the frames as the model made them, and the mode that is reported."""
    shot = make_shot(context, num_frames=4, camera_strength=0.0, feature_cache=feature_cache)
    settings = settings_of(loaded, shot)
    assert shot.guide is not None
    scene = Shooting(loaded.pipeline, shot, shot.guide, settings, context)
    taken, plan = run(loaded, settings, context, lambda chunk: take(scene, chunk))
    return np.stack([taken.film.at(place / 4) for place in range(4)]), plan.report()


@pytest.fixture(scope="module")
def plain(job: Context) -> Taken:
    return generate(load(find_key(TOY, job)), job)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """A job whose store holds a few-step UNet and its base, both toys of different seeds."""
    folder = tmp_path_factory.mktemp("few")
    context = Context(folder / "data")
    pull("svd-xt", context.models_dir, save_tiny_svd(folder / "base"), context.progress)
    weights = save_tiny_svd(folder / "few", seed=1) / "unet/diffusion_pytorch_model.safetensors"
    file = weights.rename(folder / "AnimateLCM-SVD-xt.safetensors")
    pull(FEW, context.models_dir, file, context.progress)
    return context


@pytest.mark.parametrize("memory", ["model-offload", "group-offload", "sequential-offload"])
def test_a_memory_mode_is_used_said_and_does_not_show(
    memory: MemoryMode, job: Context, plain: Taken
) -> None:
    leaner = replace(job, machine=Machine(device="cpu", memory=memory))
    frames, mode = generate(load(find_key(TOY, leaner)), leaner)
    assert mode["memory"] == memory
    np.testing.assert_array_equal(frames, plain[0])


def test_half_precision_is_loaded_and_shows_a_little(job: Context, plain: Taken) -> None:
    half = replace(job, machine=Machine(device="cpu", precision="bfloat16"))
    loaded = load(find_key(TOY, half))
    assert loaded.pipeline.unet.dtype == torch.bfloat16
    frames, mode = generate(loaded, half)
    assert mode["precision"] == "bfloat16"
    assert 0 < np.abs(frames.astype(float) - plain[0]).mean() < 10


def test_features_are_kept_for_as_many_steps_as_the_direction_says(
    job: Context, plain: Taken
) -> None:
    loaded = load(find_key(TOY, job))
    ran: list[object] = []
    spy = loaded.pipeline.unet.mid_block.register_forward_hook(lambda *_: ran.append(1))
    frames, _ = generate(loaded, job, feature_cache=2)
    spy.remove()
    assert len(ran) == 3  # of five steps
    assert (frames != plain[0]).any()


def test_a_shortage_in_the_decoder_is_survived_and_said(job: Context) -> None:
    loaded = load(find_key(TOY, job))
    tried: list[int] = []

    def grasp(_: torch.nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        tried.append(len(given[0]))
        if len(given[0]) > 1:
            torch.empty(1 << 50, dtype=torch.uint8)

    spy = loaded.pipeline.vae.decoder.register_forward_pre_hook(grasp)
    frames, mode = generate(loaded, job)
    spy.remove()
    assert len(frames) == 4
    assert tried == [4, 1, 1, 1, 1]
    assert mode["decode_chunk_size"] == 1
    reasons = mode["reasons"]
    assert isinstance(reasons, list)
    assert "Memory ran out in mode full; tried again" in reasons[-1]


@pytest.fixture
def shortages(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Make the denoiser run out of memory after some steps, as often as the number says."""
    left, calls = [0], [0]
    forward = UNetSpatioTemporalConditionModel.forward

    def greedy(network: UNetSpatioTemporalConditionModel, *given: Any, **named: Any) -> Any:  # noqa: ANN401
        calls[0] += 1
        if left[0] and calls[0] >= 3:
            left[0], calls[0] = left[0] - 1, 0
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return forward(network, *given, **named)

    monkeypatch.setattr(UNetSpatioTemporalConditionModel, "forward", greedy)
    return left


def test_a_shortage_while_denoising_is_survived_and_a_person_is_told(
    job: Context, shortages: list[int]
) -> None:
    shortages[0] = 1
    clip = animate(make_shot(job, camera_strength=0.0), job)
    note = "Memory ran out in mode full; tried again decoding 1 frame at a time."
    assert clip.warnings[-1] == note
    assert shortages == [0]
    shortages[0] = 2
    with pytest.raises(MissingCapability, match=r"ran out of memory .* num_frames 6") as caught:
        animate(make_shot(job, camera_strength=0.0), job)
    assert caught.value.allowed == f"about num_frames 3 at {SIDE}×{SIDE}, in mode full"
    assert not animate(make_shot(job, camera_strength=0.0), job).warnings  # the next job is well


def test_a_shortage_while_the_library_encodes_in_float32_is_survived(
    job: Context, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It casts the autoencoder for that, and has no chance to cast it back."""
    half = replace(job, machine=Machine(device="cpu", precision="float16"))
    loaded = load(find_key(TOY, half))
    encode, dtypes = AutoencoderKLTemporalDecoder.encode, []

    def greedy(network: AutoencoderKLTemporalDecoder, *given: object) -> object:
        dtypes.append(network.dtype)
        if len(dtypes) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return encode(network, *given)

    monkeypatch.setattr(AutoencoderKLTemporalDecoder, "encode", greedy)
    frames, mode = generate(loaded, half)
    assert dtypes == [torch.float32] * 2
    assert loaded.pipeline.vae.dtype == torch.float16
    assert np.ptp(frames) > 0
    assert "tried again" in str(mode["reasons"])
    assert capfd.readouterr() == ("", "")


def test_few_step_weights_bring_their_scheduler_and_their_numbers(few: Context) -> None:
    loaded = load(find_key(FEW, few))
    assert isinstance(loaded.pipeline.scheduler, EdmConsistencyScheduler)
    settings = settings_of(loaded, make_shot(few, num_inference_steps=None))
    assert (settings.num_inference_steps, settings.max_guidance_scale) == (4, 1.0)
    asked = settings_of(loaded, make_shot(few, num_inference_steps=2, max_guidance_scale=1.2))
    assert (asked.num_inference_steps, asked.max_guidance_scale) == (2, 1.2)


@pytest.mark.parametrize("camera_strength", [0.0, 0.5])
def test_few_steps_make_a_clip_that_its_seed_decides(few: Context, camera_strength: float) -> None:
    def clip(seed: int) -> Frames:
        shot = make_shot(few, model=FEW, seed=seed, camera_strength=camera_strength)
        return animate(shot, few).stack()

    first = clip(seed=1)
    torch.manual_seed(99)
    np.testing.assert_array_equal(clip(seed=1), first)
    assert (clip(seed=2) != first).any()


def test_the_base_of_few_step_weights_is_named_beside_them(few: Context) -> None:
    assert animate(make_shot(few, model=FEW), few).models == (FEW, "svd-xt")


def test_the_base_of_few_step_weights_is_sampled_as_ever(few: Context) -> None:
    loaded = load(find_key("svd-xt", few))
    assert not isinstance(loaded.pipeline.scheduler, EdmConsistencyScheduler)
    assert not loaded.wishes
