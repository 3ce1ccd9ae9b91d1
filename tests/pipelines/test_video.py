"""Reading videos: colours by the equations of the standards, and damage that is noticed."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from pipelines.errors import InvalidInput
from pipelines.video import decoded, read_footage, to_rgb
from tests.oracles import texture

MATRICES = {
    "unsaid": (2, 0.299, 0.114),
    "bt601": (6, 0.299, 0.114),
    "bt709": (1, 0.2126, 0.0722),
    "bt2020": (9, 0.2627, 0.0593),
}


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Twelve frames at 8 a second."""
    path = tmp_path / "video.mp4"
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=Fraction(8))
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.options = {"crf": "4", "preset": "ultrafast"}
        for index in range(12):
            frame = av.VideoFrame.from_ndarray(texture(96, 64, index), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("full", [True, False])
def test_colours_come_back_by_the_files_tags(matrix: str, full: bool) -> None:
    code, red, blue = MATRICES[matrix]
    colours = np.random.default_rng(2).integers(0, 256, (16, 3)) / 255
    luma = colours @ [red, 1 - red - blue, blue]
    chroma = [
        0.5 * (colours[:, 2] - luma) / (1 - blue),
        0.5 * (colours[:, 0] - luma) / (1 - red),
    ]
    scale, foot, spread = (255, 0, 255) if full else (219, 16, 224)
    planes = [foot + scale * luma, *(128 + spread * part for part in chroma)]
    picture = np.stack([np.clip(np.rint(plane), 0, 255) for plane in planes]).astype(np.uint8)
    frame = av.VideoFrame.from_ndarray(
        np.repeat(picture[:, None], 8, axis=1).repeat(8, axis=2), format="yuv444p"
    )
    frame.colorspace, frame.color_range = code, 2 if full else 1
    shown = to_rgb(frame)[4, 4::8]
    assert np.abs(shown - 255 * colours).max() <= 2.5  # what rounding to 8 bits leaves
    assert abs((shown - 255 * colours).mean()) < 0.5


def test_a_video_is_read_whole(video: Path) -> None:
    footage = read_footage(video, math.inf, 2**30)
    assert (len(footage.frames), footage.fps, footage.size) == (12, 8.0, (96, 64))
    for index, frame in enumerate(footage.frames):
        assert np.abs(frame.astype(int) - texture(96, 64, index)).mean() < 6


def test_no_more_is_kept_than_asked_for(video: Path) -> None:
    assert len(read_footage(video, 0.5, 2**30).frames) == 5  # 0.0, 0.125 … 0.5 s


def test_a_video_too_large_for_the_memory_is_refused(video: Path) -> None:
    with pytest.raises(InvalidInput, match="longer or larger"):
        read_footage(video, math.inf, 11 * 96 * 64 * 3)


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "cannot be decoded"), (0.05, "0 of 12|no pictures|cannot be"), (0.7, "cut off")],
)
def test_a_cut_off_video_is_noticed(video: Path, share: float, words: str) -> None:
    data = video.read_bytes()
    video.write_bytes(data[: int(share * len(data))])
    with pytest.raises(InvalidInput, match=words):
        read_footage(video, 0.1, 2**30)


def test_something_else_is_no_video(tmp_path: Path) -> None:
    page = tmp_path / "video.mp4"
    page.write_text("<!doctype html><h1>Sign in</h1>")
    with pytest.raises(InvalidInput, match="cannot be decoded"):
        read_footage(page, math.inf, 2**30)


def test_every_picture_is_decoded_in_order(video: Path) -> None:
    brightness = [float(to_rgb(frame)[:, :8].mean()) for frame in decoded(video)]
    wanted = [float(texture(96, 64, index)[:, :8].mean()) for index in range(12)]
    np.testing.assert_allclose(brightness, wanted, atol=3)
