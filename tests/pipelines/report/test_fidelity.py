"""Fidelity undoes the camera's path before it compares."""

from __future__ import annotations

import cv2
import numpy as np

from pipelines.arrays import Image
from pipelines.camera.pose import intrinsics, plane_homography, rotation, translation
from pipelines.media import CameraTrack, Clip
from pipelines.report import subject_fidelity
from tests.stills import disc, make_still, textured, whole

WIDTH, HEIGHT, COUNT = 320, 480, 8
MOTIONS = [
    translation(0.01 * index, -0.004 * index, -0.02 * index) @ rotation("z", 0.5 * index)
    for index in range(COUNT)
]
LENS = intrinsics(WIDTH, HEIGHT, 45.0)
PICTURE = textured(WIDTH, HEIGHT)
MASK = disc(WIDTH, HEIGHT, 160, 240, 90)


def clip_of(tint: int = 0) -> Clip:
    """A flat picture seen by a moving camera; every frame but the first is tinted."""

    def render(index: int) -> Image:
        forth = plane_homography(LENS, LENS, MOTIONS[index])
        frame = cv2.warpPerspective(PICTURE, forth, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)
        return np.clip(frame.astype(int) + (tint if index else 0), 0, 255).astype(np.uint8)

    track = CameraTrack(
        WIDTH,
        HEIGHT,
        np.stack([LENS] * COUNT),
        np.stack([motion[:3] for motion in MOTIONS]),
    )
    return Clip(WIDTH, HEIGHT, 8.0, COUNT, render, track, closed=False)


def test_a_plane_under_a_moving_camera_is_unharmed() -> None:
    found = subject_fidelity(clip_of(), MASK, whole(make_still(PICTURE)))
    assert found is not None
    assert found.frame == COUNT // 4
    assert found.ssim > 0.97
    assert found.ciede2000 < 1.0
    assert found.drift < 0.2


def test_a_change_of_colour_shows() -> None:
    found = subject_fidelity(clip_of(tint=25), MASK, whole(make_still(PICTURE)))
    assert found is not None
    assert found.drift > 4
    assert found.ciede2000 > 4


def test_no_subject_no_figures() -> None:
    empty = np.zeros_like(MASK)
    assert subject_fidelity(clip_of(), empty, whole(make_still(PICTURE))) is None
