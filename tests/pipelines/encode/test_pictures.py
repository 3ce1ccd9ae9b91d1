"""GIF and WebP, read back by Pillow."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from pipelines.context import Context
from pipelines.encode import encode_loop
from pipelines.media import Artifact, Loop
from pipelines.quality import colour_difference
from tests.oracles import Path2D, circle, moving_clip, swing

SIZE = (160, 120)
MOVING = circle(6)


def made(
    kind: str, context: Context, folder: Path, path: Path2D = MOVING, fps: float = 20.0
) -> Artifact:
    loop = Loop(moving_clip(*SIZE, 30, path, fps=fps), "closed")
    return encode_loop(loop, kind, folder / f"loop.{kind}", repeats=1, context=context)


def test_a_gif_has_exact_delays_one_palette_and_no_end(context: Context, tmp_path: Path) -> None:
    artifact = made("gif", context, tmp_path)
    with Image.open(artifact.path) as picture:
        assert picture.info["loop"] == 0
        assert getattr(picture, "n_frames", 1) == 30
        palettes, delays = set(), []
        for frame in ImageSequence.Iterator(picture):
            delays.append(frame.info["duration"])
            palettes.add(tuple(picture.global_palette.palette))  # type: ignore[attr-defined]
    assert delays == [50] * 30
    assert len(palettes) == 1
    assert artifact.seconds == pytest.approx(1.5)


def test_still_parts_of_a_gif_cost_nothing(context: Context, tmp_path: Path) -> None:
    clip = moving_clip(*SIZE, 20, circle(6), fps=20)
    still = encode_loop(
        Loop(moving_clip(*SIZE, 20, circle(0), fps=20), "closed"),
        "gif",
        tmp_path / "still.gif",
        repeats=1,
        context=context,
    )
    moving = encode_loop(
        Loop(clip, "closed"), "gif", tmp_path / "moving.gif", repeats=1, context=context
    )
    assert still.bytes < moving.bytes / 10


@pytest.mark.parametrize("kind", ["gif", "webp"])
@pytest.mark.parametrize("path", [circle(6), circle(1)])
def test_the_seam_holds(kind: str, path: Path2D, context: Context, tmp_path: Path) -> None:
    assert 0.8 <= made(kind, context, tmp_path, path).seam.ratio <= 1.25


def test_a_gif_at_rest_has_no_jump(context: Context, tmp_path: Path) -> None:
    assert 0.7 <= made("gif", context, tmp_path, swing(1)).seam.ratio <= 1.25


@pytest.mark.parametrize(("kind", "most"), [("gif", 3.0), ("webp", 3.0)])
def test_colours_stay(kind: str, most: float, context: Context, tmp_path: Path) -> None:
    artifact = made(kind, context, tmp_path)
    source = moving_clip(*SIZE, 30, circle(6))
    with Image.open(artifact.path) as picture:
        for index, frame in enumerate(ImageSequence.Iterator(picture)):
            shown = np.asarray(frame.convert("RGB"))
            if index % 10 == 0:
                assert colour_difference(shown, source.render(index)) < most


@pytest.mark.parametrize("fps", [25.0, 30.0])
def test_webp_lasts_as_long_as_the_loop(fps: float, context: Context, tmp_path: Path) -> None:
    artifact = made("webp", context, tmp_path, fps=fps)
    with Image.open(artifact.path) as picture:
        assert picture.info["loop"] == 0
        assert getattr(picture, "n_frames", 1) == 30
    assert artifact.seconds == pytest.approx(30 / fps, abs=1e-3)
    assert all(check.ok for check in artifact.conformance)
