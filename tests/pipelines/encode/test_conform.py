from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from pipelines.encode import judge
from pipelines.encode.probe import probe
from pipelines.errors import InvalidInput, UnknownName


def naive_mp4(path: Path, frames: int = 30, size: int = 64) -> Path:
    """A file as the plain use of libav makes it: index last, edit list, no colour tags."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width = stream.height = size
        stream.pix_fmt = "yuv420p"
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((size, size, 3), index, np.uint8))
            frame.pts, frame.time_base = index, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_a_naive_file_is_told_what_it_lacks(tmp_path: Path) -> None:
    checks = {check.rule: check for check in judge(naive_mp4(tmp_path / "a.mp4"), "tiktok")}
    failed = {rule for rule, check in checks.items() if not check.ok}
    assert failed == {"index", "edit-list", "colour", "duration", "width", "height"}
    assert checks["duration"].value == "1.00 s"
    assert checks["duration"].limit == "at least 3.00 s, at most 600.00 s"
    assert checks["duration"].source.startswith("https://")


def test_a_gif_is_no_reel(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 30), (value, 0, 0)) for value in (0, 100, 200)]
    path = tmp_path / "a.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    facts = probe(path)
    assert (facts.container, facts.width, facts.frames, facts.fps) == ("gif", 40, 3, 10)
    assert facts.loops is None
    assert "container" in {c.rule for c in judge(path, "instagram-reel") if not c.ok}
    loops = next(check for check in judge(path, "gif") if check.rule == "loops")
    assert (loops.value, loops.ok) == ("once", False)


@pytest.mark.parametrize("content", [b"", b"no video at all" * 9, b"GIF89a", b"RIFF\0\0\0\0WEBP"])
def test_what_is_no_video_is_said_plainly(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "thing.mp4"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="holds no video"):
        judge(path, "tiktok")


def test_a_truncated_video_is_no_video(tmp_path: Path) -> None:
    path = naive_mp4(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(InvalidInput, match="holds no video"):
        judge(path, "tiktok")


def test_a_missing_file_and_an_unknown_format(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no file"):
        judge(tmp_path / "nowhere.mp4", "tiktok")
    with pytest.raises(UnknownName, match="instagram-reel"):
        judge(naive_mp4(tmp_path / "a.mp4"), "instagram-real")
