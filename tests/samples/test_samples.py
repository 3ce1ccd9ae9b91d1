"""The samples are what their table says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

STILLS = ("coffee.jpg", "serum.jpg", "tin.jpg", "shoebox.jpg", "candle.png")


@pytest.mark.parametrize("name", STILLS)
def test_still_is_in_the_table_with_its_size_and_licence(samples: Path, name: str) -> None:
    rows = [
        line for line in (samples / "README.md").read_text().splitlines() if f"| `{name}` |" in line
    ]
    assert len(rows) == 1
    with Image.open(samples / name) as still:
        assert f"| {still.width}×{still.height} |" in rows[0]
    assert "CC0" in rows[0] or "Apache-2.0" in rows[0]


def test_every_still_is_listed(samples: Path) -> None:
    found = {path.name for path in samples.iterdir() if path.suffix in {".jpg", ".png"}}
    assert found == set(STILLS)


@pytest.mark.parametrize("name", STILLS)
def test_still_is_small_enough_to_keep(samples: Path, name: str) -> None:
    assert (samples / name).stat().st_size < 600_000


def test_cut_out_has_a_soft_edge_and_clear_corners(samples: Path) -> None:
    with Image.open(samples / "candle.png") as still:
        alpha = np.asarray(still.getchannel("A"))
    assert alpha[0, 0] == alpha[-1, -1] == 0
    assert 0.2 < (alpha == 255).mean() < 0.8
    assert 0 < ((alpha > 0) & (alpha < 255)).mean() < 0.02
