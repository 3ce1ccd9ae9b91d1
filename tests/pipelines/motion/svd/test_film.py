"""The finish: pictures between the model's frames, and the shot's own size."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.context import Context
from pipelines.motion.svd.film import Film
from pipelines.motion.svd.finish import resample
from pipelines.motion.svd.guide import render_guide
from tests.oracles import circle, line, moving_clip, texture
from tests.pipelines.motion.svd.shots import animate, make_shot
from tests.stills import make_still, psnr, textured
from tests.tiny.svd import SIDE

WIDTH, HEIGHT, COUNT = 160, 120, 8


def film_of(closed: bool) -> Film:
    """Eight frames on a circle, or of a straight path of three pixels a frame."""
    path = circle(6) if closed else line(24)
    frames = moving_clip(WIDTH, HEIGHT, COUNT, path).stack()
    return Film(frames, closed=closed, advance=lambda: None)


@pytest.mark.parametrize("closed", [True, False])
def test_a_place_on_a_frame_is_that_frame(closed: bool) -> None:
    film, path = film_of(closed), circle(6) if closed else line(24)
    last = COUNT if closed else COUNT - 1
    assert film.length == last
    for index in range(COUNT):
        frame = texture(WIDTH, HEIGHT, *path(index / COUNT))
        np.testing.assert_array_equal(film.at(index / last), frame)


@pytest.mark.parametrize("closed", [True, False])
def test_places_between_lie_on_the_path_and_keep_its_pace(closed: bool) -> None:
    film, path = film_of(closed), circle(6) if closed else line(24)
    last = COUNT if closed else COUNT - 1
    for quarter in range(1, 4 * last, 2):
        moment = quarter / 4
        wanted = texture(WIDTH, HEIGHT, *path(moment / COUNT))[16:-16, 16:-16]
        assert psnr(film.at(moment / last)[16:-16, 16:-16], wanted) > 30


def test_a_longer_way_back_takes_its_time() -> None:
    frames = moving_clip(WIDTH, HEIGHT, COUNT, line(8)).stack()
    film = Film(frames, closed=True, gap=3.0, advance=lambda: None)
    assert film.length == COUNT - 1 + 3
    np.testing.assert_array_equal(film.at((COUNT - 1) / film.length), frames[-1])
    half_way = film.at((COUNT - 1 + 1.5) / film.length)[16:-16, 16:-16]
    assert psnr(half_way, texture(WIDTH, HEIGHT, 3.5)[16:-16, 16:-16]) > 30


def test_frames_come_back_without_distortion_or_crop() -> None:
    """A picture squeezed to the model's size and back is the same picture, only softer."""
    picture = textured(270, 480, scale=4.0)
    again = resample(resample(picture, (144, 256)), (270, 480))
    assert psnr(again, picture) > 30
    assert resample(picture, (270, 480)) is picture


@pytest.mark.parametrize("size", [(96, 54), (54, 96), (72, 72), (64, 80)])
def test_every_shape_is_animated_at_a_size_of_the_models(
    size: tuple[int, int], job: Context
) -> None:
    shot = make_shot(job, size=size, camera="locked", num_inference_steps=1, count=2)
    clip = animate(shot, job)
    width, height = clip.details["width"], clip.details["height"]
    assert isinstance(width, int)
    assert isinstance(height, int)
    assert width % 8 == height % 8 == 0
    assert width / height == pytest.approx(size[0] / size[1], rel=0.05)
    assert width * height == pytest.approx(SIDE**2, rel=0.2)
    assert clip.render(1).shape == (size[1], size[0], 3)


@pytest.mark.parametrize("camera", ["roll", "orbit"])
def test_a_guide_of_another_shape_is_squeezed_as_a_whole(camera: str, job: Context) -> None:
    """Brought back to the shot's size it shows what the shot's own camera sees."""
    still = make_still(textured(192, 240, scale=4.0))
    shot = make_shot(job, still=still, camera=camera, size=(192, 240))
    assert shot.guide is not None
    guided = render_guide(shot.guide, (192, 240), (168, 216), 4)
    again = resample(guided.frames[2], (192, 240))
    assert psnr(again, shot.guide(192, 240, 4).render(2)) > 32
    assert (guided.camera.width, guided.camera.height) == (173, 216)
