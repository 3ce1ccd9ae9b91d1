"""The contact sheet and the page on which all drafts play."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from pipelines.media import Artifact, Seam
from pipelines.report import DraftReport, Tile, draw_sheet, write_player


def tile(name: str, level: int, title: str = "winter · orbit · seed 0") -> Tile:
    return Tile(name, title, [np.full((64, 36, 3), level, np.uint8)] * 4)


def draft(name: str, folder: Path, title: str) -> DraftReport:
    artifact = Artifact(
        "web-loop", folder / f"{name}.mp4", 36, 64, 12.0, 6, 0.5, 3, Seam(1.0, 0.1), 2.0
    )
    return DraftReport.of(tile(name, 9, title), artifact, {"look": {"name": title}})


@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_every_draft_is_on_the_sheet(count: int) -> None:
    levels = [100 + 10 * index for index in range(count)]
    sheet = draw_sheet([tile(f"{level}", level) for level in levels])
    flat = sheet[(sheet == sheet[..., :1]).all(axis=-1)][:, 0]
    areas = np.bincount(flat, minlength=256)
    assert all(areas[level] > 10_000 for level in levels)


def test_a_long_title_stays_inside_its_cell() -> None:
    short = draw_sheet([tile("01", 200, "a")])
    long = draw_sheet([tile("01", 200, "golden-hour · orbit 6 + push-in 0.08 + rise · seed 12345")])
    assert short.shape == long.shape


def test_the_page_holds_everything_and_cannot_be_broken_out_of(tmp_path: Path) -> None:
    (tmp_path / "01.mp4").write_bytes(b"abc")
    page = tmp_path / "index.html"
    title = "</script><script>alert(1)</script>"
    write_player(page, [tile("01", 9, title)], [draft("01", tmp_path, title)])
    text = page.read_text(encoding="utf-8")
    assert text.count("</script>") == 1
    found = re.search(r"const drafts = (.*);\n", text)
    assert found is not None
    (entry,) = json.loads(found[1])
    assert entry["video"] == "data:video/mp4;base64,YWJj"
    assert entry["title"] == title
    assert entry["poster"].startswith("data:image/jpeg;base64,")
    assert not re.search(r"(src|href)=[\"']?http", text)
