"""The contract of a social format: what a platform accepts, and what we make for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Container = Literal["mp4", "gif", "webp", "mkv"]


@dataclass(frozen=True)
class Limits:
    """What the platform accepts; None means it says nothing.

    Attributes:
        seconds: shortest and longest length.
        fps: lowest and highest frame rate.
        side: smallest and largest width or height, pixels.
        aspect: smallest and largest width / height.
        bytes: smallest and largest file.
        bit_rate: lowest and highest overall rate, bits per second.
        frames: most frames.
        frame_pixels: most width x height x frames.
    """

    seconds: tuple[float | None, float | None] = (None, None)
    fps: tuple[float | None, float | None] = (None, None)
    side: tuple[int | None, int | None] = (None, None)
    aspect: tuple[float | None, float | None] = (None, None)
    bytes: tuple[int | None, int | None] = (None, None)
    bit_rate: tuple[int | None, int | None] = (None, None)
    frames: int | None = None
    frame_pixels: int | None = None


@dataclass(frozen=True)
class Format:
    """One target.

    Attributes:
        title: a few words for people.
        container: also the file's ending.
        size: (width, height) in pixels, or None to keep the still's aspect.
        longest: with size None, the most pixels along the longer side.
        fps: the rate we make by default.
        limits: what the platform accepts.
        source: where the limits were published.
        read_on: ISO date on which they were read.
        lossless: keep every pixel (the master).
    """

    title: str
    container: Container
    size: tuple[int, int] | None
    fps: float
    limits: Limits
    source: str
    read_on: str
    longest: int = 1920
    lossless: bool = False
