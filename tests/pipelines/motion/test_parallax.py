"""The parallax engine against closed forms: homographies, planes in space, a real stereo pair."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.arrays import Image, Matrix
from pipelines.camera import CAMERAS, build_path, parse_camera
from pipelines.camera.path import CameraPath
from pipelines.camera.preset import MOVES
from pipelines.context import Context
from pipelines.media import Clip, Still
from pipelines.motion.engine import MOTION_ENGINES, Shot
from tests.stereo import load_pair
from tests.stills import disc, make_still, psnr, textured, whole

WIDTH, HEIGHT = 320, 400


def animate(
    still: Still, camera: str | CameraPath, context: Context, count: int = 8, closed: bool = True
) -> Clip:
    """Render a still whole, at its own size."""
    if isinstance(camera, str):
        camera = build_path(parse_camera(camera), closed=closed)
    width, height = still.size
    shot = Shot(still, whole(still), camera, width, height, 25.0, count)
    return MOTION_ENGINES["parallax"].animate(shot, context)


def plane_warp(clip: Clip, index: int) -> Matrix:
    """Homography of the plane z = 1 from frame 0, from the published matrices alone."""
    start, end = clip.camera.intrinsics[0], clip.camera.intrinsics[index]
    motion = clip.camera.world_to_camera[index]
    plane = motion[:, :3].copy()
    plane[:, 2] += motion[:, 3]
    return np.asarray(end @ plane @ np.linalg.inv(start))


def inside(warp: Matrix, width: int, height: int) -> NDArray[np.bool_]:
    """Where frame 0 reaches under a homography, less a border for the filter's footprint."""
    full = np.full((height, width), 255, np.uint8)
    seen = cv2.warpPerspective(full, warp, (width, height), flags=cv2.INTER_NEAREST)
    return cv2.erode(seen, np.ones((9, 9), np.uint8), borderValue=0) > 0


@pytest.mark.parametrize("name", MOVES.names)
@pytest.mark.parametrize("closed", [True, False])
def test_constant_depth_is_the_homography_of_the_published_matrices(
    name: str, closed: bool, context: Context
) -> None:
    still = make_still(textured(WIDTH, HEIGHT), disc(WIDTH, HEIGHT, 170, 220, 70))
    clip = animate(still, name, context, closed=closed)
    for index in range(clip.count):
        warp = plane_warp(clip, index)
        expected = cv2.warpPerspective(still.pixels, warp, still.size, flags=cv2.INTER_LINEAR)
        where = inside(warp, *still.size)
        assert where.mean() > 0.5
        assert psnr(clip.render(index)[where], expected[where]) >= 38.0


@pytest.mark.parametrize("name", ["orbit", "push-in", "float", "turntable", "rack-focus"])
def test_frame_zero_is_the_untouched_still(name: str, context: Context) -> None:
    mask = disc(WIDTH, HEIGHT, 170, 220, 70)
    still = make_still(textured(WIDTH, HEIGHT), mask, 0.2 + 0.6 * mask)
    assert np.array_equal(animate(still, name, context).render(0), still.pixels)


def test_layers_laid_unmoved_give_the_still_back(context: Context) -> None:
    """The composite itself, not the shortcut for frame 0, reproduces the picture."""
    mask = disc(WIDTH, HEIGHT, 170, 220, 70)
    still = make_still(textured(WIDTH, HEIGHT), mask, 0.2 + 0.6 * mask)
    path = build_path(parse_camera("orbit"), intensity=0.0)
    assert psnr(animate(still, path, context).render(3), still.pixels) > 45.0


def test_a_near_plane_moves_as_its_own_homography(context: Context) -> None:
    """A disc at another depth follows the homography of its plane; the ground follows its own."""
    mask = disc(WIDTH, HEIGHT, 160, 200, 60)
    nearness = np.where(mask > 0.5, 0.8, 0.4).astype(np.float32)
    still = make_still(textured(WIDTH, HEIGHT), mask, nearness)
    clip = animate(still, "truck=0.03", context)
    index = 2  # the far end of the sway
    start, end = clip.camera.intrinsics[0], clip.camera.intrinsics[index]
    motion = clip.camera.world_to_camera[index]
    frame = clip.render(index)
    core = (disc(WIDTH, HEIGHT, 160, 200, 45) > 0.99).astype(np.uint8)
    for depth, region in (
        (1.0, core),
        (1.0 + 0.6 * (0.4 - 0.8), 1 - cv2.dilate(core, disc_kernel(41))),
    ):
        plane = motion[:, :3].copy()
        plane[:, 2] += motion[:, 3] * depth
        warp = end @ plane @ np.linalg.inv(start)
        expected = cv2.warpPerspective(still.pixels, warp, still.size)
        where = cv2.warpPerspective(region, warp, still.size, flags=cv2.INTER_NEAREST) > 0
        where &= inside(warp, *still.size)
        assert psnr(frame[where], expected[where]) > 36.0


def disc_kernel(side: int) -> Image:
    """A round structuring element."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


def test_nothing_is_left_uncovered(context: Context) -> None:
    """A white disc on grey over a strong move: no black hole, no smear of white outside it."""
    mask = disc(WIDTH, HEIGHT, 160, 200, 60)
    pixels = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    pixels[mask > 0.5] = 250
    still = make_still(pixels, mask, 0.2 + 0.6 * mask)
    clip = animate(still, "orbit=8", context)
    for index in range(clip.count):
        frame = clip.render(index)
        assert frame.min() >= 124
        halfway = (frame[..., 0] > 140) & (frame[..., 0] < 235)
        assert halfway.mean() < 0.02


@pytest.mark.parametrize(("outline", "left_behind"), [(0.0, True), (0.02, False)])
def test_what_a_look_draws_round_the_product_moves_with_it(
    outline: float, left_behind: bool, context: Context
) -> None:
    """A black line round a white disc, outside its matte."""
    mask = disc(WIDTH, HEIGHT, 160, 200, 60)
    pixels = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    pixels[disc(WIDTH, HEIGHT, 160, 200, 65) > 0.5] = 0
    pixels[mask > 0.5] = 250
    plain = make_still(pixels, mask, 0.2 + 0.6 * mask)
    still = replace(plain, depth=replace(plain.depth, origin="proxy"), outline=outline)
    clip = animate(still, "orbit=8", context)
    dark = [float((clip.render(index) < 64).mean()) for index in range(clip.count)]
    assert (min(dark) < 0.85 * dark[0]) is left_behind, "the product covers part of what stays"


def test_any_order_and_any_thread_gives_the_same_bytes(context: Context) -> None:
    from concurrent.futures import ThreadPoolExecutor

    mask = disc(WIDTH, HEIGHT, 160, 200, 60)
    still = make_still(textured(WIDTH, HEIGHT), mask, 0.2 + 0.6 * mask)
    clip = animate(still, "circle", context)
    expected = clip.stack()
    again = animate(still, "circle", context)
    with ThreadPoolExecutor(4) as pool:
        frames = list(pool.map(again.render, reversed(range(again.count))))
    assert np.array_equal(expected, np.stack(frames[::-1]))


def test_a_flat_scene_says_that_the_product_cannot_move_alone(context: Context) -> None:
    clip = animate(make_still(textured(64, 64)), "turntable", context)
    assert any("flat" in warning for warning in clip.warnings)


def test_a_move_too_far_is_eased_and_said(context: Context) -> None:
    mask = disc(WIDTH, HEIGHT, 160, 200, 60)
    still = make_still(textured(WIDTH, HEIGHT), mask, mask.copy())
    near, far = (animate(still, f"orbit={amount}", context) for amount in (1, 30))
    assert not near.warnings
    assert "eased" in far.warnings[0]
    turned = np.degrees(np.arccos(far.camera.world_to_camera[:, 0, 0])).max()
    assert 1 < turned < 15


def test_draft_and_final_ease_alike(context: Context) -> None:
    """The limit does not depend on the output's size, so a draft predicts its final."""
    mask = disc(WIDTH, HEIGHT, 160, 200, 60)
    still = make_still(textured(WIDTH, HEIGHT), mask, mask.copy())
    path = build_path(parse_camera("orbit=30"))
    shots = [
        Shot(still, whole(still), path, width, height, 25.0, 8)
        for width, height in ((WIDTH, HEIGHT), (WIDTH // 2, HEIGHT // 2))
    ]
    final, draft = (MOTION_ENGINES["parallax"].animate(shot, context) for shot in shots)
    assert np.allclose(final.camera.world_to_camera, draft.camera.world_to_camera, atol=1e-9)


def test_the_stereo_pair_beats_a_single_layer_remap(context: Context) -> None:
    """The left view of Middlebury's motorcycle, seen from the right camera."""
    pair = load_pair()
    seen = pair.render(context)
    single = pair.single_layer()
    assert psnr(seen[pair.scored], pair.right[pair.scored]) >= (
        psnr(single[pair.scored], pair.right[pair.scored]) + 1.0
    )


@pytest.mark.parametrize("name", sorted(CAMERAS))
def test_closed_paths_return_in_position_and_velocity(name: str) -> None:
    path = build_path(parse_camera(name))
    pivot = (0.1, -0.2, 1.0)
    step = 1e-4
    ahead, behind, rest = (path.at(phase, pivot) for phase in (step, 1 - step, 0.0))
    assert np.allclose(rest.camera, np.eye(4))
    assert np.allclose(rest.subject, np.eye(4))
    forward = (ahead.camera - rest.camera) / step
    backward = (rest.camera - behind.camera) / step
    assert np.allclose(forward, backward, atol=2e-2)
    assert abs(ahead.zoom - behind.zoom) < 1e-3


def test_nearer_things_move_more(context: Context) -> None:
    """The same picture with depth reversed moves the other way."""
    mask = disc(WIDTH, HEIGHT, 160, 200, 60)
    still = make_still(textured(WIDTH, HEIGHT), None, 0.3 + 0.4 * mask)
    deep = replace(still, depth=replace(still.depth, nearness=0.7 - 0.4 * mask))
    one = animate(still, "truck=0.04", context).render(2)
    other = animate(deep, "truck=0.04", context).render(2)
    assert np.abs(one.astype(int) - other).mean() > 2.0
