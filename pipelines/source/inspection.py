"""Figures of a still, and what a photographer would say about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.arrays import Mask, Plane
from pipelines.media import Source, Subject
from pipelines.protect import TextBox
from pipelines.source import measures
from pipelines.source.advice import advise
from pipelines.source.figures import Figures

FormatSize = tuple[str, int, int]
"""(name, width, height) of an output, in pixels."""


@dataclass(frozen=True)
class Inspection:
    """What :func:`inspect` found. Plain values only, so that it becomes JSON as it is.

    Attributes:
        format: what the file really is, e.g. ``"JPEG"``.
        figures: the measures.
        text: the lines read on the still.
        fills: the formats the still fills without being enlarged.
        advice: sentences, the most important first; empty when there is nothing to say.
        warnings: what was met while reading the file.
    """

    format: str
    figures: Figures
    text: tuple[str, ...]
    fills: tuple[str, ...]
    advice: tuple[str, ...]
    warnings: tuple[str, ...]


def inspect(
    source: Source,
    subject: Subject,
    text: tuple[TextBox, ...],
    formats: Iterable[FormatSize] = (),
) -> Inspection:
    """Measure a still and put into words what would make its loop better.

    Args:
        source: the decoded still.
        subject: its mask, fitted to the still when it is of another size.
        text: the lines read on it.
        formats: the outputs to hold its size against.
    """
    sizes = tuple(formats)
    figures = _measure(source, _fitted(subject.mask, source.size))
    fills = fillable(figures.width, figures.height, sizes)
    return Inspection(
        format=source.format,
        figures=figures,
        text=tuple(box.text for box in text),
        fills=fills,
        advice=advise(figures, text, [name for name, *_ in sizes if name not in fills]),
        warnings=source.warnings + subject.warnings,
    )


def fillable(width: int, height: int, formats: Iterable[FormatSize]) -> tuple[str, ...]:
    """Return the names of the formats that a still covers without being enlarged.

    >>> fillable(1200, 1200, [("square", 1080, 1080), ("reel", 1080, 1920)])
    ('square',)
    """
    return tuple(name for name, wide, high in formats if wide <= width and high <= height)


def _fitted(mask: Mask, size: tuple[int, int]) -> Mask:
    if mask.shape == (size[1], size[0]):
        return mask
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _measure(source: Source, mask: Mask) -> Figures:
    width, height = source.size
    grey = measures.luma(source.pixels)
    inside = grey[mask >= 0.5]
    seen = inside if inside.size else grey
    shadows, highlights = measures.clipped(seen)
    return Figures(
        width=width,
        height=height,
        short_side=min(width, height),
        blur=round(measures.blur(_around(grey, mask)), 3),
        noise=round(measures.noise(grey), 2),
        brightness=round(float(np.mean(seen)) / 255, 3),
        clipped_shadows=round(shadows, 4),
        clipped_highlights=round(highlights, 4),
        clutter=round(measures.clutter(grey, mask), 4),
        subject_share=round(float(mask.mean()), 4),
        margin=round(_margin(mask), 4),
    )


def _around(grey: Plane, mask: Mask) -> Plane:
    """Return the part of ``grey`` that holds the subject; all of it when there is none."""
    rows, columns = _extent(mask)
    part = grey[rows, columns]
    return part if min(part.shape) >= 32 else grey


def _margin(mask: Mask) -> float:
    """Return the least distance from the subject to the picture's edge over the short side."""
    height, width = mask.shape
    rows, columns = _extent(mask)
    least = min(rows.start, columns.start, height - rows.stop, width - columns.stop)
    return float(least / min(height, width))


def _extent(mask: Mask) -> tuple[slice, slice]:
    """Return the rows and columns that hold the subject; all of them when there is none."""
    solid = mask >= 0.5
    if not solid.any():
        return slice(0, mask.shape[0]), slice(0, mask.shape[1])
    rows, columns = (np.flatnonzero(solid.any(axis=axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
