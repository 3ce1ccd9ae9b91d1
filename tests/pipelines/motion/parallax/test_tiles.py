"""Tiles: what is skipped as empty or hidden is so at every pixel, sampled one by one."""

from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.arrays import Plane
from pipelines.motion.parallax.tiles import EMPTY, MIXED, SOLID, TILE_COLUMNS, TILE_ROWS, Extent
from pipelines.motion.parallax.warp import BackwardMap

SPACING = 16
WIDTH, HEIGHT = 200, 300


def looking(scale: float, degrees: float, x: float, y: float) -> BackwardMap:
    """A map that turns and scales about the frame's middle, then shifts."""
    turn = np.radians(degrees)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    columns, rows = (
        (np.arange(-(-side // SPACING) + 2) - 0.5) * SPACING - 0.5 for side in (WIDTH, HEIGHT)
    )
    grid = np.stack(np.meshgrid(columns, rows)) - [[[WIDTH / 2]], [[HEIGHT / 2]]]
    centre = np.array([WIDTH / 2 + x, HEIGHT / 2 + y])
    nodes = np.einsum("ij,jrc->irc", linear, grid) + centre[:, None, None]
    return BackwardMap(nodes.astype(np.float32), SPACING)


def sampled(alpha: Plane, seen: BackwardMap) -> Plane:
    """The coverage at every pixel of the frame, empty outside."""
    band = seen.band(slice(0, HEIGHT), slice(0, WIDTH))
    return np.asarray(cv2.remap(alpha, band.x, band.y, cv2.INTER_LINEAR), np.uint8)


def tiles(plane: Plane) -> list[list[Plane]]:
    return [
        [
            plane[top : top + TILE_ROWS, left : left + TILE_COLUMNS]
            for left in range(0, WIDTH, TILE_COLUMNS)
        ]
        for top in range(0, HEIGHT, TILE_ROWS)
    ]


@given(
    left=st.integers(-60, 180),
    top=st.integers(-60, 260),
    size=st.integers(1, 300),
    scale=st.floats(0.5, 2.0),
    degrees=st.floats(-45, 45),
    x=st.floats(-150, 150),
    y=st.floats(-150, 150),
)
def test_a_skipped_layer_does_not_show_anywhere_in_the_tile(
    left: int, top: int, size: int, scale: float, degrees: float, x: float, y: float
) -> None:
    alpha = np.zeros((HEIGHT + 20, WIDTH + 40), np.uint8)
    alpha[max(0, top) : top + size, max(0, left) : left + size] = 255
    seen = looking(scale, degrees, x, y)
    classes = Extent.of(alpha).at(seen.bounds())
    for kinds, parts in zip(classes, tiles(sampled(alpha, seen)), strict=True):
        for kind, part in zip(kinds, parts, strict=True):
            assert kind != EMPTY or part.max() == 0
            assert kind != SOLID or part.min() == 255


def test_what_is_plain_is_told_from_what_is_not() -> None:
    """A tile away from the rim is not painted twice: that is what the classes are for."""
    alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
    alpha[:, : WIDTH // 2] = 255
    classes = Extent.of(alpha).at(looking(1.0, 0.0, 20.0, 0.0).bounds())
    assert (classes[1, 0], classes[1, -1]) == (SOLID, EMPTY)


def test_a_blur_carries_coverage_into_the_next_tile() -> None:
    alpha = np.zeros((HEIGHT, WIDTH), np.uint8)
    alpha[:, : TILE_COLUMNS // 2] = 255
    seen = looking(1.0, 0.0, 0.0, 0.0).bounds()
    assert (Extent.of(alpha).at(seen)[:, 1] == EMPTY).all()
    assert (Extent.of(alpha, reach=TILE_COLUMNS // 2).at(seen)[:, 1] == MIXED).all()
