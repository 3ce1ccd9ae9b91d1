"""Modes move weights about; the picture stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableVideoDiffusionPipeline
from diffusers.hooks import apply_group_offloading
from numpy.typing import NDArray
from PIL import Image as Pillow

from pipelines.machine import Machine, MemoryMode
from pipelines.models.compute import Plan, choose, measure_needs, place, withdraw
from pipelines.models.needs import networks
from pipelines.models.placement import compiled_parts, group_options
from tests.tiny.svd import make_tiny_svd

torch.set_num_threads(1)

# The stock scheduler converts a tensor in a way that numpy means to drop.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ impl:DeprecationWarning:diffusers")

STILL = Pillow.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))

MODES: tuple[MemoryMode, ...] = ("full", "model-offload", "group-offload", "sequential-offload")


def frames(pipeline: StableVideoDiffusionPipeline) -> NDArray[np.float32]:
    """Return (frames, height, width, 3) in 0..1."""
    output = pipeline(
        STILL,
        height=64,
        width=64,
        num_frames=3,
        num_inference_steps=2,
        generator=torch.Generator().manual_seed(1),
        output_type="np",
    )
    return np.asarray(output.frames[0], np.float32)


def plan_for(pipeline: StableVideoDiffusionPipeline, machine: Machine) -> Plan:
    return choose(machine, measure_needs(pipeline, width=64, height=64, num_frames=3))


def psnr(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(-10 * np.log10(np.mean((one - other) ** 2)))


@pytest.fixture(scope="module")
def pipeline() -> StableVideoDiffusionPipeline:
    return make_tiny_svd()


@pytest.fixture(scope="module")
def expected() -> NDArray[np.float32]:
    """What a pipeline gives that nobody has placed."""
    return frames(make_tiny_svd())


@pytest.fixture
def poisoned() -> Iterator[None]:
    """Fill what is not initialised with NaN, as torch does when it must be deterministic."""
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize("memory", [*MODES, *reversed(MODES)])
def test_a_mode_does_not_change_the_picture_whatever_came_before(
    memory: MemoryMode, pipeline: StableVideoDiffusionPipeline, expected: NDArray[np.float32]
) -> None:
    """One pipeline goes through all modes, and each mode runs twice."""
    place(pipeline, plan_for(pipeline, Machine(device="cpu", memory=memory)))
    assert np.array_equal(frames(pipeline), expected)
    assert np.array_equal(frames(pipeline), expected)


@pytest.mark.parametrize("memory", MODES[1:])
def test_everything_on_the_device_again_leaves_no_hook_behind(memory: MemoryMode) -> None:
    """The library puts its own hooks back at the end of a run, unless it is told that they went."""
    pipeline = make_tiny_svd()
    place(pipeline, plan_for(pipeline, Machine(device="cpu", memory=memory)))
    place(pipeline, plan_for(pipeline, Machine(device="cpu")))
    frames(pipeline)
    modules = [module for network in networks(pipeline).values() for module in network.modules()]
    assert not any(hasattr(module, "_hf_hook") for module in modules)
    registries = [getattr(module, "_diffusers_hook", None) for module in modules]
    assert not any(registry.hooks for registry in registries if registry is not None)


def test_layers_of_sequential_offloading_hold_nothing_between_calls() -> None:
    pipeline = make_tiny_svd()
    place(pipeline, plan_for(pipeline, Machine(device="cpu", memory="sequential-offload")))
    frames(pipeline)
    assert {each.device.type for each in pipeline.unet.parameters()} == {"meta"}
    withdraw(pipeline)
    assert {each.device.type for each in pipeline.unet.parameters()} == {"cpu"}


@pytest.mark.usefixtures("poisoned")
def test_group_offloading_brings_every_weight_before_it_is_used(
    tmp_path: Path, expected: NDArray[np.float32]
) -> None:
    """Weights go to disk and leave NaN behind: one that no hook brings back would spoil it all."""
    pipeline = make_tiny_svd()
    for name, options in group_options(pipeline, "cpu").items():
        apply_group_offloading(
            pipeline.components[name], offload_to_disk_path=str(tmp_path / name), **options
        )
    for network in networks(pipeline).values():
        assert all(each.isnan().all() for each in network.parameters())
    assert np.array_equal(frames(pipeline), expected)


def test_half_precision_changes_little(expected: NDArray[np.float32]) -> None:
    pipeline = make_tiny_svd().to(torch.bfloat16)
    place(pipeline, plan_for(pipeline, Machine(device="cpu", precision="bfloat16")))
    assert 30 < psnr(frames(pipeline), expected) < 80


def test_channels_last_changes_nothing_but_rounding(expected: NDArray[np.float32]) -> None:
    pipeline = make_tiny_svd()
    plan = plan_for(pipeline, Machine(device="cpu"))
    place(pipeline, replace(plan, channels_last=True))
    weight = pipeline.vae.decoder.conv_in.weight
    assert weight.is_contiguous(memory_format=torch.channels_last)
    assert psnr(frames(pipeline), expected) > 90
    place(pipeline, plan)
    assert weight.is_contiguous()
    assert np.array_equal(frames(pipeline), expected)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning:torch")
def test_compiling_takes_every_block_and_is_taken_back(expected: NDArray[np.float32]) -> None:
    """The calls are compiled ones, told to run as they stand: a real compiler takes minutes."""
    pipeline = make_tiny_svd()
    plan = replace(plan_for(pipeline, Machine(device="cpu")), compile=True)
    place(pipeline, plan)
    parts = compiled_parts(pipeline)
    assert len(parts) == len([*pipeline.unet.down_blocks, *pipeline.unet.up_blocks]) + 1
    assert all(part._compiled_call_impl is not None for part in parts)
    with torch.compiler.set_stance("force_eager"):
        assert np.array_equal(frames(pipeline), expected)
    place(pipeline, replace(plan, compile=False))
    assert all(part._compiled_call_impl is None for part in parts)
