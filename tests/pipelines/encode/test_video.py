from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from pipelines.context import Context
from pipelines.encode import encode_loop
from pipelines.encode.blocks import mp4_boxes
from pipelines.encode.probe import probe
from pipelines.encode.readback import first_frame
from pipelines.media import Artifact, Clip, Loop
from pipelines.quality import colour_difference
from tests.oracles import Path2D, circle, line, moving_clip, swing, texture

SIZE = (180, 320)


def made(
    clip: Clip, context: Context, folder: Path, name: str = "tiktok", *, repeats: int = 1
) -> Artifact:
    loop = Loop(clip, "closed" if clip.closed else "none")
    return encode_loop(loop, name, folder / "loop.mp4", repeats=repeats, context=context)


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    folder = tmp_path_factory.mktemp("reel")
    return made(moving_clip(*SIZE, 45, circle(8)), Context(folder), folder, repeats=2)


def test_the_pictures_are_what_platforms_take(reel: Artifact) -> None:
    with av.open(str(reel.path)) as container:
        stream = container.streams.video[0]
        codec = stream.codec_context
        frames = list(container.decode(stream))
        assert (codec.width, codec.height, codec.pix_fmt, codec.profile) == (
            *SIZE,
            "yuv420p",
            "High",
        )
        assert stream.average_rate == 30
        assert not container.streams.audio
        tags = (codec.color_primaries, codec.color_trc, codec.colorspace, codec.color_range)
        assert [int(tag) for tag in tags] == [1, 1, 1, 1]
        times = [frame.time for frame in frames]
    np.testing.assert_allclose(times, np.arange(90) / 30, atol=1e-6)
    assert any(frame.pict_type == av.video.frame.PictureType.B for frame in frames)
    assert [index for index, frame in enumerate(frames) if frame.key_frame] == [0, 45]


def test_the_index_stands_first_and_no_edit_list_is_written(reel: Artifact) -> None:
    boxes = [box.path for box in mp4_boxes(reel.path)]
    assert boxes.index("moov") < boxes.index("mdat")
    assert not [path for path in boxes if "edts" in path]


def test_the_artifact_tells_what_is_in_the_file(reel: Artifact) -> None:
    assert (reel.width, reel.height, reel.fps, reel.frames) == (*SIZE, 30, 90)
    assert reel.seconds == pytest.approx(3)
    assert reel.bytes == reel.path.stat().st_size
    failed = {check.rule for check in reel.conformance if not check.ok}
    assert failed == {"width", "height"}  # TikTok asks for at least 360


def test_a_repeat_is_the_same_to_the_last_bit(reel: Artifact) -> None:
    with av.open(str(reel.path)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(video=0)]
    np.testing.assert_array_equal(frames[:45], frames[45:])


@pytest.mark.parametrize("path", [circle(8), circle(1), swing(1.5), swing(6)])
@pytest.mark.parametrize("draft", [False, True])
def test_the_seam_survives_the_codec(
    path: Path2D, draft: bool, context: Context, tmp_path: Path
) -> None:
    clip = moving_clip(*SIZE, 60, path)
    artifact = encode_loop(
        Loop(clip, "closed"), "tiktok", tmp_path / "a.mp4", repeats=1, context=context, draft=draft
    )
    assert 0.8 <= artifact.seam.ratio <= 1.25


def test_a_cut_is_measured_as_a_cut(context: Context, tmp_path: Path) -> None:
    artifact = made(moving_clip(*SIZE, 40, line(60), closed=False), context, tmp_path)
    assert artifact.seam.ratio > 2


def test_frame_0_keeps_the_stills_colours(context: Context, tmp_path: Path) -> None:
    """On a picture whose detail is as coarse as a photo's: 4:2:0 halves the colour's detail."""
    picture = cv2.resize(texture(60, 107), SIZE, interpolation=cv2.INTER_CUBIC)
    clip = replace(moving_clip(*SIZE, 30, circle(0)), render=lambda _: picture)
    artifact = made(clip, context, tmp_path)
    shown = first_frame(artifact.path, probe(artifact.path))
    assert colour_difference(shown, picture) < 1.5


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_very_short_loops_are_whole(count: int, context: Context, tmp_path: Path) -> None:
    assert made(moving_clip(64, 48, count, circle(3)), context, tmp_path).frames == count


@pytest.mark.parametrize("fps", [23.0, 29.97, 60.0])
def test_odd_rates_are_constant(fps: float, context: Context, tmp_path: Path) -> None:
    clip = moving_clip(64, 48, 24, circle(3), fps=fps)
    artifact = made(clip, context, tmp_path)
    assert artifact.fps == pytest.approx(fps, rel=1e-3)
    assert {c.rule: c.ok for c in artifact.conformance}["frame-rate-mode"]


def test_the_master_keeps_every_pixel(context: Context, tmp_path: Path) -> None:
    clip = moving_clip(64, 48, 12, circle(3))
    artifact = made(clip, context, tmp_path, "master")
    with av.open(str(artifact.path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    np.testing.assert_array_equal(frames, clip.stack())
    assert all(check.ok for check in artifact.conformance)


def test_the_same_loop_gives_the_same_bytes(context: Context, tmp_path: Path) -> None:
    clip = moving_clip(96, 64, 40, circle(3))
    files = [made(clip, context, tmp_path / name).path.read_bytes() for name in "ab"]
    assert files[0] == files[1]
