"""The craft against closed forms and known pictures."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.arrays import ImageF, Mask
from pipelines.colour import linear_to_lab, luminance
from pipelines.still.craft import light, matte, noise, paint, paper, tone, weather
from pipelines.still.look import Scene
from tests.pipelines.still.conftest import rounded_box


def scene_of(mask: Mask, linear: ImageF | None = None) -> Scene:
    height, width = mask.shape
    grey = np.full((height, width, 3), 0.3, np.float32) if linear is None else linear
    ground = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    near = (ground * 0.8 * (1 - mask) + 0.7 * mask).astype(np.float32)
    return Scene(grey, mask, near, np.random.default_rng(0))


def disc(size: int, radius: float) -> Mask:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return np.asarray(np.clip(radius - np.hypot(x, y) + 0.5, 0, 1), np.float32)


def test_relief_of_a_disc_faces_outwards() -> None:
    shape = light.relief(scene_of(disc(200, 70)))
    row = shape.normals[100]
    assert row[100, 2] > 0.97
    assert row[40, 0] < -0.6
    assert row[160, 0] > 0.6
    assert abs(row[45, 0] + row[154, 0]) < 0.03


def test_floor_is_found_and_the_product_leaves_no_halo() -> None:
    mask = rounded_box(240, 200)
    near = np.where(np.arange(240)[:, None] > 150, (np.arange(240)[:, None] - 150) / 90, 0.0)
    mixed = (near * (1 - mask) + 0.6 * mask).astype(np.float32)
    shape = light.relief(
        Scene(np.zeros((240, 200, 3), np.float32), mask, mixed, np.random.default_rng(0))
    )
    assert shape.floor[200:, :40].min() > 0.9
    assert shape.floor[:90].max() < 0.1  # above the product too


@given(st.lists(st.floats(0, 6), min_size=3, max_size=3), st.floats(0.5, 0.9))
def test_contain_stays_under_one_and_keeps_order(colour: list[float], knee: float) -> None:
    pixel = np.array(colour, np.float32).reshape(1, 1, 3)
    held = tone.contain(pixel, knee)
    assert held.max() <= 1 + 1e-6
    assert held.min() >= 0
    order = np.argsort(colour, kind="stable")
    assert np.all(np.diff(held[0, 0, order]) >= -1e-6)
    if max(colour) <= knee:
        np.testing.assert_array_equal(held, pixel)


def test_contrast_keeps_hue_and_pivot() -> None:
    colour = np.array([[[0.30, 0.10, 0.05]]], np.float32)
    bent = tone.contrast(colour, 1.4)
    np.testing.assert_allclose(bent / bent[..., :1], colour / colour[..., :1], rtol=1e-5)
    grey = np.full((1, 1, 3), 0.5**2.2, np.float32)
    np.testing.assert_allclose(tone.contrast(grey, 1.6), grey, rtol=0.02)


def test_split_tone_keeps_lightness_and_tints_the_ends() -> None:
    ramp = np.repeat(np.linspace(0.02, 0.8, 64, dtype=np.float32)[None, :, None], 3, axis=2)
    before = linear_to_lab(ramp)
    after = linear_to_lab(tone.split_tone(ramp, shadows=(0, -8), highlights=(0, 8)))
    np.testing.assert_allclose(after[..., 0], before[..., 0], atol=0.6)
    assert after[0, 0, 2] < -4
    assert after[0, -1, 2] > 4


def test_balance_keeps_grey_as_bright() -> None:
    grey = np.full((2, 2, 3), 0.25, np.float32)
    np.testing.assert_allclose(luminance(tone.balance(grey, (1.3, 1.0, 0.6))), 0.25, rtol=1e-5)


def test_clarity_leaves_a_dark_product_before_a_light_wall() -> None:
    wall = np.full((200, 200, 3), 0.7, np.float32)
    wall[60:140, 60:140] = 0.03
    clear = tone.clarity(wall, 12, 0.8)
    assert clear[100, 100, 0] == pytest.approx(0.03, rel=0.1)
    assert clear[70, 100, 0] > 0.03 * 0.6


@pytest.mark.parametrize("sigma", [1.0, 9.0, 30.0])
def test_blur_equals_the_full_size_one(sigma: float) -> None:
    picture = noise.clouds((240, 300), np.random.default_rng(2), 40)
    whole = cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    assert np.abs(tone.blur(picture, sigma) - whole).max() < 0.03


def test_clouds_have_the_stated_mean() -> None:
    samples = [noise.clouds((90, 120), np.random.default_rng(k), 12) for k in range(12)]
    assert np.mean(samples) == pytest.approx(0.5, abs=0.03)
    assert np.mean(np.abs(np.array(samples) - 0.5) < 0.5) > 0.93


def test_haze_is_koschmieder() -> None:
    near = np.full((4, 4, 3), 0.2, np.float32)
    depth = np.linspace(0, 1, 16, dtype=np.float32).reshape(4, 4)
    seen = weather.haze(near, depth, (0.9, 0.9, 0.9), 2.0)
    clear = np.exp(-2.0 * depth)[..., None]
    np.testing.assert_allclose(seen, 0.2 * clear + 0.9 * (1 - clear) + 0 * near, atol=1e-6)


def test_defocus_keeps_the_product_and_takes_nothing_of_it() -> None:
    mask = rounded_box(240, 200)
    red = np.zeros((240, 200, 3), np.float32)
    red[..., 0] = mask
    scene = scene_of(mask, red)
    soft = weather.defocus(red, scene, 1 - mask, 4.0)
    np.testing.assert_allclose(soft[mask > 0.999], red[mask > 0.999], atol=1e-6)
    far = cv2.dilate(mask, np.ones((9, 9))) < 0.001
    assert soft[far].max() < 0.02


def test_snow_lies_on_top_not_below() -> None:
    mask = rounded_box(240, 200)
    scene = replace(scene_of(mask), nearness=0.6 * mask)  # a wall, no floor
    cover = weather.snow_cover(scene, light.relief(scene))
    top = int(np.argmax(mask[:, 100] > 0.5))
    assert cover[top : top + 2, 90:110].min() > 0.6
    assert cover[top + 40 : top + 100, 80:120].max() < 0.05
    assert (cover <= mask).all(), "the product carries all of it"


@pytest.mark.parametrize("lean", [-1.2, 1.2])
def test_cast_shadow_falls_to_its_side_and_never_on_the_product(lean: float) -> None:
    mask = rounded_box(240, 200)
    shadow = light.cast_shadow(scene_of(mask), lean, 0.2, 2.0)
    assert shadow[mask > 0.999].max() < 1e-3
    left, right = shadow[:, :66].sum(), shadow[:, 134:].sum()
    assert (right > 10 * left) if lean > 0 else (left > 10 * right)


def test_contact_shadow_is_darkest_at_the_line() -> None:
    mask = rounded_box(240, 200)
    shadow = light.contact_shadow(scene_of(mask), 2.0)[:, 100]
    foot = int(np.max(np.nonzero(mask[:, 100] > 0.5))) + 2
    assert shadow[foot] > 0.3
    assert np.all(np.diff(shadow[foot:]) <= 1e-6)
    assert shadow[: round(240 * 0.2)].max() < 1e-3


def test_bloom_spills_only_from_bright_parts() -> None:
    dark = np.full((120, 160, 3), 0.2, np.float32)
    assert light.bloom(dark, 1.2, threshold=0.5).max() == 0
    dark[60, 80] = 40.0
    spill = light.bloom(dark, 1.2, threshold=0.5)
    assert spill[60, 80, 0] > spill[60, 90, 0] > spill[60, 110, 0] >= 0


def test_decontaminated_edge_has_the_product_colour() -> None:
    mask = cv2.GaussianBlur(rounded_box(240, 200), (0, 0), 1.2)
    red, green = np.array([0.6, 0.02, 0.02]), np.array([0.02, 0.6, 0.05])
    mixed = (red * mask[..., None] + green * (1 - mask[..., None])).astype(np.float32)
    own = matte.decontaminate(mixed, mask, 2.0)
    edge = (mask > 0.05) & (mask < 0.95)
    np.testing.assert_allclose(own[edge], np.broadcast_to(red, own[edge].shape), atol=0.03)
    np.testing.assert_allclose(own[mask > 0.9999], mixed[mask > 0.9999], atol=0.01)


def test_pigment_density_formula() -> None:
    colour = np.array([[[0.0, 0.5, 1.0]]], np.float32)
    for density, middle in ((1.0, 0.5), (2.0, 0.25), (0.5, 0.625)):
        laid = paper.pigment(colour, np.full((1, 1), density, np.float32))
        np.testing.assert_allclose(laid[0, 0], [0, middle, 1], atol=1e-6)


def test_flow_runs_along_a_slanted_edge() -> None:
    y, x = np.mgrid[:120, :120].astype(np.float32)
    angle = np.deg2rad(30)
    edge = 1 / (1 + np.exp(-((y - 60) * np.cos(angle) - (x - 60) * np.sin(angle))))
    lines = paint.flow(np.repeat(edge[..., None], 3, axis=2).astype(np.float32), 3)
    along = abs(lines.x[60, 60] * np.cos(angle) + lines.y[60, 60] * np.sin(angle))
    assert along > 0.995
    assert lines.order[60, 60] > 0.9


def test_kuwahara_smooths_noise_and_keeps_the_edge() -> None:
    step = np.full((100, 120, 3), 0.25, np.float32)
    step[:, 60:] = 0.75
    noisy = step + np.random.default_rng(1).normal(0, 0.05, step.shape).astype(np.float32)
    flat = paint.kuwahara(noisy, paint.flow(noisy, 3), 6)
    assert flat[:, :50].std() < 0.02
    assert flat[50, 57:63, 0].max() - flat[50, 57:63, 0].min() > 0.4
    gauss = cv2.GaussianBlur(noisy, (0, 0), 3)
    assert np.abs(flat - step).mean() < 0.5 * np.abs(gauss - step).mean()


def test_ink_draws_a_line_and_nothing_on_blank_paper() -> None:
    luma = np.full((100, 100), 0.9, np.float32)
    luma[50] = 0.1
    lines = paint.flow(np.repeat(luma[..., None], 3, axis=2), 1.5)
    ink = paint.ink(luma, lines, 1.0, weight=30, black=0.0)
    assert ink[50, 20:80].min() > 0.9
    assert ink[:40].max() < 0.02


def test_strands_run_in_their_direction() -> None:
    threads = noise.strands((160, 160), np.random.default_rng(0), 60, 3, 0.0)
    along = np.abs(np.diff(threads, axis=1)).mean()
    across = np.abs(np.diff(threads, axis=0)).mean()
    assert across > 5 * along


def test_large_stills_are_painted_small_and_come_back_whole() -> None:
    linear = np.full((1300, 1400, 3), 0.4, np.float32)
    flat = np.zeros((1300, 1400), np.float32)
    seen: list[tuple[int, ...]] = []

    def painter(scene: Scene) -> ImageF:
        seen.append(scene.linear.shape)
        return scene.linear

    result = paint.on_canvas(Scene(linear, flat, flat, np.random.default_rng(0)), painter)
    assert seen[0][0] * seen[0][1] <= paint.CANVAS_PIXELS * 1.01
    np.testing.assert_allclose(result, linear, atol=1e-3)
