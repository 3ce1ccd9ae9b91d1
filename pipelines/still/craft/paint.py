"""Painting: flow of the picture, the anisotropic Kuwahara filter, lines, and brush strokes.

Takes and gives sRGB values 0..1 (painters mix on the palette, not in light).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.arrays import Image, ImageF, Mask
from pipelines.colour import quantise
from pipelines.still.craft.tone import blur, smoothstep, spread
from pipelines.still.look import Scene

CANVAS_PIXELS = 1_500_000
"""Larger stills are painted at this size and enlarged: strokes have no finer detail anyway."""


KUWAHARA_RADIUS = 11.0
"""Wider filters run on a smaller picture: what they leave has no finer detail."""


@dataclass(frozen=True, eq=False)
class Flow:
    """Where strokes run.

    Attributes:
        x, y: (height, width) unit tangent, along edges.
        order: 0..1, how clearly the picture has a direction there.
    """

    x: Mask
    y: Mask
    order: Mask


def on_canvas(scene: Scene, paint: Callable[[Scene], ImageF]) -> ImageF:
    """Paint a scene at a bounded size and bring the result back to the scene's own size."""
    height, width = scene.subject.shape
    shrink = canvas_scale((height, width))
    if shrink == 1:
        return paint(scene)
    size = (max(round(width * shrink), 1), max(round(height * shrink), 1))
    small = [cv2.resize(a, size, interpolation=cv2.INTER_AREA)
             for a in (scene.linear, scene.subject, scene.nearness)]  # fmt: skip
    painted = paint(replace(scene, linear=small[0], subject=small[1], nearness=small[2]))
    return np.clip(cv2.resize(painted, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)


def canvas_scale(shape: tuple[int, int]) -> float:
    """Return the scale at which a still of (height, width) is painted, 1 at most."""
    return float(min(np.sqrt(CANVAS_PIXELS / (shape[0] * shape[1])), 1.0))


def flow(picture: ImageF, sigma: float) -> Flow:
    """Edge-tangent flow from the smoothed structure tensor (Brox et al.; Kyprianidis 2009)."""
    xx, yy, xy = (np.zeros(picture.shape[:2], np.float32) for _ in range(3))
    for channel in cv2.split(picture):
        gx = cv2.Sobel(channel, cv2.CV_32F, 1, 0, scale=0.25)
        gy = cv2.Sobel(channel, cv2.CV_32F, 0, 1, scale=0.25)
        xx, yy, xy = xx + gx * gx, yy + gy * gy, xy + gx * gy
    xx, yy, xy = blur(xx, sigma), blur(yy, sigma), blur(xy, sigma)
    anisotropy = np.sqrt((xx - yy) ** 2 + 4 * xy * xy)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.float32(np.pi / 2)
    order = anisotropy / (xx + yy + np.float32(1e-5))
    return Flow(np.cos(angle), np.sin(angle), order)


def _grid(shape: tuple[int, int]) -> tuple[Mask, Mask]:
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return x, y


def along(texture: Mask, lines: Flow, length: float) -> Mask:
    """Smear a texture along the flow by ``length`` pixels: line integral convolution.

    Cabral & Leedom 1993, as repeated short steps, so that it follows curves.
    """
    x, y = _grid(texture.shape[:2])
    step = np.float32(max(length / 8, 0.8))
    ahead = (x + step * lines.x, y + step * lines.y)
    behind = (x - step * lines.x, y - step * lines.y)
    for _ in range(8):
        forward, backward = (
            cv2.remap(texture, *place, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            for place in (ahead, behind)
        )
        texture = 0.5 * texture + 0.25 * (forward + backward)
    return texture


def kuwahara(picture: ImageF, lines: Flow, radius: float, sharpness: float = 5.0) -> ImageF:
    """Anisotropic Kuwahara filter (Kyprianidis, Kang & Döllner 2009), sampled sparsely.

    Each pixel takes the colour of the calmest of eight sectors of an ellipse that stretches along
    the flow: flat regions become flat paint, edges stay.

    Args:
        picture: sRGB 0..1.
        lines: its flow.
        radius: of the ellipse, in pixels.
        sharpness: how strongly the calmest sector wins.
    """
    height, width = picture.shape[:2]
    shrink = radius / KUWAHARA_RADIUS
    if shrink > 1:
        size = (max(round(width / shrink), 1), max(round(height / shrink), 1))
        x, y, order = (cv2.resize(a, size, interpolation=cv2.INTER_AREA) for a in (
            lines.x, lines.y, lines.order))  # fmt: skip
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        flat = kuwahara(small, Flow(x, y, order), KUWAHARA_RADIUS, sharpness)
        return cv2.resize(flat, (width, height), interpolation=cv2.INTER_CUBIC)
    return _calmest(quantise(blur(picture, max(radius / 6, 0.3))), lines, radius, sharpness)


def _calmest(source: Image, lines: Flow, radius: float, sharpness: float) -> ImageF:
    """Weigh the means of eight sectors by how little each varies."""
    x, y = _grid(source.shape[:2])
    long, short = radius * (1 + 0.7 * lines.order), radius / (1 + 0.7 * lines.order)
    axes = (long * lines.x, long * lines.y, -short * lines.y, short * lines.x)
    total = np.zeros(source.shape, np.float32)
    weights = np.zeros(source.shape[:2], np.float32)
    for sector in range(8):
        mean, square = source.astype(np.float32), np.zeros(source.shape, np.float32)
        cv2.accumulateSquare(source, square)
        for share, turn in ((0.45, 0.0), (0.95, -0.2), (0.95, 0.2)):
            c, s = (share * f(sector * np.pi / 4 + turn) for f in (np.cos, np.sin))
            at_x = cv2.addWeighted(axes[0], c, axes[2], s, 0) + x
            at_y = cv2.addWeighted(axes[1], c, axes[3], s, 0) + y
            tap = cv2.remap(source, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            cv2.accumulate(tap, mean)
            cv2.accumulateSquare(tap, square)
        variance = cv2.transform(square / 4 - mean * mean / 16, np.ones((1, 3), np.float32))
        weight = 1 / (1 + (np.maximum(variance, 0) / 12) ** np.float32(sharpness / 2))
        total += mean * spread(weight)
        weights += weight
    return total / spread(np.maximum(weights, np.float32(1e-9))) / np.float32(4 * 255)


def ink(luma: Mask, lines: Flow, sigma: float, *, weight: float, black: float) -> Mask:
    """Draw flow-guided lines, 0 paper to 1 ink: extended difference of Gaussians.

    XDoG (Winnemöller, Kyprianidis & Olsen 2012), smoothed along the edge-tangent flow (Kang 2007)
    before the threshold, so that lines are long and clean.

    Args:
        luma: perceptual lightness 0..1.
        lines: flow of the picture.
        sigma: half the width of a line, in pixels.
        weight: how strongly edges draw; 20 sketches, 60 draws everything.
        black: tone below which areas fill with ink as well, 0 for lines only.
    """
    edges = (luma - blur(luma, sigma * 1.6)) - (luma - blur(luma, sigma))
    response = along(edges, lines, 6 * sigma)
    dark = smoothstep(black, black * 0.4, blur(luma, sigma)) if black > 0 else np.zeros_like(luma)
    drawn = np.tanh(np.maximum(-response * np.float32(weight) - 0.12, 0) * 3)
    return np.maximum(drawn, dark)


def detail(picture: ImageF, unit: float) -> Mask:
    """Say where small brushes are needed, 0..1: dense strong edges, lettering above all."""
    luma = picture.mean(axis=2)
    edges = np.abs(cv2.Sobel(luma, cv2.CV_32F, 1, 0, scale=0.25))
    edges += np.abs(cv2.Sobel(luma, cv2.CV_32F, 0, 1, scale=0.25))
    return smoothstep(0.012, 0.05, blur(edges, 0.6 * unit))


def strokes(
    picture: ImageF, lines: Flow, rng: np.random.Generator, unit: float
) -> tuple[ImageF, Mask]:
    """Paint with brushes from broad to fine, after Hertzmann 1998: strokes that curve along form.

    Returns:
        The painted picture, sRGB 0..1, and the height of the paint 0..1, both as the last stroke
        at each place left them.
    """
    small = detail(picture, unit)
    canvas = np.dstack([quantise(blur(picture, 2 * unit)), np.full(small.shape, 128, np.uint8)])
    for width, need in ((4.2, 0.0), (2.4, 0.0), (1.2, 0.2), (0.6, 0.5), (0.3, 0.7)):
        brush = max(width * unit, 1.5)
        colours = quantise(blur(picture, brush / 3.5))
        _lay(canvas, colours, lines, rng, brush, small >= need, min(width / 2.4, 1.0))
    layers = canvas.astype(np.float32) / np.float32(255)
    return layers[..., :3], layers[..., 3]


def _lay(
    canvas: Image,
    colours: Image,
    lines: Flow,
    rng: np.random.Generator,
    brush: float,
    where: NDArray[np.bool_],
    loose: float,
) -> None:
    """Lay one layer of strokes of one brush, on a jittered grid, in random order.

    ``loose`` 0..1 lets colour and load vary from stroke to stroke; small brushes are exact.
    """
    height, width = canvas.shape[:2]
    spacing = brush * 0.75
    rows, columns = np.mgrid[0:height:spacing, 0:width:spacing].reshape(2, -1)
    starts = np.column_stack([columns, rows]) + rng.uniform(-0.5, 0.5, (len(rows), 2)) * spacing
    starts = np.clip(rng.permutation(starts), 0, (width - 1, height - 1))
    at = starts.astype(np.intp)
    starts = starts[where[at[:, 1], at[:, 0]]]
    at = starts.astype(np.intp)
    paint = colours[at[:, 1], at[:, 0]].astype(np.float32)
    paint += (rng.normal(0, 6.5, (len(paint), 1)) + rng.normal(0, 5.0, (len(paint), 3))) * loose
    relief = 128 + rng.uniform(-90, 90, (len(paint), 1)) * loose
    loads = np.clip(np.hstack([paint, relief]), 0, 255).tolist()
    paths = np.round(_paths(starts, lines, brush) * 8).astype(np.int32)
    for path, load in zip(paths, loads, strict=True):
        cv2.polylines(canvas, [path], False, load, max(round(brush), 1), cv2.LINE_AA, 3)


def _paths(starts: NDArray[np.float64], lines: Flow, brush: float) -> NDArray[np.float64]:
    """Follow the flow both ways from each start; returns (strokes, 5, 2)."""
    height, width = lines.x.shape
    ends = []
    for direction in (-1.0, 1.0):
        at, heading = starts.copy(), np.zeros_like(starts)
        leg = []
        for _ in range(2):
            x = np.clip(at[:, 0], 0, width - 1).astype(np.intp)
            y = np.clip(at[:, 1], 0, height - 1).astype(np.intp)
            tangent = np.column_stack([lines.x[y, x], lines.y[y, x]]).astype(np.float64)
            turn = np.sign((tangent * heading).sum(axis=1))[:, None]
            heading = tangent * np.where(turn == 0, direction, turn)
            at = at + heading * brush * 0.85
            leg.append(at)
        ends.append(leg)
    return np.stack([ends[0][1], ends[0][0], starts, ends[1][0], ends[1][1]], axis=1)
