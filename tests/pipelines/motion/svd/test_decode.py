"""Decoding in chunks: as good as decoding all at once, without a trace of the borders."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipelines.motion.svd.decode import chunk_number, decode, find_chunks, find_shares
from pipelines.motion.svd.pipeline import DirectedPipeline

Floats = NDArray[np.floating]

COUNT = 16


@pytest.fixture(scope="module")
def latents() -> torch.Tensor:
    """Latents that drift slowly, as those of a clip do."""
    generator = torch.Generator().manual_seed(5)
    ends = torch.randn(2, 4, 8, 8, generator=generator)
    share = torch.linspace(0, 1, COUNT).reshape(COUNT, 1, 1, 1)
    return torch.lerp(ends[:1], ends[1:], share)[None] * 1.5


@given(count=st.integers(1, 60), chunk=st.integers(1, 70))
def test_chunks_cover_every_frame_once_in_sum(count: int, chunk: int) -> None:
    chunks = find_chunks(count, chunk)
    total = np.zeros(count)
    for (start, stop), share in zip(chunks, find_shares(count, chunks), strict=True):
        assert stop - start == min(chunk, count)
        total[start:stop] += share
    np.testing.assert_allclose(total, 1, rtol=1e-5)


@given(count=st.integers(12, 60), chunk=st.integers(12, 40))
def test_neighbouring_chunks_share_six_frames_at_least(count: int, chunk: int) -> None:
    chunks = find_chunks(count, chunk)
    assert all(left[1] - right[0] >= 6 for left, right in pairwise(chunks))


def test_a_chunks_border_frames_hardly_count() -> None:
    left, right = find_shares(12, find_chunks(12, 8))
    assert left[7] < 0.05
    assert right[0] < 0.05
    assert left[0] == right[-1] == 1  # the clip's own ends are no borders


@pytest.fixture
def three(pipeline: DirectedPipeline, latents: torch.Tensor) -> tuple[Floats, Floats, Floats]:
    """Frames decoded at once, in our chunks of ten, and in the stock pipeline's."""
    with torch.no_grad():
        tensor = pipeline.decode_latents(latents, COUNT, 10)
    stock = pipeline.video_processor.postprocess_video(tensor, output_type="np")[0] * 255
    whole, ours = (
        decode(pipeline, latents, chunk, lambda: None, closed=False).astype(float)
        for chunk in (COUNT, 10)
    )
    return whole, ours, stock


def test_overlapping_chunks_come_near_to_the_whole(three: tuple[Floats, Floats, Floats]) -> None:
    whole, ours, stock = three
    assert np.abs(ours - whole).mean() < np.abs(stock - whole).mean() / 3
    assert np.abs(ours - whole).mean() < 1.5


def test_no_border_shows_as_a_jump(three: tuple[Floats, Floats, Floats]) -> None:
    """The stock pipeline's second chunk begins at frame 10; ours leave no such step."""
    whole, ours, stock = (np.abs(np.diff(frames, axis=0)).mean((1, 2, 3)) for frames in three)
    assert (stock / whole).max() > 4
    assert (ours / whole).max() < 1.35


@pytest.mark.parametrize("chunk", [1, 6, 12, 20])
@pytest.mark.parametrize("closed", [False, True])
def test_as_many_chunks_as_foretold(
    pipeline: DirectedPipeline, latents: torch.Tensor, chunk: int, closed: bool
) -> None:
    decoded: list[int] = []
    frames = decode(pipeline, latents[:, :7], chunk, lambda: decoded.append(1), closed=closed)
    assert len(decoded) == chunk_number(7, chunk, closed=closed)
    assert frames.shape == (7, 32, 32, 3)
    assert frames.dtype == np.uint8
