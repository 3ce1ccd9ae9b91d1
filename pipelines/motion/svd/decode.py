"""Latents become frames, a chunk at a time, without a trace of the chunks' borders.

The decoder looks at neighbouring frames, so a chunk's outer frames lack some. Chunks overlap and
are crossfaded there; a closed loop is decoded with frames of its other end on both sides.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.arrays import Frames
from pipelines.motion.svd.pipeline import DirectedPipeline

OVERLAP = 6
"""Frames that neighbouring chunks share, at most half a chunk."""

TRUST = 4.0
"""A frame is about half as wrong as its neighbour nearer to the border (measured on random
decoders), so its square error is a quarter, and that is how much more it counts."""

WRAP = 6
"""Frames of the other end that a closed loop is decoded with on each side: farther ones change a
frame by about half a grey level even where neighbours have nothing in common (measured on random
decoders and latents)."""


def find_chunks(count: int, chunk: int) -> list[tuple[int, int]]:
    """Return (start, stop) of chunks of equal length that cover ``count`` frames and overlap.

    >>> find_chunks(14, 14), find_chunks(25, 14), find_chunks(3, 1)
    ([(0, 14)], [(0, 14), (6, 20), (11, 25)], [(0, 1), (1, 2), (2, 3)])
    """
    if chunk >= count:
        return [(0, count)]
    overlap = min(OVERLAP, chunk // 2)
    number = -(-(count - overlap) // (chunk - overlap))
    starts = np.linspace(0, count - chunk, number).round().astype(int)
    return [(int(start), int(start) + chunk) for start in starts]


def find_shares(count: int, chunks: list[tuple[int, int]]) -> list[NDArray[np.float32]]:
    """Return each chunk's share in its frames; the shares of a frame add up to 1.

    A frame counts the more the farther it lies from its chunk's borders; the row's own ends are
    no borders.
    """
    shares = []
    for start, stop in chunks:
        inside = np.arange(stop - start)
        before = inside if start > 0 else np.full_like(inside, OVERLAP)
        after = inside[::-1] if stop < count else np.full_like(inside, OVERLAP)
        shares.append(TRUST ** np.minimum(np.minimum(before, after), OVERLAP).astype(np.float32))
    total = np.zeros(count, np.float32)
    for (start, stop), share in zip(chunks, shares, strict=True):
        total[start:stop] += share
    return [share / total[start:stop] for (start, stop), share in zip(chunks, shares, strict=True)]


def chunk_number(count: int, chunk: int, *, closed: bool) -> int:
    """Return how many chunks :func:`decode` will decode."""
    return len(_plan(count, chunk, closed=closed)[1])


@torch.no_grad()
def decode(
    pipeline: DirectedPipeline,
    latents: torch.Tensor,
    chunk: int,
    advance: Callable[[], None],
    *,
    closed: bool,
) -> Frames:
    """Return (frames, height, width, 3) uint8 of (1, frames, channels, height, width) latents.

    A chunk that takes all frames of an open clip decodes them as the stock pipeline does.

    Args:
        chunk: frames decoded at once.
        advance: called after each chunk.
        closed: whether the last frame's neighbour is the first one.
    """
    count = latents.shape[1]
    order, chunks = _plan(count, chunk, closed=closed)
    shares = find_shares(len(order), chunks)
    padded = latents[:, order]
    result: torch.Tensor | None = None
    for (start, stop), share in zip(chunks, shares, strict=True):
        part = pipeline.decode_latents(padded[:, start:stop], stop - start, stop - start)[0].cpu()
        if result is None:
            result = part.new_zeros((part.shape[0], len(order), *part.shape[2:]))
        result[:, start:stop] += part * torch.from_numpy(share)[None, :, None, None]
        advance()
    assert result is not None, chunks
    wrap = (len(order) - count) // 2
    video = result[None, :, wrap : wrap + count]
    floats = pipeline.video_processor.postprocess_video(video=video, output_type="np")[0]
    return np.asarray((floats * 255).round(), np.uint8)


def _plan(count: int, chunk: int, *, closed: bool) -> tuple[list[int], list[tuple[int, int]]]:
    """Return which latents are decoded in a row, and the chunks of that row."""
    wrap = min(WRAP, count) if closed else 0
    order = [index % count for index in range(-wrap, count + wrap)]
    whole = chunk >= count
    return order, [(0, len(order))] if whole else find_chunks(len(order), chunk)
