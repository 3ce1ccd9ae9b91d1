"""The engine as a whole: progress, cancelling, what it reports, what it refuses."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from diffusers import StableVideoDiffusionPipeline
from PIL import Image as Pillow

from pipelines.arrays import Frames
from pipelines.context import Context
from pipelines.errors import (
    Cancelled,
    InvalidInput,
    InvalidSource,
    MissingCapability,
    MissingModel,
    OutOfRange,
    UnknownName,
)
from pipelines.models import add_folder
from pipelines.motion.svd.size import Native, choose_size
from pipelines.motion.svd.weights import choose_model
from pipelines.render import render
from pipelines.spec import parse_spec
from tests.pipelines.motion.svd.shots import TOY, animate, make_shot, masked
from tests.stills import make_still, textured
from tests.tiny.svd import NUM_FRAMES, SIDE, save_tiny_svd

Report = tuple[str, int, int]


def test_progress_rises_over_every_frame_step_chunk_and_pair(job: Context) -> None:
    told: list[Report] = []
    listening = replace(job, progress=lambda *report: told.append(report))
    shot = make_shot(job, closed=True, camera_strength=0.5, decode_chunk_size=4)
    details = animate(shot, listening).details
    assert {stage for stage, _, _ in told} == {"animate"}
    counted = [(done, total) for _, done, total in told if total]
    totals = {total for _, total in counted}
    assert len(totals) == 1
    assert [done for done, _ in counted] == list(range(totals.pop() + 1))
    steps = details["steps_taken"]
    assert isinstance(steps, int)
    # Guide frames, steps, chunks of 4 frames over 6 + 2·6 latents of the circle, pairs.
    assert counted[-1][0] == NUM_FRAMES + steps + 8 + NUM_FRAMES


def test_a_cancelled_job_stops_within_one_step(job: Context) -> None:
    """Cancelled from within the progress of step two, nothing more is done."""
    told: list[Report] = []

    def listen(*report: object) -> None:
        told.append(report)  # type: ignore[arg-type]
        if report[1] == 2:
            stopping.cancel.set()

    stopping = replace(job, progress=listen, cancel=type(job.cancel)())
    shot = make_shot(job, camera_strength=0.0, num_inference_steps=20)
    with pytest.raises(Cancelled):
        animate(shot, stopping)
    assert max(done for _, done, _ in told) == 2
    animate(make_shot(job, num_inference_steps=2), job)  # the next job is not harmed


def test_the_same_shot_gives_the_same_bytes(job: Context) -> None:
    still = masked(textured(SIDE, SIDE), np.eye(SIDE, dtype=np.float32)[::-1].cumsum(0))
    shot = make_shot(job, still=still, closed=True, size=(96, 72), count=9)
    first, second = (animate(shot, job) for _ in range(2))
    np.testing.assert_array_equal(first.stack(), second.stack())
    assert first.details == second.details


def test_the_clip_says_what_made_it(job: Context) -> None:
    clip = animate(make_shot(job, closed=True, seed=9), job)
    assert clip.engine == "svd"
    assert clip.models == (TOY,)
    assert clip.closed
    expected = {
        "model": TOY,
        "width": SIDE,
        "height": SIDE,
        "num_frames": NUM_FRAMES,
        "num_inference_steps": 5,
        "motion_bucket_id": 127,
        "seed": 9,
        "camera_strength": 0.45,
        "guidance": "triangle",
        "motion_mask": False,
        "interpolation": "flow",
    }
    assert expected.items() <= clip.details.items()
    assert isinstance(clip.details["mode"], dict)
    assert clip.details["mode"]["precision"] == "float32"


def test_the_camera_track_is_the_guides_at_the_shots_size(job: Context) -> None:
    shot = make_shot(job, size=(96, 72), count=7)
    assert shot.guide is not None
    wanted, got = shot.guide(96, 72, 7).camera, animate(shot, job).camera
    assert (got.width, got.height) == (96, 72)
    np.testing.assert_array_equal(got.intrinsics, wanted.intrinsics)
    np.testing.assert_array_equal(got.world_to_camera, wanted.world_to_camera)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("motion_bucket_id", 256, "1 to 255"),
        ("noise_aug_strength", 1.5, "0 to 1"),
        ("fps", 0, "1 to 60"),
        ("num_frames", 13, "2 to 12"),
        ("num_inference_steps", 201, "1 to 200"),
        ("max_guidance_scale", float("nan"), "0 to 30"),
        ("camera_strength", -0.1, "0 to 1"),
        ("decode_chunk_size", 0, "1 to 128"),
    ],
)
def test_a_number_out_of_range_is_one_sentence(
    name: str, value: float, allowed: str, job: Context
) -> None:
    with pytest.raises(OutOfRange, match=name) as caught:
        animate(make_shot(job, **{name: value}), job)  # type: ignore[arg-type]
    assert caught.value.allowed == allowed


def test_guidance_that_is_on_and_off_at_once_is_refused(job: Context) -> None:
    with pytest.raises(InvalidInput, match="max_guidance_scale is 1"):
        animate(make_shot(job, min_guidance_scale=2.0, max_guidance_scale=1.0), job)


def test_an_interpolation_that_is_not_there_is_refused(job: Context) -> None:
    with pytest.raises(MissingCapability, match="'rife'") as caught:
        animate(make_shot(job, interpolation="rife"), job)
    assert caught.value.allowed == "auto, flow"


def test_too_small_a_still_is_refused_with_the_least_size(job: Context) -> None:
    shot = make_shot(job, still=make_still(textured(12, 12)))
    with pytest.raises(InvalidSource, match="only 12 × 12 pixels") as caught:
        animate(shot, job)
    assert "16 × 16" in caught.value.allowed


def test_without_a_guide_there_is_no_camera(job: Context) -> None:
    with pytest.raises(InvalidInput, match="guide"):
        animate(replace(make_shot(job), guide=None), job)


def test_ambient_effects_without_a_guide_are_said_to_be_missing(job: Context) -> None:
    def warnings(strength: float) -> tuple[str, ...]:
        shot = make_shot(job, camera_strength=strength, num_inference_steps=1)
        return animate(replace(shot, ambient=(("steam", 0.5),)), job).warnings

    assert any("ambient" in warning for warning in warnings(0.0))
    assert not any("ambient" in warning for warning in warnings(0.5))


def test_a_render_of_two_formats_loads_its_weights_once(
    job: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save_tiny_svd(tmp_path / "once")
    add_folder("once", folder, job.models_dir, kind="svd")
    loads: list[object] = []
    pretrained = StableVideoDiffusionPipeline.from_pretrained

    def counted(*folder: object, **options: object) -> object:
        loads.append(folder)
        return pretrained(*folder, **options)

    monkeypatch.setattr(StableVideoDiffusionPipeline, "from_pretrained", counted)
    recipe = {
        "motion": {"engine": "svd", "model": "once", "num_inference_steps": 2},
        "formats": ["web-loop", "gif"],
        "quality": "draft",
        "seconds": 0.5,
        "fps": 12,
    }
    still = tmp_path / "still.png"
    Pillow.fromarray(textured(96, 96)).save(still)
    render(parse_spec(recipe), still, tmp_path / "out", job)
    assert {"web-loop.mp4", "gif.gif"} <= {path.name for path in (tmp_path / "out").iterdir()}
    assert len(loads) == 1
    render(parse_spec({**recipe, "seed": 4}), still, tmp_path / "next", job)
    assert len(loads) == 1


def test_weights_that_were_brought_anew_are_loaded_anew(job: Context, tmp_path: Path) -> None:
    def clip(seed: int) -> Frames:
        folder = save_tiny_svd(tmp_path / f"{seed}", seed)
        shutil.rmtree(job.models_dir / "changed", ignore_errors=True)
        add_folder("changed", folder, job.models_dir, kind="svd")
        return animate(make_shot(job, model="changed", num_inference_steps=2), job).stack()

    first, second = clip(1), clip(2)
    assert (first != second).any()
    np.testing.assert_array_equal(clip(1), first)


def test_the_best_model_in_the_store_is_taken(tmp_path: Path) -> None:
    store = Context(tmp_path / "data")
    with pytest.raises(MissingModel, match="stillwave models pull svd-xt"):
        choose_model(None, store)
    folder = save_tiny_svd(tmp_path / "toy")
    for name in ("toy", "another"):
        add_folder(name, folder, store.models_dir, kind="svd")
        assert choose_model(None, store) == name
    assert choose_model("svd", store) == "svd"  # what is asked for is not second-guessed


def test_an_unknown_model_is_answered_with_those_that_animate(job: Context) -> None:
    with pytest.raises(UnknownName, match="did you mean 'svd-xt'") as caught:
        choose_model("svd-tx", job)
    assert {"svd", "svd-xt", TOY} <= set(caught.value.allowed.split(", "))
    assert not {"sd-1.5", "u2netp"} & set(caught.value.allowed.split(", "))


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((1920, 1080), (1024, 576)),
        ((1080, 1920), (576, 1024)),
        ((1080, 1080), (768, 768)),
        ((1080, 1350), (704, 896)),
        ((1200, 628), (1088, 576)),
        ((1000, 1500), (640, 960)),
    ],
)
def test_sizes_of_the_released_model(shape: tuple[int, int], size: tuple[int, int]) -> None:
    assert choose_size(*shape, Native(frames=25, side=768, unit=64, cell=8)) == size
