"""Lines into a hole and walks along them, against geometry."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.arrays import ImageF, Mask
from pipelines.complete.lines import Lines, depth_in, find_lines, walk

SIDE = 90


def striped(degrees: float) -> ImageF:
    """Lines that run at an angle below the horizontal."""
    y, x = np.mgrid[:SIDE, :SIDE]
    turn = np.radians(degrees)
    wave = 120 + 60 * np.sin((y * np.cos(turn) - x * np.sin(turn)) / 2)
    return np.repeat(wave[..., None], 3, axis=2).astype(np.float32)


def box() -> Mask:
    hole = np.zeros((SIDE, SIDE), np.bool_)
    hole[30:60, 35:55] = True
    return depth_in(hole)


def straight(degrees: float, shape: tuple[int, ...]) -> Lines:
    """The same direction everywhere."""
    turn, plane = np.radians(degrees), np.ones(shape, np.float32)
    return Lines(plane * np.float32(np.cos(turn)), plane * np.float32(np.sin(turn)), plane)


def test_depth_is_the_distance_to_the_rim_on_both_sides() -> None:
    y, x = np.mgrid[:SIDE, :SIDE]
    exact = 25 - np.hypot(x - 44.5, y - 44.5)
    np.testing.assert_allclose(depth_in(exact > 0), exact, atol=1.2)


def test_a_hole_without_a_rim_is_deeper_than_any_way() -> None:
    assert depth_in(np.ones((8, 12), np.bool_)).min() > 12


@pytest.mark.parametrize("degrees", [-75, -40, -10, 0, 14, 45, 80])
def test_lines_keep_their_direction_inside_the_hole(degrees: float) -> None:
    depth = box()
    light = striped(degrees)
    light[depth > 0] = 120
    row, column = np.nonzero(depth > 0)
    lines = find_lines(light, depth, 9, (row, column))
    turn = np.radians(degrees)
    along = np.abs(lines.x * np.cos(turn) + lines.y * np.sin(turn))
    assert np.degrees(np.arccos(np.minimum(along, 1))).max() < 5
    assert lines.share.min() > 0.9
    np.testing.assert_allclose(np.hypot(lines.x, lines.y), 1, atol=1e-5)


def test_without_lines_the_way_is_the_shortest() -> None:
    grain = np.random.default_rng(5).normal(120, 1, (SIDE, SIDE, 1))
    light = grain.repeat(3, axis=2).astype(np.float32)
    upright, level = np.arange(40, 50), np.arange(42, 48)
    beside = find_lines(light, box(), 5, (upright, np.full_like(upright, 36)))
    below = find_lines(light, box(), 5, (np.full_like(level, 31), level))
    assert max(beside.share.max(), below.share.max()) < 0.5
    assert np.abs(beside.x).min() > 0.95
    assert np.abs(below.y).min() > 0.95


def test_a_shadow_along_the_rim_is_no_line_into_the_hole() -> None:
    """A glow round the thing in front is parallel to its rim everywhere."""
    depth = box()
    glow = (120 - 60 * np.exp(np.minimum(depth, 0) / 4)).astype(np.float32)
    rows = np.arange(40, 50)
    lines = find_lines(
        np.repeat(glow[..., None], 3, axis=2), depth, 5, (rows, np.full_like(rows, 36))
    )
    assert np.abs(lines.x).min() > 0.95


@pytest.mark.parametrize(("degrees", "sign"), [(0, 1), (0, -1), (30, 1), (-30, 1), (60, -1)])
def test_a_walk_ends_at_the_rim_and_looks_as_far_beyond(degrees: float, sign: int) -> None:
    """A hole right of column 40: its rim is the line x = 39.5. OpenCV knows 1/32 of a pixel."""
    hole = np.zeros((SIDE, SIDE), np.bool_)
    hole[:, 40:] = True
    y, x = np.mgrid[30:60, 40:52]
    turn = np.radians(degrees)
    out = -1 if sign * np.cos(turn) > 0 else 1
    gone = walk((y, x), straight(degrees, x.shape), depth_in(hole), sign * out)
    length = (x - 39.5) / np.cos(turn)
    np.testing.assert_allclose(gone.length, length, rtol=0.02)
    assert gone.missed.max() < 0.1
    np.testing.assert_allclose(gone.mirror[0], 79 - x, atol=0.4)
    np.testing.assert_allclose(gone.mirror[1], y - 2 * length * np.sin(turn), atol=0.4)
    np.testing.assert_allclose(gone.rim[0], 39.5 - np.cos(turn), atol=0.2)


def test_a_walk_that_finds_no_rim_says_so() -> None:
    hole = np.zeros((SIDE, SIDE), np.bool_)
    hole[:, 40:] = True
    y, x = np.mgrid[:SIDE, 50:60]
    assert walk((y, x), straight(90, x.shape), depth_in(hole), 1).missed.min() > 5
