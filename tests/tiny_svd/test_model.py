"""The trained weights do in the stock pipeline what README.md says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
import torch
from diffusers import StableVideoDiffusionPipeline

from tests.tiny_svd import FOLDER, load_pipeline, measure, runs, scenes, table

MOST_BYTES = 10_000_000


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Leave the other cores to the other tests."""
    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    yield
    torch.set_num_threads(before[0])
    cv2.setNumThreads(before[1])


@pytest.fixture(scope="module")
def pipeline() -> StableVideoDiffusionPipeline:
    return load_pipeline()


@pytest.fixture(scope="module")
def control(pipeline: StableVideoDiffusionPipeline) -> StableVideoDiffusionPipeline:
    """The same with a random denoiser, which must fail what the trained one passes."""
    return table.untrained(pipeline)


def flows(pipeline: StableVideoDiffusionPipeline, bucket: int, count: int) -> list[float]:
    stills = [scene.still() for scene in table.unseen(count)]
    clips = runs.animate(pipeline, stills, range(count), motion_bucket_id=bucket)
    return [measure.flow_speed(clip) for clip in clips]


def test_a_larger_motion_bucket_moves_more(pipeline: StableVideoDiffusionPipeline) -> None:
    means = [np.mean(flows(pipeline, bucket, 6)) for bucket in table.BUCKETS]
    assert np.all(np.diff(means) > 0.12)
    assert means[-1] > 3 * means[0]


def test_an_untrained_denoiser_ignores_the_motion_bucket(
    control: StableVideoDiffusionPipeline,
) -> None:
    slow, fast = (np.mean(flows(control, bucket, 3)) for bucket in (30, 250))
    assert slow > 2 * scenes.speed_of(30)
    assert fast - slow < 0.2


def test_the_first_frame_is_the_still(
    pipeline: StableVideoDiffusionPipeline, control: StableVideoDiffusionPipeline
) -> None:
    stills = [scene.still() for scene in table.unseen(3)]
    trained, untrained = (
        np.mean(
            [
                measure.psnr(clip[0], still)
                for clip, still in zip(runs.animate(pipe, stills, range(3)), stills, strict=True)
            ]
        )
        for pipe in (pipeline, control)
    )
    assert trained > 24
    assert untrained < 18


def test_a_later_start_stays_nearer_to_the_guides_path(
    pipeline: StableVideoDiffusionPipeline, control: StableVideoDiffusionPipeline
) -> None:
    path = scenes.at_speed(scenes.pan(0.4), 1.0)
    guides = [scene.clip(path) for scene in table.unseen(6)]

    def error(pipe: StableVideoDiffusionPipeline, start: int) -> float:
        clips = runs.follow(pipe, guides, range(6), start, motion_bucket_id=scenes.bucket_of(1.0))
        return float(np.mean([measure.trajectory_error(clip, path) for clip in clips]))

    from_noise, half_way, late = (error(pipeline, start) for start in (0, 5, 7))
    assert from_noise > half_way > late
    assert late < 1.2
    assert error(control, 5) > half_way + 1.5


def test_a_held_half_stays_still_while_the_other_moves(
    pipeline: StableVideoDiffusionPipeline,
) -> None:
    half = scenes.SIDE // 2
    for clip in table.masked(pipeline, held=True)[:6]:
        left, right = clip[:, :, : half - 4], clip[:, :, half + 4 :]
        assert measure.restlessness(left) < 0.25 * measure.restlessness(right)


@pytest.mark.parametrize("side", [48, 64, 96])
def test_ordinary_photos_pass_the_autoencoder(
    pipeline: StableVideoDiffusionPipeline, side: int
) -> None:
    pictures = np.stack(table.photos(side))
    again = runs.reconstruct(pipeline, pictures)
    for before, after in zip(pictures, again, strict=True):
        assert measure.psnr(before, after) > 19
        assert after.mean((0, 1)) == pytest.approx(before.mean((0, 1)), abs=10)


def test_instruments_agree_with_known_motion() -> None:
    for turn, speed in enumerate((0.2, 0.8, 1.5)):
        for kind in (scenes.pan(turn), scenes.orbit(turn, 0.6, phase=turn)):
            path = scenes.at_speed(kind, speed)
            clip = table.unseen(turn + 1)[-1].clip(path)
            assert scenes.mean_speed(path) == pytest.approx(speed, rel=1e-5)
            assert measure.trajectory_error(clip, path) < 0.15
            assert measure.flow_speed(clip) == pytest.approx(speed, rel=0.15)


def test_the_folder_is_small_safe_and_complete() -> None:
    files = [file for file in FOLDER.rglob("*") if file.is_file()]
    assert {file.suffix for file in files} == {".json", ".safetensors"}
    assert sum(file.stat().st_size for file in files) < MOST_BYTES
    index = json.loads((FOLDER / "model_index.json").read_text())
    assert index["_class_name"] == "StableVideoDiffusionPipeline"


def test_the_scheduler_is_the_releases_but_for_its_noise_range(
    pipeline: StableVideoDiffusionPipeline,
) -> None:
    config = pipeline.scheduler.config
    assert (config.sigma_max, config.sigma_min) == (80.0, 0.02)
    assert (config.prediction_type, config.timestep_type) == ("v_prediction", "continuous")
    assert config.use_karras_sigmas
