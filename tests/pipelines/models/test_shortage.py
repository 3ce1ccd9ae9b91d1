"""Memory runs out for real: torch is asked for more than there is."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from diffusers import StableVideoDiffusionPipeline
from PIL import Image as Pillow

from pipelines.errors import MissingCapability
from pipelines.machine import Machine
from pipelines.models.compute import (
    Hardware,
    Plan,
    choose,
    measure_needs,
    place,
    with_leaner_retry,
)
from pipelines.models.shortage import is_out_of_memory, shortage
from tests.pipelines.models.test_compute import FULL_SIZE, GIGA, gpu
from tests.tiny.svd import make_tiny_svd

torch.set_num_threads(1)

# The stock scheduler converts a tensor in a way that numpy means to drop.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ impl:DeprecationWarning:diffusers")

STILL = Pillow.new("RGB", (64, 64), "teal")

TOO_MUCH = 1 << 50


@pytest.fixture(scope="module")
def pipeline() -> StableVideoDiffusionPipeline:
    return make_tiny_svd()


class Greed:
    """Asks for a petabyte in a network's forward, the first ``times`` times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, *_: object) -> None:
        if self.left > 0:
            self.left -= 1
            torch.empty(TOO_MUCH, dtype=torch.uint8)


@pytest.fixture
def greed(pipeline: StableVideoDiffusionPipeline) -> Iterator[Greed]:
    greed = Greed(1)
    handle = pipeline.unet.register_forward_pre_hook(greed)
    yield greed
    handle.remove()


def animate(pipeline: StableVideoDiffusionPipeline, plan: Plan) -> int:
    """Return how many frames came out."""
    place(pipeline, plan)
    output = pipeline(
        STILL,
        height=64,
        width=64,
        num_frames=6,
        num_inference_steps=1,
        decode_chunk_size=plan.decode_chunk_size,
    )
    return len(output.frames[0])


def toy_plan(pipeline: StableVideoDiffusionPipeline) -> Plan:
    return choose(Machine(device="cpu"), measure_needs(pipeline, width=64, height=64, num_frames=6))


def test_a_shortage_in_the_network_is_answered_with_a_leaner_second_try(
    pipeline: StableVideoDiffusionPipeline, greed: Greed
) -> None:
    chunks = []
    handle = pipeline.vae.decoder.register_forward_pre_hook(
        lambda _, given: chunks.append(len(given[0]))
    )
    count, plan = with_leaner_retry(toy_plan(pipeline), lambda plan: animate(pipeline, plan))
    handle.remove()
    assert greed.left == 0
    assert count == 6
    assert chunks == [1] * 6
    assert plan.reasons[-1] == (
        "Memory ran out in mode full; tried again decoding 1 frame at a time."
    )


def test_a_second_shortage_says_what_would_fit(
    pipeline: StableVideoDiffusionPipeline, greed: Greed
) -> None:
    greed.left = 2
    with pytest.raises(MissingCapability) as caught:
        with_leaner_retry(toy_plan(pipeline), lambda plan: animate(pipeline, plan))
    assert greed.left == 0
    assert str(caught.value) == (
        "the CPU ran out of memory in mode full with num_frames 6 at 64×64; allowed: about "
        "num_frames 3 at 64×64, in mode full; "
        "ask for less, or close other programs that use this memory."
    )


def test_without_a_shortage_nothing_is_tried_twice(
    pipeline: StableVideoDiffusionPipeline,
) -> None:
    wanted = toy_plan(pipeline)
    count, plan = with_leaner_retry(wanted, lambda plan: animate(pipeline, plan))
    assert count == 6
    assert plan is wanted


def test_what_the_first_try_held_is_free_before_the_second() -> None:
    held: list[weakref.ref[torch.Tensor]] = []

    def run(plan: Plan) -> bool:
        if held:
            return held[0]() is None
        tensor = torch.zeros(3)
        held.append(weakref.ref(tensor))
        torch.empty(TOO_MUCH, dtype=torch.uint8)
        raise AssertionError("a petabyte was there")

    gc.disable()  # nothing but our own doing frees it
    try:
        was_free, _ = with_leaner_retry(choose(Machine(), FULL_SIZE, gpu(80)), run)
    finally:
        gc.enable()
    assert was_free


def test_other_errors_are_not_tried_again() -> None:
    tries = []

    def run(plan: Plan) -> None:
        tries.append(plan)
        torch.zeros(2, 3) @ torch.zeros(2, 3)

    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        with_leaner_retry(choose(Machine(), FULL_SIZE, gpu(80)), run)
    assert len(tries) == 1


def test_each_mode_is_tried_once_and_noted() -> None:
    plans = []

    def run(plan: Plan) -> str:
        plans.append(plan)
        if len(plans) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return "frames"

    result, plan = with_leaner_retry(choose(Machine(), FULL_SIZE, gpu(80)), run)
    assert result == "frames"
    assert [each.memory for each in plans] == ["full", "model-offload"]
    assert plan.report()["reasons"] == [
        "Memory ran out in mode full; tried again in mode model-offload and "
        "decoding 6 frames at a time."
    ]


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        MemoryError("Unable to allocate 1.00 PiB for an array"),
        RuntimeError("MPS backend out of memory (MPS allocated: 18.00 GB)"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
    ],
)
def test_all_devices_words_for_it_are_known(error: Exception) -> None:
    assert is_out_of_memory(error)


def test_a_cpu_says_it_in_words_that_are_known() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(TOO_MUCH, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not is_out_of_memory(ValueError("out of memory"))


def test_advice_follows_the_memory_that_is_free() -> None:
    """Of 4 GB, 3.6 are used; a frame's share of a step's 8.26 GB is 0.33: ten frames fit."""
    plan = choose(Machine(), FULL_SIZE, gpu(4))
    assert plan.memory == "sequential-offload"
    error = shortage(plan)
    assert "a GPU ran out of memory in mode sequential-offload" in error.problem
    assert error.allowed == "about num_frames 10 at 1024×576, in mode sequential-offload"
    assert error.fix.startswith("ask for less")


def test_advice_names_a_leaner_mode_that_was_not_tried() -> None:
    """Of 16 GB, 14.4 are used: all of a step's 8.26 GB fit where no weights stay."""
    plan = choose(Machine(memory="full"), FULL_SIZE, gpu(16))
    error = shortage(plan)
    assert error.allowed == "about num_frames 25 at 1024×576, in mode sequential-offload"
    assert error.fix.startswith("set STILLWAVE_MEMORY=sequential-offload")


def test_advice_where_the_weights_alone_do_not_fit() -> None:
    plan = choose(Machine(), FULL_SIZE, Hardware("mps", "Apple GPU", 3 * GIGA, "float16"))
    assert shortage(plan).allowed == "nothing of this model: its weights alone would take 4.5 GB"


def test_advice_where_not_even_a_few_frames_fit() -> None:
    """Two frames take 0.66 GB; one that is decoded takes 1.21, and of 1 GB 0.9 are used."""
    plan = choose(Machine(), FULL_SIZE, gpu(1))
    assert shortage(plan).allowed == (
        "nothing of this model: num_frames 2 at 1024×576 would take 1.2 GB"
    )


def test_advice_for_variations_is_fewer_of_them() -> None:
    needs = replace(FULL_SIZE, num_frames=4, decode_chunk_size=4, variations=True)
    plan = choose(Machine(), needs, Hardware("cpu", "CPU", None, "float32"))
    error = shortage(plan)
    assert error.problem == "the CPU ran out of memory in mode full with 4 variations of 1024×576"
    assert error.allowed == "about 2 variations of 1024×576, in mode full"
    roomy = Hardware("cpu", "CPU", 24 * GIGA, "float32")
    alone = choose(Machine(), replace(needs, num_frames=1, decode_chunk_size=1), roomy)
    assert shortage(alone).allowed == (
        "nothing of this model: a picture of 1024×576 would take 25.5 GB"
    )
