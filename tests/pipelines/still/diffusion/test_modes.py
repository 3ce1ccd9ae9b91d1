"""Where and how lean it runs changes how long it takes, not what is drawn."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
import torch
from diffusers import UNet2DConditionModel

from pipelines.errors import Cancelled
from pipelines.machine import Machine, MemoryMode
from pipelines.still import Guidance
from tests.pipelines.still.diffusion.studio import Studio, picture, rms

EVERYTHING = Guidance(
    model="tiny-sd",
    num_inference_steps=4,
    loras=(("tiny-lora-1", 0.8),),
    reference=picture(40, 40, seed=2),
    structure="canny",
    variations=2,
)


REQUESTS = {"everything": EVERYTHING, "sdxl": Guidance(model="tiny-sdxl", num_inference_steps=3)}

MODES = [mode for mode in get_args(MemoryMode) if mode != "auto"]


@pytest.mark.parametrize("memory", MODES)
@pytest.mark.parametrize("guidance", REQUESTS.values(), ids=REQUESTS)
def test_a_memory_mode_does_not_change_the_picture(
    studio: Studio, guidance: Guidance, memory: MemoryMode
) -> None:
    usual = studio.render(guidance)
    lean = Machine(device="cpu", memory=memory)
    made = studio.render(guidance, context=replace(studio.context, machine=lean))
    assert made.details["mode"]["memory"] == memory  # type: ignore[index]  # JSON values
    for one, other in zip(made.pictures, usual.pictures, strict=True):
        assert np.array_equal(one, other)
    again = studio.render(guidance)
    assert np.array_equal(again.pictures[0], usual.pictures[0])


def test_half_precision_draws_nearly_the_same(studio: Studio) -> None:
    usual = studio.render()
    half = Machine(device="cpu", precision="bfloat16")
    made = studio.render(context=replace(studio.context, machine=half))
    assert made.details["mode"]["precision"] == "bfloat16"  # type: ignore[index]  # JSON values
    assert 0 < rms(made.pictures[0], usual.pictures[0]) < 4


def test_a_shortage_is_answered_by_drawing_fewer_at_once(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pictures are the same ones; a batch adds up in another order."""
    five = replace(studio.request.guidance, variations=5)
    usual = studio.render(five)
    tried: list[int] = []
    forward = UNet2DConditionModel.forward

    def greedy(network: UNet2DConditionModel, sample: torch.Tensor, *rest: Any, **more: Any) -> Any:  # noqa: ANN401
        tried.append(len(sample) // 2)  # with and without the words
        if len(sample) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return forward(network, sample, *rest, **more)

    monkeypatch.setattr(UNet2DConditionModel, "forward", greedy)
    told: list[tuple[int, int]] = []
    job = replace(studio.context, progress=lambda _, done, total: told.append((done, total)))
    made = studio.render(five, context=job)
    steps = usual.details["steps_run"]
    assert isinstance(steps, int)
    assert tried == [5] + [1] * 5 * steps
    assert told[-1] == (5 * steps, 5 * steps)
    for one, other in zip(made.pictures, usual.pictures, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 1
    mode = made.details["mode"]
    assert isinstance(mode, dict)
    assert mode["at_once"] == 1
    assert (
        made.warnings[-1]
        == mode["reasons"][-1]
        == "Memory ran out in mode full; tried again drawing 1 at a time."
    )
    assert made.details["steps_run"] == steps


def test_jobs_at_the_same_time_take_turns(studio: Studio) -> None:
    """Looks of one exploration are made by several threads: none disturbs another."""
    jobs = [replace(studio.request.guidance, seed=seed) for seed in range(4)]
    jobs += [Guidance(model="tiny-sdxl", num_inference_steps=2)]
    alone = [studio.render(job).pictures[0] for job in jobs]
    with ThreadPoolExecutor(3) as workers:
        together = list(workers.map(lambda job: studio.render(job).pictures[0], jobs))
    for one, other in zip(alone, together, strict=True):
        assert np.array_equal(one, other)


def test_a_job_that_waits_for_its_turn_can_be_cancelled(studio: Studio) -> None:
    started, stopped = threading.Event(), threading.Event()

    def hold(stage: str, done: int, total: int) -> None:
        if done == 1:
            started.set()
            assert stopped.wait(20)

    with ThreadPoolExecutor(1) as worker:
        first = worker.submit(studio.render, context=replace(studio.context, progress=hold))
        assert started.wait(20)
        cancelled = threading.Event()
        cancelled.set()
        with pytest.raises(Cancelled):
            studio.render(context=replace(studio.context, cancel=cancelled))
        stopped.set()
        assert first.result().pictures
