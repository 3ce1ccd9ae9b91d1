"""What a server is asked for."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipelines.camera import build_path, parse_camera
from pipelines.machine import RemoteServer
from pipelines.media import Framing
from pipelines.motion.engine import Direction, Shot
from pipelines.motion.remote.order import MOST_PIXELS, UNIT, choose_size, describe, write_order
from tests.stills import make_still

SERVER = RemoteServer("http://gpu/v1")


@pytest.mark.parametrize(
    "size", [(1080, 1920), (1920, 1080), (1080, 1080), (1080, 1350), (1200, 628), (480, 600)]
)
def test_sizes_suit_models_and_stay_near_the_shots_shape(size: tuple[int, int]) -> None:
    width, height = choose_size(*size)
    assert width % UNIT == height % UNIT == 0
    assert width * height <= MOST_PIXELS
    assert width * height > 0.9 * min(MOST_PIXELS, size[0] * size[1])
    assert abs((width / height) / (size[0] / size[1]) - 1) < 0.04


def test_a_tiny_shot_has_a_size_too() -> None:
    assert choose_size(16, 9) == (UNIT, UNIT)


def test_the_picture_sent_is_the_window_that_frame_0_shows(shot: Shot) -> None:
    """A still of four quarters, framed on its lower right one."""
    pixels = np.zeros((320, 192, 3), np.uint8)
    pixels[160:, 96:] = (10, 200, 90)
    framed = replace(
        shot, still=make_still(pixels), framing=Framing(96.0, 160.0, 96.0, 160.0, "reframed")
    )
    ((field, (_, png, kind)),) = write_order(framed, SERVER).files
    sent = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert isinstance(sent, np.ndarray)
    assert (field, kind) == ("input_reference", "image/png")
    assert sent.shape == (160, 96, 3)
    assert np.abs(sent[4:-4, 4:-4].astype(int) - (90, 200, 10)).max() <= 1


def test_a_fade_is_ordered_with_the_clip(shot: Shot) -> None:
    open_path = replace(shot.path, closed=False)
    long = replace(shot, count=60, fps=30.0)
    faded, plain = write_order(long, SERVER), write_order(replace(long, path=open_path), SERVER)
    keyframed = write_order(long, replace(SERVER, keyframes=True))
    assert (faded.seconds, faded.fields["seconds"]) == (2.6, "3")
    assert (plain.seconds, plain.fields["seconds"]) == (2.0, "2")
    assert (keyframed.seconds, keyframed.fields["seconds"]) == (2.0, "2")


def test_an_open_clip_has_no_last_frame(shot: Shot) -> None:
    path = replace(shot.path, closed=False)
    order = write_order(replace(shot, path=path), replace(SERVER, keyframes=True))
    assert [name for name, _ in order.files] == ["input_reference"]
    assert "extra_params" not in order.fields


def test_the_recipes_model_goes_before_the_machines(shot: Shot) -> None:
    server = replace(SERVER, model="house")
    told = replace(shot, direction=Direction(model="guest"))
    assert write_order(shot, server).fields["model"] == "house"
    assert write_order(told, server).fields["model"] == "guest"


def test_the_prompt_names_camera_and_effects(shot: Shot) -> None:
    path = build_path(parse_camera("slide-left,push-in=0.1"))
    alive = replace(shot, path=path, ambient=(("snow", 0.5), ("haze", 0.0)))
    assert describe(alive) == "a cup, camera move: slide left, push in, snow"
    still = replace(shot, path=replace(path, intensity=0.0), direction=Direction())
    assert describe(still) == "the same scene, alive"
