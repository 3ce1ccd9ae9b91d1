from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from pipelines.arrays import Image
from pipelines.context import Context
from pipelines.errors import MissingExtra
from pipelines.protect import find_text, text


def label(words: str) -> Image:
    picture = PillowImage.new("RGB", (460, 400), (238, 232, 220))
    ImageDraw.Draw(picture).text((40, 160), words, (40, 30, 30), ImageFont.load_default(56))
    return np.array(picture)


def test_drawn_text_is_read_where_it_stands(
    context: Context, capfd: pytest.CaptureFixture[str]
) -> None:
    (box,) = find_text(label("FRESH ROAST"), context, "label")
    assert box.text.replace(" ", "") == "FRESHROAST"
    assert box.score >= 0.6
    corners = np.array(box.polygon)
    drawn = ImageFont.load_default(56).getbbox("FRESH ROAST")
    left, top, right, bottom = (40 + drawn[0], 160 + drawn[1], 40 + drawn[2], 160 + drawn[3])
    assert corners.min(axis=0) == pytest.approx((left, top), abs=20)
    assert corners.max(axis=0) == pytest.approx((right, bottom), abs=20)
    assert capfd.readouterr() == ("", "")


def test_what_was_read_is_kept_by_its_key(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = find_text(label("OAT MILK"), context, "kept")
    monkeypatch.setattr(text, "_reader", lambda: pytest.fail("read again"))
    assert find_text(label("OAT MILK"), context, "kept") == first
    assert first


def test_a_still_without_words_gives_none(context: Context, samples: Path) -> None:
    coffee = np.array(PillowImage.open(samples / "coffee.jpg"))
    assert find_text(coffee, context, "coffee") == ()


def test_a_missing_reader_is_one_sentence(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    text._reader.cache_clear()
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    with pytest.raises(MissingExtra, match="pip install"):
        find_text(label("OAT MILK"), context, "missing")
    text._reader.cache_clear()
