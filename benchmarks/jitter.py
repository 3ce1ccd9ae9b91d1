"""How steady is a slow move? Dots tracked by their centroids on frames without loss.

Fifteen Gaussian dots on black; each one's centroid in every frame against where the camera should
put it: for us the homography of the plane z = 1 by the clip's own matrices, for zoompan the
arithmetic of its expression.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.findings import Findings, Promise, Table
from benchmarks.rivals import zoompan
from benchmarks.stills import COUNT, FPS, FRAME, STILL
from pipelines.camera import build_path, parse_camera
from pipelines.context import Context
from pipelines.media import CameraTrack, Clip, DepthMap, Framing, Still, Subject
from pipelines.motion.engine import MOTION_ENGINES, Shot

Points = NDArray[np.float64]
"""(dots, 2) x and y in pixels of a frame, centres at integers."""

RADIUS = 12
"""Half the side of the window a centroid is taken in, pixels."""

BLUR = 3.0
"""Standard deviation of a dot, pixels of the still. Small: where all pixels look between two others
at one fraction, their 8-bit rounding leans one way, and shifts a wide dot more than a small one."""

SCALE = STILL[0] / FRAME[0]

CAMERAS = ("zoom-in=1.15", "truck=0.03", "orbit=4", "roll=2")
"""Ours; the promise is judged on the worst."""

ZOOMPAN = {
    "as it is": (1, "yuv420p"),
    "on 4× upscaling": (4, "yuv420p"),
    "on 4× upscaling, full chroma": (4, "yuv444p"),
}
"""How it is run → how much the still is enlarged first, and what it works in."""

LIMIT = 0.02
NOTE = "Errors are lengths of (x, y). Zooms and pans differ by tool; each is held to its own path."
HEADER = (
    "what",
    "RMS path error px",
    "RMS without each dot's mean",
    "RMS step error",
    "worst step",
)


def run(repeats: int) -> Findings:
    """Track each tool's clip once: there is no chance in it, so ``repeats`` has no say."""
    rows, worst = [], 0.0
    with tempfile.TemporaryDirectory(prefix="stillwave-bench-") as folder:
        chart, dots = _chart()
        for camera in CAMERAS:
            clip = _clip(chart, camera, Path(folder))
            frames = (clip.render(index)[..., 1] for index in range(clip.count))
            error = _errors(frames, _by_matrices(clip.camera, dots))
            rows.append((f"stillwave {camera}", *_cells(error)))
            worst = max(worst, _rms(error))
        rows += _zoompan_rows(chart, dots, Path(folder))
    table = Table("Jitter of slow moves, 90 frames of 1080×1920", HEADER, rows, NOTE)
    return Findings([table], [Promise("worst path error, RMS", LIMIT, worst, " px")])


def _chart() -> tuple[NDArray[np.uint8], Points]:
    """Return the still and where its dots lie in a frame that shows it whole."""
    width, height = STILL
    x, y = np.meshgrid(np.linspace(0.25, 0.75, 3) * width, np.linspace(0.2, 0.8, 5) * height)
    dots = np.column_stack([x.ravel(), y.ravel()]) + np.linspace(0, 0.93, 15)[:, None]
    places = np.arange(width), np.arange(height)
    light = np.zeros((height, width))
    for dot in dots:
        across, down = (
            np.exp(-((place - at) ** 2) / (2 * BLUR**2))
            for place, at in zip(places, dot, strict=True)
        )
        light += np.outer(down, across)
    return np.rint(220 * light).astype(np.uint8), (dots + 0.5) / SCALE - 0.5


def _clip(chart: NDArray[np.uint8], camera: str, data: Path) -> Clip:
    """Our clip of the chart on a constant depth map."""
    width, height = STILL
    nowhere, flat = np.zeros(chart.shape, np.float32), np.full(chart.shape, 0.5, np.float32)
    still = Still(
        np.repeat(chart[..., None], 3, axis=2), Subject(nowhere, "none"), DepthMap(flat, "file")
    )
    shot = Shot(
        still=still,
        framing=Framing(0, 0, width, height, "whole"),
        path=build_path(parse_camera(camera), intensity=1.0, closed=True, seed=0),
        width=FRAME[0],
        height=FRAME[1],
        fps=FPS,
        count=COUNT,
    )
    return MOTION_ENGINES["parallax"].animate(shot, Context(data))


def _by_matrices(track: CameraTrack, dots: Points) -> Iterator[Points]:
    """Project the dots, lying in the plane z = 1 of frame 0, with the matrices of a report."""
    ahead = np.column_stack([dots, np.ones(len(dots))]) @ np.linalg.inv(track.intrinsics[0]).T
    world = np.column_stack([ahead, np.ones(len(dots))])
    for lens, camera in zip(track.intrinsics, track.world_to_camera, strict=True):
        seen = world @ camera.T @ lens.T
        yield seen[:, :2] / seen[:, 2:]


def _zoompan_rows(
    chart: NDArray[np.uint8], dots: Points, folder: Path
) -> Iterator[tuple[str, ...]]:
    still, out = folder / "chart.png", folder / "chart.yuv"
    cv2.imwrite(str(still), cv2.cvtColor(chart, cv2.COLOR_GRAY2BGR))
    moves = (("zoom-in", zoompan.ZOOM_IN, _zoomed), ("pan", zoompan.PAN_RIGHT, _panned))
    for name, move, ideal in moves:
        for how, (enlarged, pixels) in ZOOMPAN.items():
            command = zoompan.command(
                still, out, enlarged=enlarged, move=move, pixels=pixels, output=zoompan.RAW
            )
            subprocess.run(command, check=True)
            frames = np.memmap(out, np.uint8, "r").reshape(-1, FRAME[1] * 3 // 2, FRAME[0])
            luma = (frame[: FRAME[1]] for frame in frames)
            expected = (ideal(dots, index) for index in range(COUNT))
            yield f"zoompan {how}, {name}", *_cells(_errors(luma, expected))


def _zoomed(dots: Points, index: int) -> Points:
    middle = np.array(FRAME) / 2
    return (dots + 0.5 - middle) * (1 + 0.15 * index / (COUNT - 1)) + middle - 0.5


def _panned(dots: Points, index: int) -> Points:
    zoom, (width, height) = zoompan.PAN_ZOOM, FRAME
    corner = np.array([width * index / (COUNT - 1), height / 2]) * (1 - 1 / zoom)
    return (dots + 0.5 - corner) * zoom - 0.5


def _errors(frames: Iterable[NDArray[np.uint8]], ideal: Iterable[Points]) -> NDArray[np.float64]:
    """Return (frames, dots, 2) tracked minus ideal; NaN where a dot has left the frame."""
    return np.stack(
        [
            np.stack([_centroid(frame, point) for point in points]) - points
            for frame, points in zip(frames, ideal, strict=True)
        ]
    )


def _centroid(frame: NDArray[np.uint8], near: NDArray[np.float64]) -> NDArray[np.float64]:
    left, top = np.rint(near).astype(int) - RADIUS
    side = 2 * RADIUS + 1
    if min(left, top) < 0 or left + side > frame.shape[1] or top + side > frame.shape[0]:
        return np.full(2, np.nan)
    window = frame[top : top + side, left : left + side].astype(np.float64)
    window -= np.median(window)  # the background; rings beside a dot lie below it
    places = np.arange(side)
    mean = np.array([window.sum(axis=0) @ places, window.sum(axis=1) @ places]) / window.sum()
    return mean + np.array([left, top])


def _cells(error: NDArray[np.float64]) -> tuple[str, ...]:
    steps = np.linalg.norm(np.diff(error, axis=0), axis=2)
    steady = error - np.nanmean(error, axis=0)
    return tuple(
        f"{value:.3f}"
        for value in (_rms(error), _rms(steady), _rms(np.diff(error, axis=0)), np.nanmax(steps))
    )


def _rms(error: NDArray[np.float64]) -> float:
    """Root mean square length of (…, 2) vectors."""
    return float(np.sqrt(np.nanmean((error**2).sum(axis=-1))))
