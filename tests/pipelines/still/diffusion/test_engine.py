"""What a person asks of the engine, and what it says it did."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import UNet2DConditionModel

from pipelines.arrays import Image
from pipelines.context import Context
from pipelines.errors import Cancelled, InvalidInput, OutOfRange, UnknownName
from pipelines.still import Guidance
from pipelines.still.diffusion.schedulers import NOISE
from tests.pipelines.still.diffusion.studio import FAMILIES, Studio, picture, rms
from tests.tiny.img2img import MULTIPLE

Calls = list[tuple[torch.Tensor, float]]
"""Latents and timestep of each call of the UNet."""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Watch the real UNet at work."""
    seen: Calls = []
    forward = UNet2DConditionModel.forward

    def watched(self: object, sample: torch.Tensor, timestep: float, **options: object) -> object:
        seen.append((sample.clone(), float(timestep)))
        return forward(self, sample, timestep, **options)

    monkeypatch.setattr(UNet2DConditionModel, "forward", watched)
    return seen


def test_strength_0_gives_the_pixels_back_without_any_weights(
    studio: Studio, context: Context
) -> None:
    still = picture(37, 53)
    made = studio.render(pixels=still, strength=0.0, context=context)
    assert np.array_equal(made.pictures[0], still)


def test_the_noise_at_the_start_is_what_strength_says(studio: Studio, calls: Calls) -> None:
    """DDIM's first of 20 steps at strength s is the timestep that lies there."""
    for strength, timestep in ((0.25, 201), (0.5, 451), (1.0, 951)):
        calls.clear()
        guidance = Guidance(model="tiny-sd", num_inference_steps=20)
        made = studio.render(guidance, strength=strength)
        assert calls[0][1] == timestep
        assert len(calls) == made.details["steps_run"] == 20 * strength


def test_more_strength_goes_further_from_the_still(studio: Studio) -> None:
    guidance = Guidance(model="tiny-sd", num_inference_steps=20)
    distances = [
        rms(studio.render(guidance, strength=strength).pictures[0], studio.request.pixels)
        for strength in (0.001, 0.1, 0.3, 0.6, 1.0)
    ]
    assert distances == sorted(distances)
    assert distances[-1] > 2 * distances[0]


def test_a_strength_of_less_than_a_step_runs_one_and_says_so(studio: Studio, calls: Calls) -> None:
    made = studio.render(strength=0.02)
    assert len(calls) == made.details["steps_run"] == 1
    assert made.details["num_inference_steps"] == 50
    assert "less than one step" in made.warnings[0]


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("strength", [1e-5, 0.03])
def test_the_least_strength_works_in_every_family(
    studio: Studio, name: str, strength: float
) -> None:
    made = studio.render(Guidance(model=name, num_inference_steps=30), strength=strength)
    assert made.details["steps_run"] in (1, 2), "SD 3 rounds up"
    assert "less than one step" in made.warnings[0] or "leaves room" in made.warnings[0]


@pytest.mark.parametrize(("height", "width"), [(64, 64), (50, 97), (200, 130), (31, 32)])
def test_pictures_have_the_stills_size(studio: Studio, height: int, width: int) -> None:
    made = studio.render(pixels=picture(height, width))
    assert made.pictures[0].shape == (height, width, 3)
    assert made.pictures[0].dtype == np.uint8
    size = made.details["size"]
    assert isinstance(size, list)
    assert all(side % MULTIPLE == 0 for side in size)


def test_shapes_stay_at_their_places(studio: Studio) -> None:
    """Through padding, a smaller size and back: the middle of a spot, to a fraction of a pixel."""
    y, x = np.mgrid[:150, :97].astype(np.float32)
    spots = [(30, 20), (110, 75), (75, 48)]
    planes = [np.exp(-((y - row) ** 2 + (x - column) ** 2) / 200) for row, column in spots]
    still = np.round(255 * np.stack(planes, axis=2)).astype(np.uint8)
    made = studio.render(Guidance(model="tiny-sd"), pixels=still, strength=0.001).pictures[0]
    for channel, spot in enumerate(spots):
        plane = np.maximum(made[..., channel].astype(float) - 60, 0)
        middle = (plane * y).sum() / plane.sum(), (plane * x).sum() / plane.sum()
        assert middle == pytest.approx(spot, abs=0.5)


def test_a_still_larger_than_the_model_draws_is_said(studio: Studio) -> None:
    assert not studio.render(pixels=picture(64, 64)).warnings
    (sentence,) = studio.render(pixels=picture(130, 130)).warnings
    assert "64 × 64 pixels and the still has 2.0 times as many" in sentence


@pytest.mark.parametrize("scheduler", [None, "euler-ancestral", "dpmpp-2m-sde", "lcm"])
def test_a_variation_does_not_depend_on_how_many_there_are(
    studio: Studio, scheduler: str | None
) -> None:
    guidance = Guidance(
        model="tiny-sd", num_inference_steps=4, scheduler=scheduler, variations=3, seed=20
    )
    batch = studio.render(guidance)
    assert batch.details["seeds"] == [20, 21, 22]
    assert rms(batch.pictures[0], batch.pictures[1]) > 2
    for index, seed in enumerate((20, 21, 22)):
        alone = studio.render(replace(guidance, variations=1, seed=seed)).pictures[0]
        # A batch sums in another order than a single picture.
        assert np.abs(alone.astype(int) - batch.pictures[index]).max() <= 1


def test_the_same_request_gives_the_same_bytes(studio: Studio) -> None:
    guidance = Guidance(model="tiny-sd", num_inference_steps=3, variations=2, seed=3)
    first = studio.render(guidance)
    studio.render(Guidance(model="tiny-sdxl", num_inference_steps=2))
    again = studio.render(guidance)
    for one, other in zip(first.pictures, again.pictures, strict=True):
        assert np.array_equal(one, other)
    assert first.details == again.details
    assert not np.array_equal(
        first.pictures[0], studio.render(replace(guidance, seed=4)).pictures[0]
    )


def test_words_change_the_picture(studio: Studio) -> None:
    usual = studio.render().pictures[0]
    told = studio.render(replace(studio.request.guidance, prompt="a blue cup")).pictures[0]
    warned = studio.render(replace(studio.request.guidance, negative_prompt="a cup")).pictures[0]
    assert not np.array_equal(usual, told)
    assert not np.array_equal(usual, warned)


def test_guidance_of_1_leaves_the_negative_prompt_out(studio: Studio, calls: Calls) -> None:
    off = replace(studio.request.guidance, guidance_scale=1.0, negative_prompt="a cup")
    made = studio.render(off)
    assert {len(latents) for latents, _ in calls} == {1}
    assert made.details["negative_prompt"] is None
    assert made.warnings == ("Guidance is off for tiny-sd, so the negative prompt has no effect.",)
    calls.clear()
    studio.render()
    assert {len(latents) for latents, _ in calls} == {2}


def test_a_family_without_negative_prompts_says_so(studio: Studio) -> None:
    told = Guidance(model="tiny-lcm", negative_prompt="a cup")
    assert studio.render(told).warnings == (
        "tiny-lcm takes no negative prompt, so it was left out.",
    )


@pytest.mark.parametrize("name", NOISE)
def test_each_scheduler_runs_by_its_name(studio: Studio, name: str) -> None:
    made = studio.render(replace(studio.request.guidance, scheduler=name))
    assert made.details["scheduler"] == NOISE[name].kind
    assert made.pictures[0].std() > 5


def test_schedulers_differ(studio: Studio) -> None:
    pictures = [
        studio.render(replace(studio.request.guidance, scheduler=name)).pictures[0].tobytes()
        for name in ("ddim", "euler", "euler-karras", "euler-ancestral", "heun", "dpmpp-2m-karras")
    ]
    assert len(set(pictures)) == len(pictures)


def test_the_models_own_scheduler_comes_back(studio: Studio) -> None:
    before = studio.render()
    studio.render(replace(studio.request.guidance, scheduler="euler-karras"))
    after = studio.render()
    assert after.details["scheduler"] == before.details["scheduler"] == "DDIMScheduler"
    assert np.array_equal(before.pictures[0], after.pictures[0])


def test_an_unknown_scheduler_names_the_nearest(studio: Studio) -> None:
    with pytest.raises(UnknownName, match="did you mean 'euler'"):
        studio.render(Guidance(model="tiny-sd", scheduler="eulr"))


@pytest.mark.parametrize(
    ("model", "scheduler"), [("tiny-sd3", "ddim"), ("tiny-sd", "flow-euler"), ("tiny-lcm", "euler")]
)
def test_a_scheduler_of_another_kind_of_model_is_refused(
    studio: Studio, model: str, scheduler: str
) -> None:
    with pytest.raises(InvalidInput, match=f"'{scheduler}' does not fit the model '{model}'"):
        studio.render(Guidance(model=model, scheduler=scheduler))


def test_flow_models_have_schedulers_of_their_own(studio: Studio) -> None:
    guidance = Guidance(model="tiny-sd3", num_inference_steps=4)
    own = studio.render(guidance).pictures[0]
    heun = studio.render(replace(guidance, scheduler="flow-heun"))
    assert heun.details["scheduler"] == "FlowMatchHeunDiscreteScheduler"
    assert not np.array_equal(own, heun.pictures[0])


def test_more_steps_than_a_scheduler_can_make_are_refused(studio: Studio) -> None:
    with pytest.raises(OutOfRange, match="1 to 50"):
        studio.render(Guidance(model="tiny-sd", scheduler="lcm", num_inference_steps=60))


def test_progress_names_every_step(studio: Studio) -> None:
    heard: list[tuple[str, int, int]] = []
    job = replace(studio.context, progress=lambda *step: heard.append(step))
    studio.render(Guidance(model="tiny-sd", num_inference_steps=5), strength=1.0, context=job)
    assert heard[-5:] == [("still", done, 5) for done in range(1, 6)]


def test_a_cancelled_job_stops_within_a_step_and_leaves_the_engine_well(
    studio: Studio, calls: Calls
) -> None:
    before = studio.render()
    calls.clear()
    cancel = threading.Event()

    def stop_at_second_step(stage: str, done: int, total: int) -> None:
        if done == 2:
            cancel.set()

    job = replace(studio.context, cancel=cancel, progress=stop_at_second_step)
    with pytest.raises(Cancelled):
        studio.render(Guidance(model="tiny-sd", num_inference_steps=9), context=job, strength=1.0)
    assert len(calls) == 3
    assert np.array_equal(studio.render().pictures[0], before.pictures[0])


def test_a_listener_sees_unfinished_pictures(studio: Studio) -> None:
    """At a small strength the first look is near the still already: colours at their places."""
    shown: list[Image] = []
    job = replace(studio.context, preview=shown.append)
    guidance = Guidance(model="tiny-sd", num_inference_steps=100)
    plain = studio.render(guidance, strength=0.09)
    made = studio.render(guidance, strength=0.09, context=job)
    assert np.array_equal(plain.pictures[0], made.pictures[0])
    assert len(shown) == 3
    assert shown[0].dtype == np.uint8
    assert shown[0].shape == (16, 16, 3)
    small = studio.request.pixels.reshape(16, 4, 16, 4, 3).mean((1, 3))
    assert np.corrcoef(shown[0].ravel(), small.ravel())[0, 1] > 0.7


def test_the_report_says_what_was_done(studio: Studio) -> None:
    made = studio.render(replace(studio.request.guidance, prompt="on marble", seed=9))
    assert made.models == ("tiny-sd",)
    assert json.loads(json.dumps(dict(made.details))) == dict(made.details)
    expected = {
        "model": "tiny-sd",
        "size": [64, 64],
        "strength": 0.6,
        "num_inference_steps": 4,
        "steps_run": 2,
        "scheduler": "DDIMScheduler",
        "guidance_scale": 7.5,
        "seeds": [9],
        "prompt": f"on marble, {studio.request.look.prompt}",
        "negative_prompt": studio.request.look.negative_prompt,
    }
    assert expected.items() <= made.details.items()
    assert made.details["mode"]["memory"] == "full"  # type: ignore[index]  # JSON values


def test_no_word_goes_to_the_terminal(studio: Studio, capfd: pytest.CaptureFixture[str]) -> None:
    for name in FAMILIES:
        studio.render(Guidance(model=name, num_inference_steps=2, prompt="cup " * 400))
    assert capfd.readouterr() == ("", "")
