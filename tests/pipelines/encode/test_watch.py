"""What is measured while a video is coded is what a decoder finds in the file afterwards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipelines.context import Context
from pipelines.encode import encode_loop
from pipelines.encode.probe import probe
from pipelines.encode.readback import Gauge, grey_frames, measure_file
from pipelines.media import Loop
from tests.oracles import circle, moving_clip

COUNT = 24
LOOP = Loop(moving_clip(96, 64, COUNT, circle(5), fps=24), "closed")


@pytest.mark.parametrize("name", ["tiktok", "master"])
def test_the_report_says_what_the_file_shows(name: str, context: Context, tmp_path: Path) -> None:
    path = tmp_path / "loop.mp4"
    artifact = encode_loop(LOOP, name, path, repeats=1, context=context)
    seam, flow = measure_file(path, probe(path))
    assert artifact.seam == seam
    assert artifact.mean_flow_percent_per_second == pytest.approx(flow)


def test_the_frames_are_the_decoders_to_the_bit(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[int, np.ndarray] = {}
    take = Gauge.take

    def spy(gauge: Gauge, index: int, plane: np.ndarray) -> None:
        kept[index] = plane
        take(gauge, index, plane)

    monkeypatch.setattr(Gauge, "take", spy)
    path = tmp_path / "loop.mp4"
    encode_loop(LOOP, "tiktok", path, repeats=1, context=context)
    decoded = grey_frames(path, probe(path), set(range(COUNT)))
    assert {0, 1, COUNT - 2, COUNT - 1} <= set(kept)
    assert all(np.array_equal(kept[index], decoded[index]) for index in kept)
