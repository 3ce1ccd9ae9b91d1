"""What a still may measure, judged from its bytes and its header before anything is decoded."""

from __future__ import annotations

from pipelines.errors import InvalidSource

MAX_BYTES = 64 * 2**20
MAX_PIXELS = 64_000_000
MIN_SIDE = 16
MAX_SIDE = 16_384


def check_bytes(count: int, name: str) -> None:
    """Raise InvalidSource when a file of ``count`` bytes is empty or larger than allowed."""
    if count == 0:
        raise InvalidSource(
            f"{name} is empty",
            actual=0,
            allowed=f"1 byte to {MAX_BYTES >> 20} MB",
            fix="export or download the still again",
        )
    if count > MAX_BYTES:
        raise InvalidSource(
            f"{name} is {count / 2**20:.0f} MB",
            actual=count,
            allowed=f"up to {MAX_BYTES >> 20} MB",
            fix="save the still smaller or as JPEG",
        )


def check_size(width: int, height: int, name: str) -> None:
    """Raise InvalidSource when a side or the area of a still lies outside the limits."""
    if min(width, height) < MIN_SIDE or max(width, height) > MAX_SIDE:
        raise InvalidSource(
            f"{name} is {width} × {height} pixels",
            actual=(width, height),
            allowed=f"sides of {MIN_SIDE} to {MAX_SIDE} pixels",
            fix="use a larger still" if min(width, height) < MIN_SIDE else "resize the still",
        )
    if width * height > MAX_PIXELS:
        raise too_many_pixels(name, f"{width * height / 1e6:.0f} megapixels")


def too_many_pixels(name: str, amount: str) -> InvalidSource:
    """Return the refusal of a still with more pixels than allowed."""
    return InvalidSource(
        f"{name} has {amount}",
        actual=amount,
        allowed=f"up to {MAX_PIXELS // 1_000_000} megapixels",
        fix="resize the still",
    )
