"""What is chosen for a device, held to arithmetic done by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from pipelines.errors import MissingCapability
from pipelines.machine import Machine, MemoryMode, Precision
from pipelines.models.compute import (
    Hardware,
    MemoryNeeds,
    Plan,
    as_dtype,
    choose,
    choose_precision,
    find_hardware,
)

GIGA = 1_000_000_000

# In bfloat16, two bytes each: weights 4.5 GB, one step 8.3 GB, a decoded frame 1.2 GB.
FULL_SIZE = MemoryNeeds(
    parameters=2_255_000_000,
    largest_network=1_525_000_000,
    largest_group=600_000_000,
    denoising=4_130_000_000,
    decoding=604_000_000,
    width=1024,
    height=576,
    num_frames=25,
    decode_chunk_size=25,
)


def gpu(free: float, precision: Precision = "bfloat16") -> Hardware:
    return Hardware("cuda", "a GPU", int(free * GIGA), precision)


CPU = Hardware("cpu", "CPU", 8 * GIGA, "float32")


@pytest.mark.parametrize(
    ("free", "memory", "chunk"),
    [
        (80, "full", 25),  # 4.5 + 25 × 1.208 = 34.7 GB
        (24, "full", 14),  # 21.6 - 4.5 leaves 17.1 GB: 14 frames
        (16, "full", 8),  # 14.4 - 4.5 leaves 9.9 GB: 8 frames, and a step's 8.3 GB
        (15, "model-offload", 8),  # 13.5 - 3.05 leaves 10.4 GB
        (13, "group-offload", 8),  # 11.7 - 1.2 leaves 10.5 GB
        (11, "sequential-offload", 8),
        (9.5, "sequential-offload", 7),  # fewer than is easy, and nothing leaner is left
        (5, "sequential-offload", 1),
    ],
)
def test_auto_takes_the_quickest_mode_that_fits(
    free: float, memory: MemoryMode, chunk: int
) -> None:
    plan = choose(Machine(), FULL_SIZE, gpu(free))
    assert (plan.memory, plan.decode_chunk_size) == (memory, chunk)


# Of sixteen variations, a step's 8.3 GB are half a gigabyte each.
STILLS = replace(FULL_SIZE, num_frames=16, decode_chunk_size=16, variations=True)


@pytest.mark.parametrize(
    ("free", "memory", "at_once"),
    [
        (80, "full", 16),
        (10, "full", 8),  # 9 - 4.51 leaves 4.49 GB: fewer at once, before anything is offloaded
        (6, "model-offload", 4),  # a decoded picture's 1.2 GB do not fit beside all weights
    ],
)
def test_fewer_variations_are_drawn_at_once_before_a_slower_mode_is_taken(
    free: float, memory: MemoryMode, at_once: int
) -> None:
    plan = choose(Machine(), STILLS, gpu(free))
    assert (plan.memory, plan.report()["at_once"]) == (memory, at_once)
    said = f"Variations are drawn {at_once} at a time, not 16, so that they fit."
    assert (said in plan.reasons) is (at_once < 16)


def test_what_was_chosen_and_why_is_said_in_json_values() -> None:
    plan = choose(Machine(), FULL_SIZE, gpu(15))
    assert plan.report() == {
        "device": "cuda",
        "device_name": "a GPU",
        "precision": "bfloat16",
        "memory": "model-offload",
        "compile": False,
        "channels_last": True,
        "decode_chunk_size": 8,
        "reasons": [
            "Everything at once would take about 34.7 GB, and 15.0 GB are free.",
            "Frames are decoded 8 at a time, not 25, so that they fit.",
        ],
    }


def test_float32_needs_twice_the_memory_of_a_half() -> None:
    """34.7 GB in halves are 69.4 GB."""
    assert choose(Machine(), FULL_SIZE, gpu(40)).memory == "full"
    plan = choose(Machine(precision="float32"), FULL_SIZE, gpu(40))
    assert plan.decode_chunk_size == 11  # 36 - 9.0 leaves 27 GB; a frame takes 2.4
    assert not plan.channels_last


def test_a_mode_that_was_asked_for_is_kept_and_its_chunks_fit() -> None:
    plan = choose(Machine(memory="group-offload"), FULL_SIZE, gpu(24))
    assert (plan.memory, plan.decode_chunk_size) == ("group-offload", 16)


def test_a_cpu_runs_all_of_it_in_float32() -> None:
    plan = choose(Machine(), FULL_SIZE, CPU)
    assert (plan.memory, plan.precision, plan.decode_chunk_size) == ("full", "float32", 25)
    assert plan.reasons == ("No GPU was found, so networks run on the CPU.",)


def test_offloading_on_a_cpu_is_done_when_asked_for_and_called_useless() -> None:
    plan = choose(Machine(device="cpu", memory="sequential-offload"), FULL_SIZE, CPU)
    assert plan.memory == "sequential-offload"
    assert plan.reasons == (
        "sequential-offload was asked for; it saves nothing where there is only one memory.",
    )


def test_a_float16_that_slows_a_cpu_is_honoured_with_a_word() -> None:
    plan = choose(Machine(device="cpu", precision="float16"), FULL_SIZE, CPU)
    assert plan.dtype == torch.float16
    assert plan.reasons == ("float16 was asked for; a CPU is slower with it, not quicker.",)


def test_compiling_is_left_out_where_networks_are_taken_apart() -> None:
    plan = choose(Machine(compile=True, memory="group-offload"), FULL_SIZE, CPU)
    assert not plan.compile
    assert "Nothing is compiled: group-offload takes networks apart" in plan.reasons[-1]


def test_compiling_needs_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    plan = choose(Machine(compile=True), FULL_SIZE, CPU)
    assert not plan.compile
    assert "torch needs a C++ compiler" in plan.reasons[-1]


def test_leaner_goes_down_one_mode_at_a_time_and_decodes_a_quarter() -> None:
    plan: Plan | None = choose(Machine(), FULL_SIZE, gpu(80))
    seen = []
    while plan is not None:
        seen.append((plan.memory, plan.decode_chunk_size))
        plan = plan.leaner()
    assert seen == [
        ("full", 25),
        ("model-offload", 6),
        ("group-offload", 1),
        ("sequential-offload", 1),
    ]


def test_leaner_on_a_cpu_only_decodes_less_at_once() -> None:
    plan: Plan | None = choose(Machine(), FULL_SIZE, CPU)
    seen = []
    while plan is not None:
        seen.append((plan.memory, plan.decode_chunk_size))
        plan = plan.leaner()
    assert seen == [("full", 25), ("full", 6), ("full", 1)]


def test_this_machine_is_found() -> None:
    hardware = find_hardware("cpu")
    assert hardware.precision == choose_precision(Machine(), hardware) == "float32"
    assert hardware.free is None or hardware.free > 1_000_000
    assert as_dtype("bfloat16") == torch.bfloat16


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_device_that_is_not_here_is_one_sentence() -> None:
    with pytest.raises(MissingCapability) as caught:
        find_hardware("cuda")
    assert str(caught.value) == (
        "the device 'cuda' was asked for, and torch finds none here; allowed: auto, cpu; "
        "ask for one of these, or install a torch that was built for that device."
    )
    assert find_hardware("auto").device == "cpu"
