"""Strips of frames and plots, drawn with Pillow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipelines.arrays import Frames

FRAME = 72
"""Pixels along the side of a frame in a strip."""

GAP = 3
LABEL = 132
"""Width of the words before a strip."""

PLOT = 330, 270
"""Width and height of a plot, axes and words included."""

MARGIN = 58, 34, 14, 44
"""Of a plot: left, top, right, bottom."""

PADDING = 14
TICKS = 6
"""Most numbers along an axis."""

INK, FAINT, PAPER = (40, 40, 44), (214, 214, 218), (255, 255, 255)
COLOURS = ((24, 96, 184), (200, 84, 24), (110, 110, 116))
"""Of the lines of a plot, in order."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Strip:
    """A clip side by side after a few words.

    Attributes:
        label: the words.
        frames: (frames, height, width, 3) uint8 sRGB.
        track: (frames, 2), how far content has moved since frame 0, x and y in pixels of a frame;
            drawn from the middle of each, so that motion is seen where things are hard to follow.
        side: width of a frame in the picture.
    """

    label: str
    frames: Frames
    track: NDArray[np.float64] | None = None
    side: int = FRAME


@dataclass(frozen=True)
class Line:
    """What was measured at each place of the x axis, as many values as clips.

    Their mean is drawn, and the range from the least to the most.
    """

    label: str
    points: Mapping[float, Sequence[float]]


@dataclass(frozen=True)
class Plot:
    """Lines over one axis; the y axis starts at ``least``, or below the lowest value."""

    x: str
    y: str
    lines: Sequence[Line]
    least: float | None = 0.0


def draw(strips: Sequence[Strip], plot: Plot | None = None) -> Image.Image:
    """Return a picture with the strips below one another and the plot beside them."""
    width = LABEL + max(len(strip.frames) * (strip.side + GAP) for strip in strips)
    heights = [_height(strip) + GAP for strip in strips]
    height = max(sum(heights), PLOT[1] if plot else 0)
    sheet = Image.new(
        "RGB", (2 * PADDING + width + (PLOT[0] if plot else 0), 2 * PADDING + height), PAPER
    )
    top = PADDING
    for strip, each in zip(strips, heights, strict=True):
        _draw_strip(sheet, strip, top)
        top += each
    if plot is not None:
        left = PADDING + width
        _draw_plot(sheet, plot, (left, PADDING, left + PLOT[0], PADDING + PLOT[1]))
    return sheet


def _height(strip: Strip) -> int:
    rows, columns = strip.frames.shape[1:3]
    return round(strip.side * rows / columns)


def _draw_strip(sheet: Image.Image, strip: Strip, top: int) -> None:
    pen, height = ImageDraw.Draw(sheet), _height(strip)
    middle = top + height // 2
    pen.multiline_text((PADDING, middle), strip.label, INK, _font(13), anchor="lm", spacing=3)
    for index, frame in enumerate(strip.frames):
        picture = Image.fromarray(frame).resize((strip.side, height), Image.Resampling.BICUBIC)
        if strip.track is not None:
            scale = strip.side / frame.shape[1]
            _draw_track(picture, scale * strip.track[: index + 1])
        sheet.paste(picture, (PADDING + LABEL + index * (strip.side + GAP), top))


def _draw_track(picture: Image.Image, track: NDArray[np.float64]) -> None:
    pen = ImageDraw.Draw(picture)
    points = [(picture.width / 2 + x, picture.height / 2 + y) for x, y in track]
    for colour, width in ((INK, 4), (PAPER, 2)):
        pen.line(points, colour, width)
        across, down = points[-1]
        pen.ellipse([across - width, down - width, across + width, down + width], colour)


@dataclass(frozen=True)
class _Axes:
    """Where numbers lie in a picture."""

    x: tuple[float, float]
    y: tuple[float, float]
    box: Box

    def place(self, x: float, y: float) -> tuple[float, float]:
        left, top, right, bottom = self.box
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return left + across * (right - left), bottom - up * (bottom - top)


def _draw_plot(sheet: Image.Image, plot: Plot, box: Box) -> None:
    pen = ImageDraw.Draw(sheet)
    axes = _axes(plot, box)
    _draw_axes(pen, plot, axes)
    for line, colour in zip(plot.lines, COLOURS, strict=False):
        means = [axes.place(x, float(np.mean(values))) for x, values in line.points.items()]
        pen.line(means, colour, 2)
        for (x, values), (across, middle) in zip(line.points.items(), means, strict=True):
            ends = (axes.place(x, min(values))[1], axes.place(x, max(values))[1])
            pen.line([(across, ends[0]), (across, ends[1])], colour, 1)
            pen.ellipse([across - 3, middle - 3, across + 3, middle + 3], colour)
    _draw_legend(pen, plot, axes)


def _axes(plot: Plot, box: Box) -> _Axes:
    xs = [x for line in plot.lines for x in line.points]
    values = [value for line in plot.lines for each in line.points.values() for value in each]
    least = min(values) if plot.least is None else plot.least
    y_ticks = ticks(least, max(values))
    left, top, right, bottom = MARGIN
    inner = box[0] + left, box[1] + top, box[2] - right, box[3] - bottom
    room = 0.04 * (max(xs) - min(xs))
    return _Axes((min(xs) - room, max(xs) + room), (y_ticks[0], y_ticks[-1]), inner)


def _draw_axes(pen: ImageDraw.ImageDraw, plot: Plot, axes: _Axes) -> None:
    left, top, right, bottom = axes.box
    for value in ticks(*axes.y):
        height = axes.place(axes.x[0], value)[1]
        pen.line([(left, height), (right, height)], FAINT)
        pen.text((left - 6, height), f"{value:g}", INK, _font(11), anchor="rm")
    for value in ticks(*axes.x):
        if axes.x[0] <= value <= axes.x[1]:
            across = axes.place(value, axes.y[0])[0]
            pen.line([(across, bottom), (across, bottom + 4)], INK)
            pen.text((across, bottom + 6), f"{value:g}", INK, _font(11), anchor="ma")
    pen.line([(left, bottom), (right, bottom)], INK)
    pen.text(((left + right) / 2, bottom + 24), plot.x, INK, _font(12), anchor="ma")
    pen.text((left - 44, top - 30), plot.y, INK, _font(12), anchor="la")


def _draw_legend(pen: ImageDraw.ImageDraw, plot: Plot, axes: _Axes) -> None:
    across = float(axes.box[0])
    for line, colour in zip(plot.lines, COLOURS, strict=False):
        if len(plot.lines) > 1:
            pen.text((across, axes.box[1] - 14), line.label, colour, _font(11), anchor="la")
            across += pen.textlength(line.label, _font(11)) + 14


def ticks(least: float, most: float) -> list[float]:
    """Return round numbers that span a range, a few of them.

    >>> ticks(0, 1.96), ticks(24.1, 33)
    ([0.0, 0.5, 1.0, 1.5, 2.0], [24.0, 26.0, 28.0, 30.0, 32.0, 34.0])
    """
    rough = max(most - least, 1e-9) / (TICKS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= rough * (1 - 1e-9))
    first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)]


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
