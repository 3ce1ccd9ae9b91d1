"""From a shot to its clip, through a real server process."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.camera import build_path, parse_camera
from pipelines.context import Context
from pipelines.errors import RemoteFailed
from pipelines.machine import Machine, RemoteServer
from pipelines.media import Clip
from pipelines.motion.engine import MOTION_ENGINES, Direction, Shot
from pipelines.render import render
from pipelines.spec import RenderSpec
from tests.pipelines.motion.remote.conftest import Animate
from tests.pipelines.motion.remote.running import RunningServer
from tests.stills import psnr


def way_closed(clip: Clip) -> tuple[str, str]:
    """Return how a loop was made, and how closed."""
    loop = clip.details["loop"]
    assert isinstance(loop, dict)
    return loop["method"], loop["close"]


def test_the_clip_has_the_shots_size_rate_and_length(animate: Animate) -> None:
    clip = animate(width=120, height=200, fps=25.0, count=20)
    assert (clip.width, clip.height, clip.fps, clip.count) == (120, 200, 25.0, 20)
    assert clip.closed
    assert clip.stack().shape == (20, 200, 120, 3)
    assert clip.camera.intrinsics.shape == (20, 3, 3)


def test_the_server_is_sent_the_framed_still_and_the_direction(
    animate: Animate, server: RunningServer
) -> None:
    direction = Direction(
        model="zoom-2",
        prompt="a cup",
        negative_prompt="hands",
        motion_bucket_id=90,
        noise_aug_strength=0.05,
        fps=10,
        num_frames=12,
        num_inference_steps=9,
        max_guidance_scale=3.5,
        interpolation="rife",
        seed=11,
    )
    clip = animate(direction=direction, ambient=(("steam", 0.5),))
    (order,) = server.asked("POST", "/v1/videos")
    assert order["files"] == ["input_reference"]
    assert order["sizes"] == [[96, 160]]
    extras = json.loads(order["fields"].pop("extra_params"))
    assert extras == {"motion_bucket_id": 90, "noise_aug_strength": 0.05, "max_guidance_scale": 3.5}
    assert order["fields"] == {
        "model": "zoom-2",
        "prompt": "a cup, camera move: orbit, steam",
        "negative_prompt": "hands",
        "size": "96x160",
        "seconds": "1",
        "seed": "11",
        "fps": "10",
        "num_frames": "12",
        "num_inference_steps": "9",
        "guidance_scale": "3.5",
        "enable_frame_interpolation": "true",
    }
    assert clip.details["model"] == "zoom-2"
    assert clip.details["used"] == {"width": 96, "height": 160, "fps": 10.0, "frames": 11}


def test_what_nobody_said_is_left_to_the_server(animate: Animate, server: RunningServer) -> None:
    animate(direction=Direction())
    (order,) = server.asked("POST", "/v1/videos")
    assert set(order["fields"]) == {"prompt", "size", "seconds", "seed"}


def test_an_open_clip_begins_with_the_still_in_its_own_colours(
    animate: Animate, shot: Shot
) -> None:
    clip = animate(path=build_path(parse_camera("orbit"), closed=False))
    assert not clip.closed
    assert clip.details["loop"] is None
    assert psnr(clip.render(0), shot.still.pixels) > 27.0
    drift = clip.render(0).mean(axis=(0, 1)) - shot.still.pixels.mean(axis=(0, 1))
    assert np.abs(drift).max() < 1.0


def test_a_closed_clip_is_faded_into_itself(animate: Animate) -> None:
    clip = animate()
    frames = clip.stack().astype(int)
    steps = [np.abs(after - before).mean() for before, after in itertools.pairwise(frames)]
    seam = np.abs(frames[0] - frames[-1]).mean()
    assert clip.closed
    assert way_closed(clip) == ("none", "crossfade")
    assert seam < 1.5 * max(steps)


def test_a_server_with_keyframes_gets_the_still_twice_and_its_loop_closes(
    animate: Animate, server: RunningServer, remote: RemoteServer, shot: Shot
) -> None:
    clip = animate(server=replace(remote, keyframes=True))
    (order,) = server.asked("POST", "/v1/videos")
    assert order["files"] == ["input_references", "input_references"]
    assert json.loads(order["fields"]["extra_params"])["frame_indices"] == [0, -1]
    assert clip.closed
    assert way_closed(clip) == ("keyframes", "as generated")
    assert psnr(clip.render(0), shot.still.pixels) > 27.0
    assert psnr(clip.render(3), shot.still.pixels) < 22.0


def test_a_last_frame_that_does_not_close_is_noticed(
    animate: Animate, server: RunningServer, remote: RemoteServer
) -> None:
    server.faults(forgets_last_frame=True)
    clip = animate(server=replace(remote, keyframes=True))
    assert way_closed(clip) == ("none", "crossfade")
    assert any("does not lead into its first" in warning for warning in clip.warnings)


def test_the_camera_is_the_one_asked_for_and_said_not_to_be_followed(
    animate: Animate, shot: Shot, context: Context
) -> None:
    def guide(width: int, height: int, count: int) -> Clip:
        smaller = replace(shot, width=width, height=height, count=count)
        return MOTION_ENGINES["parallax"].animate(smaller, context)

    clip = animate(guide=guide)
    np.testing.assert_array_equal(
        clip.camera.world_to_camera, guide(96, 160, 6).camera.world_to_camera
    )
    assert any("does not follow the camera path" in warning for warning in clip.warnings)


def test_the_same_order_gives_the_same_frames(animate: Animate) -> None:
    np.testing.assert_array_equal(animate().stack(), animate().stack())


def test_the_server_is_tidied_up(animate: Animate, server: RunningServer) -> None:
    clip = animate()
    assert len(server.asked("DELETE")) == 1
    assert server.empties()
    assert not any("delete" in warning for warning in clip.warnings)


def test_a_server_that_keeps_its_copy_is_only_a_warning(
    animate: Animate, server: RunningServer
) -> None:
    server.faults(keeps=True)
    assert any("deleted its copy" in warning for warning in animate().warnings)


def test_progress_only_rises(animate: Animate, server: RunningServer, context: Context) -> None:
    server.faults(frame_seconds=0.1, piece_seconds=0.002)
    heard: list[tuple[str, int, int]] = []
    animate(job=replace(context, progress=lambda *step: heard.append(step)))
    made = [done for stage, done, _ in heard if stage == "animate"]
    brought = [done for stage, done, _ in heard if stage == "download"]
    assert made == sorted(made)
    assert any(0 < percent < 100 for percent in made)
    assert made[-1] == 100
    assert brought == sorted(brought)
    assert len(brought) > 2
    assert brought[-1] == heard[-1][2]


def test_what_it_cannot_be_told_is_said(animate: Animate, shot: Shot) -> None:
    moving = np.ones((160, 96), np.float32)
    clip = animate(
        still=replace(shot.still, moving=moving), direction=Direction(latent_shift=False)
    )
    assert "the engine remote does not read latent_shift, mask" in clip.warnings


def test_without_a_server_the_sentence_says_how_to_name_one(shot: Shot, context: Context) -> None:
    with pytest.raises(RemoteFailed, match="STILLWAVE_REMOTE_URL") as caught:
        MOTION_ENGINES["remote"].animate(shot, context)
    assert caught.value.exit_code == 3


def test_a_render_with_the_default_loop(
    still: Path, job: Context, remote: RemoteServer, tmp_path: Path
) -> None:
    spec = RenderSpec.model_validate(
        {"motion": {"engine": "remote"}, "formats": "gif", "seconds": 0.5, "quality": "draft"}
    )
    report = render(spec, still, tmp_path / "out", replace(job, machine=Machine(remote=remote)))
    assert report.engine == "remote"
    assert report.loop.mode == "closed"
    assert report.generation.motion["loop"]["close"] == "crossfade"
    assert report.generation.motion["chosen"] == "the recipe asks for it"
    assert report.artifacts[0].seam.ratio < 1.5
    assert (tmp_path / "out" / "gif.gif").stat().st_size > 0
