"""What every ambient effect must keep, on every effect in the folder."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
import pytest

from pipelines.arrays import Image, Mask
from pipelines.motion.ambient import AMBIENT
from pipelines.motion.effect import Moment, Painter, Stage

HEIGHT, WIDTH = 192, 128
FRAMES = 90
STILL_CAMERA = np.eye(2, 3)
NOISE_FLOOR = 0.5  # grey levels, as for the seam ratio

FINE = {"film-grain", "sparkle"}  # finer than a draft can show: points and grains

every_effect = pytest.mark.parametrize("name", AMBIENT.names)


@cache
def scene() -> tuple[Image, Mask]:
    """A textured room with a bright warm lamp, and a plain product standing in it."""
    rng = np.random.default_rng(5)
    noise = cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, WIDTH, 3)), (0, 0), 2.0)
    pixels = np.clip(85 + 160 * noise, 10, 200).astype(np.uint8)
    cv2.circle(pixels, (100, 40), 9, (255, 220, 150), -1)
    subject = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(subject, (60, 110), (24, 40), 0, 0, 360, (1.0,), -1)
    subject = np.asarray(cv2.GaussianBlur(subject, (5, 5), 0), np.float32).clip(0, 1)
    product = np.array([150, 90, 60], np.float32)
    mixed = pixels + subject[..., None] * (product - pixels)
    return mixed.astype(np.uint8), subject


def stage(region: Mask | None = None, seed: int = 3) -> Stage:
    pixels, subject = scene()
    rows = np.linspace(0, 0.6, HEIGHT, dtype=np.float32)[:, None]
    nearness = np.asarray(np.maximum(np.broadcast_to(rows, subject.shape), 0.5 * subject))
    everywhere = np.ones_like(subject)
    return Stage(
        pixels=pixels,
        subject=subject,
        nearness=nearness.astype(np.float32),
        region=everywhere if region is None else region,
        seconds=3.0,
        rng=np.random.default_rng(seed),
    )


def painter(name: str, amount: float = 0.5, region: Mask | None = None) -> Painter:
    return AMBIENT[name].prepare(stage(region), amount)


def paint(painter: Painter, phase: float, warp: np.ndarray = STILL_CAMERA) -> Image:
    return painter(Moment(phase, scene()[0].copy(), warp))


def distance(first: Image, second: Image) -> float:
    return float(np.abs(first.astype(int) - second).mean())


def test_the_folder_holds_the_effects_people_are_promised() -> None:
    promised = "light-sweep steam haze snow dust sparkle bokeh water-ripple wind candle film-grain"
    assert set(promised.split()) <= set(AMBIENT.names)


@every_effect
def test_a_frame_keeps_its_shape_and_dtype(name: str) -> None:
    frame = paint(painter(name), 0.3)
    assert frame.shape == (HEIGHT, WIDTH, 3)
    assert frame.dtype == np.uint8


@every_effect
def test_the_end_of_the_loop_is_its_beginning(name: str) -> None:
    effect = painter(name)
    start, end = (paint(effect, phase).astype(int) for phase in (0.0, 1.0))
    assert np.abs(start - end).max() <= 1


@every_effect
def test_the_step_over_the_seam_is_like_its_neighbours(name: str) -> None:
    effect = painter(name)
    around = [paint(effect, (index % FRAMES) / FRAMES) for index in range(-3, 4)]
    steps = [distance(*pair) for pair in pairwise(around)]
    seam = steps.pop(2)
    assert seam <= 1.25 * (np.mean(steps) + NOISE_FLOOR)
    # Where there is motion the floor must hide nothing: no jump beyond the largest neighbour.
    assert seam <= 1.25 * max(steps) + 0.02


@every_effect
def test_the_same_seed_paints_the_same_pixels(name: str) -> None:
    first, second = (paint(painter(name), 0.37) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@every_effect
def test_a_frame_depends_on_nothing_painted_before(name: str) -> None:
    fresh, used = painter(name), painter(name)
    for phase in (0.9, 0.1, 0.5):
        paint(used, phase)
    np.testing.assert_array_equal(paint(fresh, 0.37), paint(used, 0.37))


@every_effect
def test_amount_zero_leaves_the_frame_untouched(name: str) -> None:
    effect = painter(name, amount=0.0)
    for phase in (0.0, 0.4):
        np.testing.assert_array_equal(paint(effect, phase), scene()[0])


@every_effect
def test_more_amount_shows_more(name: str) -> None:
    calm, strong = (
        np.mean([distance(paint(painter(name, amount), phase), scene()[0]) for phase in (0.3, 0.6)])
        for amount in (0.25, 1.0)
    )
    assert strong > 1.3 * calm


@every_effect
def test_the_product_is_untouched_unless_meant(name: str) -> None:
    product = scene()[1] >= 0.999
    effect = painter(name, amount=1.0)
    touched = [
        np.abs(paint(effect, phase).astype(int) - scene()[0])[product].max()
        for phase in (0.0, 0.3, 0.6)
    ]
    assert bool(max(touched) > 0) is AMBIENT[name].over_subject


@every_effect
def test_the_product_stays_untouched_under_a_moving_camera(name: str) -> None:
    warp = np.array([[1.04, 0.0, 5.0], [0.0, 1.04, -7.5]])
    subject = cv2.warpAffine(scene()[1], warp, (WIDTH, HEIGHT))
    frame = paint(painter(name, amount=1.0), 0.3, warp)
    inside = np.abs(frame.astype(int) - scene()[0])[subject >= 0.9999]
    assert AMBIENT[name].over_subject or inside.max() == 0


@every_effect
@pytest.mark.parametrize("camera", [(0.0, 0.0), (4.5, -3.0)])
def test_nothing_happens_outside_the_region(name: str, camera: tuple[float, float]) -> None:
    region = np.zeros((HEIGHT, WIDTH), np.float32)
    region[20:150, 30:118] = 1
    warp = np.array([[1.0, 0.0, camera[0]], [0.0, 1.0, camera[1]]])
    outside = cv2.warpAffine(region, warp, (WIDTH, HEIGHT)) == 0
    effect = painter(name, 1.0, region)
    frames = [paint(effect, phase, warp).astype(int) for phase in (0.1, 0.35, 0.6)]
    change = np.abs(np.stack(frames) - scene()[0]).max(axis=(0, 3))
    assert change[outside].max() == 0
    assert change.max() > 0


@every_effect
def test_it_moves(name: str) -> None:
    effect = painter(name)
    frames = np.stack([paint(effect, phase) for phase in (0.0, 0.2, 0.45, 0.7)])
    moved = np.ptp(frames.astype(int), axis=0).max(axis=2)
    assert moved.mean() > 0.05
    assert moved.max() >= 6


@every_effect
def test_threads_do_not_disturb_each_other(name: str) -> None:
    effect = painter(name)
    phases = [index / 8 for index in range(8)]
    alone = [paint(effect, phase) for phase in phases]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda phase: paint(effect, phase), phases))
    np.testing.assert_array_equal(np.stack(alone), np.stack(together))


@every_effect
@pytest.mark.parametrize("shape", [(1, 1), (7, 640), (333, 5), (61, 47)])
def test_frames_of_any_size_are_painted(name: str, shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8)
    subject = np.zeros(shape, np.float32)
    subject[: shape[0] // 2] = 1
    flat, everywhere = np.full(shape, 0.5, np.float32), np.ones(shape, np.float32)
    odd = Stage(pixels, subject, flat, everywhere, 2.0, np.random.default_rng(1))
    frame = AMBIENT[name].prepare(odd, 1.0)(Moment(0.4, pixels.copy(), STILL_CAMERA))
    assert frame.shape == (*shape, 3)


@every_effect
@pytest.mark.parametrize("coverage", [0.0, 1.0])
def test_a_still_with_no_product_or_nothing_else_is_painted(name: str, coverage: float) -> None:
    full = stage()
    subject = np.full_like(full.subject, coverage)
    odd = Stage(full.pixels, subject, full.nearness, full.region, 3.0, np.random.default_rng(1))
    frame = AMBIENT[name].prepare(odd, 1.0)(Moment(0.4, full.pixels.copy(), STILL_CAMERA))
    if coverage == 1.0 and not AMBIENT[name].over_subject:
        np.testing.assert_array_equal(frame, full.pixels)


@pytest.mark.parametrize("name", ["light-sweep", "candle", "wind"])
def test_frame_zero_is_the_still(name: str) -> None:
    np.testing.assert_array_equal(paint(painter(name, 1.0), 0.0), scene()[0])


@pytest.mark.parametrize("name", ["steam", "haze", "snow", "sparkle"])
def test_what_lives_in_the_world_moves_with_it(name: str) -> None:
    """Painted on black under a shifted camera, the effect is the unshifted one, shifted."""
    whole = stage()
    black = np.zeros_like(whole.pixels)
    empty = np.zeros_like(whole.subject)
    shift = np.array([[1.0, 0.0, 6.0], [0.0, 1.0, 12.0]])
    frames = []
    for warp in (STILL_CAMERA, shift):
        world = Stage(black, empty, empty, whole.region, 3.0, np.random.default_rng(2))
        frames.append(AMBIENT[name].prepare(world, 1.0)(Moment(0.3, black.copy(), warp)))
    still, moved = (frame[..., 0].astype(np.float32) for frame in frames)
    followed = cv2.warpAffine(still, shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    assert np.abs(moved - followed).mean() < np.abs(moved - still).mean()


@pytest.mark.parametrize("name", sorted(set(AMBIENT.names) - FINE))
def test_a_draft_previews_its_final(name: str) -> None:
    """Half the size and the same seed give the same picture, but for fine detail."""
    full = stage()

    def half(array: np.ndarray) -> np.ndarray:
        size = (WIDTH // 2, HEIGHT // 2)
        return np.asarray(cv2.resize(array, size, interpolation=cv2.INTER_AREA))

    maps = (half(full.pixels), half(full.subject), half(full.nearness), half(full.region))
    small = Stage(*maps, full.seconds, np.random.default_rng(3))
    draft = AMBIENT[name].prepare(small, 1.0)(Moment(0.3, maps[0].copy(), STILL_CAMERA))
    final = AMBIENT[name].prepare(full, 1.0)(Moment(0.3, full.pixels.copy(), STILL_CAMERA))
    effect = distance(half(final), maps[0])
    assert distance(half(final), draft) < 0.7 * effect + 0.15
