"""Every look keeps its promises, and each one does what its name says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from pipelines.arrays import Image
from pipelines.colour import decode
from pipelines.context import Context
from pipelines.media import BARE_RIM, DepthMap, Subject
from pipelines.still import LOOKS, restyle
from pipelines.still.look import Scene
from tests.pipelines.still.conftest import Shot

PAINTERLY = {"watercolor", "oil", "ink-sketch", "anime"}
PHOTOGRAPHIC = sorted(set(LOOKS) - PAINTERLY)
LEAST_CHANGE = 8.0
"""Mean CIEDE2000 that nobody overlooks (1 is just visible side by side)."""


def change(a: Image, b: Image) -> float:
    """Mean CIEDE2000, by scikit-image."""
    distance = deltaE_ciede2000(rgb2lab(a), rgb2lab(b))
    return float(distance.mean())


def test_the_promised_looks_are_there() -> None:
    promised = (
        "natural golden-hour cinematic editorial studio-white pastel neon-night winter autumn "
        "watercolor oil ink-sketch anime vintage-film noir"
    )
    assert set(promised.split()) <= set(LOOKS)


@pytest.mark.parametrize("name", LOOKS)
def test_prompt_protects_the_product(name: str) -> None:
    look = LOOKS[name]
    assert "product" in look.prompt
    assert "label" in look.prompt
    assert "lettering" in look.negative_prompt or "text" in look.negative_prompt
    assert 0.2 <= look.strength <= 0.7
    assert look.title
    assert look.description.endswith(".")


def test_prompts_differ() -> None:
    assert len({look.prompt for look in LOOKS.values()}) == len(LOOKS)


@pytest.mark.parametrize("name", LOOKS)
def test_strength_zero_is_the_still_bit_for_bit(name: str, shot: Shot, context: Context) -> None:
    styled = shot.styled(name, context, 0.0)
    np.testing.assert_array_equal(styled, shot.pixels)
    assert not np.shares_memory(styled, shot.pixels)


@pytest.mark.parametrize("name", LOOKS)
def test_strength_is_continuous_and_monotone(name: str, shot: Shot, context: Context) -> None:
    original = shot.pixels.astype(np.float64)
    full = shot.styled(name, context).astype(np.float64)
    for strength in (0.01, 0.25, 0.5, 0.75, 0.99):
        between = shot.styled(name, context, strength)
        np.testing.assert_allclose(between, original + strength * (full - original), atol=0.51)


@pytest.mark.parametrize("name", LOOKS)
def test_same_seed_same_bytes(name: str, shot: Shot, context: Context, tmp_path: Path) -> None:
    again = Context(data_dir=tmp_path / "other", seed=context.seed)
    np.testing.assert_array_equal(shot.styled(name, context), shot.styled(name, again))


def test_another_seed_is_another_grain(shot: Shot, context: Context) -> None:
    other = replace(context, seed=context.seed + 1)
    assert np.any(shot.styled("watercolor", context) != shot.styled("watercolor", other))


@pytest.mark.parametrize("name", sorted(set(LOOKS) - {"natural"}))
def test_nobody_asks_whether_it_is_on(name: str, shot: Shot, context: Context) -> None:
    assert change(shot.styled(name, context), shot.pixels) >= LEAST_CHANGE


def test_natural_is_visible_and_modest(shot: Shot, context: Context) -> None:
    assert 0.7 <= change(shot.styled("natural", context), shot.pixels) <= 6.0


@pytest.mark.parametrize("name", LOOKS)
def test_works_without_a_subject_and_at_odd_sizes(name: str, shot: Shot, context: Context) -> None:
    small = np.ascontiguousarray(shot.pixels[:61, :47])
    empty = Subject(np.zeros((61, 47), np.float32), "none")
    depth = replace(shot.depth, nearness=np.full((61, 47), 0.5, np.float32))
    still = restyle(small, empty, depth, look=name, context=context)
    assert still.pixels.shape == small.shape
    assert still.pixels.dtype == np.uint8


@pytest.mark.parametrize("name", LOOKS)
def test_grade_leaves_its_input_alone(name: str, shot: Shot) -> None:
    scene = Scene(
        decode(shot.pixels), shot.subject.mask, shot.depth.nearness, np.random.default_rng(0)
    )
    before = [array.copy() for array in (scene.linear, scene.subject, scene.nearness)]
    LOOKS[name].grade(scene)
    for kept, array in zip(before, (scene.linear, scene.subject, scene.nearness), strict=True):
        np.testing.assert_array_equal(kept, array)


@pytest.mark.parametrize("name", PHOTOGRAPHIC)
def test_product_does_not_clip(name: str, shot: Shot, context: Context) -> None:
    """At most 2 % of the product's pixels more than before touch white in any channel."""

    def clipped(pixels: Image) -> float:
        return float((pixels[shot.inside].max(axis=1) >= 254).mean())

    assert clipped(shot.styled(name, context)) <= clipped(shot.pixels) + 0.02


@pytest.mark.parametrize("name", PHOTOGRAPHIC)
def test_label_stays_readable(name: str, shot: Shot, context: Context) -> None:
    """Dark letters stay darker than their label by a quarter of the contrast they had."""

    def steps(pixels: Image) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        label = rgb2lab(pixels)[112:140, 80:120, 0]
        return np.asarray(label - cv2.GaussianBlur(label, (0, 0), 6))

    before, after = steps(shot.pixels), steps(shot.styled(name, context))
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.8
    assert after.std() > 0.25 * before.std()


@pytest.mark.parametrize("name", ["golden-hour", "cinematic", "editorial", "autumn"])
def test_new_light_comes_from_where_light_came(name: str, shot: Shot, context: Context) -> None:
    """The side lit before is the side lit after, and more so; mirroring mirrors it."""
    slope = np.linspace(1.15, 0.85, shot.pixels.shape[1])[None, :, None]
    lit_left = replace(shot, pixels=np.clip(shot.pixels * slope, 0, 255).astype(np.uint8))
    assert _left_over_right(lit_left, name, context) > 1.1 * _ratio(lit_left, lit_left.pixels)
    lit_right = lit_left.mirrored()
    assert _left_over_right(lit_right, name, context) < _ratio(lit_right, lit_right.pixels) / 1.1


def _left_over_right(shot: Shot, look: str, context: Context) -> float:
    return _ratio(shot, shot.styled(look, context))


def _ratio(shot: Shot, pixels: Image) -> float:
    linear = decode(pixels).mean(axis=2)
    left, right = shot.inside.copy(), shot.inside.copy()
    left[:, 90:] = False
    right[:, :110] = False
    return float(linear[left].mean() / linear[right].mean())


def test_golden_hour_is_warm_where_lit_and_cool_in_shade(shot: Shot, context: Context) -> None:
    before, after = rgb2lab(shot.pixels), rgb2lab(shot.styled("golden-hour", context))
    shift = (after - before)[..., 2]
    assert shift.mean() > 8
    lit, shade = shot.inside.copy(), shot.inside.copy()
    lit[:, 85:] = False
    shade[:, :115] = False
    assert shift[lit].mean() > shift[shade].mean() + 3


def test_winter_is_cold_with_snow_on_top(shot: Shot, context: Context) -> None:
    before, after = rgb2lab(shot.pixels), rgb2lab(shot.styled("winter", context))
    assert (after - before)[..., 2].mean() < -5
    top, side = after[59:63, 80:120], after[160:185, 72:76]
    assert top[..., 0].mean() > 80
    assert top[..., 0].mean() > side[..., 0].mean() + 25


def test_noir_is_grey(shot: Shot, context: Context) -> None:
    pixels = shot.styled("noir", context).astype(int)
    assert np.ptp(pixels, axis=2).max() <= 1
    assert pixels.std() > 40


def test_neon_rims_have_two_hues(shot: Shot, context: Context) -> None:
    pixels = shot.styled("neon-night", context).astype(float)
    left, right = pixels[80:180, 71:75].mean(axis=(0, 1)), pixels[80:180, 126:130].mean(axis=(0, 1))
    assert left[0] > 1.5 * left[1]  # magenta: red over green
    assert right[2] > 1.5 * right[0]  # cyan: blue and green over red
    assert right[1] > right[0]
    wall = decode(shot.styled("neon-night", context))[:120, 60:140].mean()
    assert wall < 0.6 * decode(shot.pixels)[:120, 60:140].mean()


def test_studio_white_is_white_around_the_product(shot: Shot, context: Context) -> None:
    pixels = shot.styled("studio-white", context)
    assert pixels[:40].min() >= 250
    foot = pixels[196:199, 85:115].mean()
    assert foot < 235 < pixels[226:, 85:115].mean()  # a contact shadow


def test_watercolor_is_not_a_blur(shot: Shot, context: Context) -> None:
    def edge_energy(pixels: Image) -> float:
        return float(np.abs(cv2.Laplacian(pixels.mean(axis=2), cv2.CV_64F)).mean())

    blurred = cv2.GaussianBlur(shot.pixels, (0, 0), 2)
    assert edge_energy(shot.styled("watercolor", context)) > 3 * edge_energy(blurred)


def test_ink_sketch_is_ink_on_paper(shot: Shot, context: Context) -> None:
    lightness = rgb2lab(shot.styled("ink-sketch", context))[..., 0]
    assert (lightness > 85).mean() > 0.35
    assert (lightness < 40).mean() > 0.05


def test_anime_is_flat_between_lines(shot: Shot, context: Context) -> None:
    """Far fewer distinct tones on the product than the still has."""
    grey = shot.styled("anime", context)[shot.inside].mean(axis=1)
    share = np.sort(np.bincount(grey.astype(int), minlength=256))[::-1][:12].sum() / len(grey)
    assert share > 0.5


def test_oil_has_strokes_where_the_still_is_plain(shot: Shot, context: Context) -> None:
    plain = np.s_[10:50, 10:190]
    assert rgb2lab(shot.styled("oil", context))[plain][..., 0].std() > 2 * 0.9
    assert rgb2lab(shot.pixels)[plain][..., 0].std() < 0.9


def test_vintage_film_fades_black(shot: Shot, context: Context) -> None:
    dark = replace(shot, pixels=(shot.pixels // 12).astype(np.uint8))
    assert dark.styled("vintage-film", context).mean() > dark.pixels.mean() + 25


ON_PAPER = sorted(name for name in LOOKS if LOOKS[name].paper)


def test_the_looks_on_paper() -> None:
    assert ON_PAPER == ["ink-sketch", "watercolor"]


@pytest.mark.parametrize("name", ON_PAPER)
@pytest.mark.parametrize("size", [(240, 200), (900, 1300), (1500, 1300)])
def test_the_rim_is_bare_paper_whatever_touches_it(
    name: str, size: tuple[int, int], context: Context
) -> None:
    """A black product that fills the still stops before the border, of a still of any size."""
    black, full = np.zeros((*size, 3), np.uint8), np.ones(size, np.float32)
    still = restyle(
        black, Subject(full, "file"), DepthMap(full, "file"), look=name, context=context
    )
    assert still.paper is not None
    bare = still.paper(*size).astype(np.float64)
    rim = int(BARE_RIM * min(size))
    lowest, tone = bare.min() - 3, bare.mean(axis=(0, 1))
    for turned in (still.pixels, still.pixels.swapaxes(0, 1)):
        for edge in (turned[:rim], turned[-rim:]):
            assert edge.min() >= lowest
            np.testing.assert_allclose(edge.mean(axis=(0, 1)), tone, atol=1.5)
    middle = still.pixels[size[0] // 4 : -size[0] // 4, size[1] // 4 : -size[1] // 4]
    assert middle.mean() < tone.mean() - 60


@pytest.mark.parametrize("name", ON_PAPER)
def test_the_end_of_the_paint_is_ragged(name: str, context: Context) -> None:
    """It wanders by units along a side, and no more than a tenth of the still is left bare."""
    black, none = np.zeros((600, 600, 3), np.uint8), np.zeros((600, 600), np.float32)
    still = restyle(
        black, Subject(none, "none"), DepthMap(none, "file"), look=name, context=context
    )
    dark = still.pixels.mean(axis=2) < 140
    first = np.argmax(dark, axis=0)[60:-60] / 6
    assert 1.0 < np.ptp(first) < 10
    assert np.median(first) < 10


def test_no_paper_where_the_look_is_off(shot: Shot, context: Context) -> None:
    still = restyle(
        shot.pixels, shot.subject, shot.depth, look="watercolor", strength=0.0, context=context
    )
    assert still.paper is None
