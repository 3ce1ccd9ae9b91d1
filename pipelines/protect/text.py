"""Words on the product: where they are and what they say."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from pipelines.arrays import Image
from pipelines.cache import Arrays, cached
from pipelines.context import Context
from pipelines.errors import MissingExtra
from pipelines.models import default_threads

if TYPE_CHECKING:
    from rapidocr import RapidOCR

METHOD = "pp-ocr-v6-small/1280/1"
"""Part of every cache key: change it whenever results would."""

MIN_SCORE = 0.6
"""Below this the reader sees letters in tableware and foliage."""

MAX_SIDE = 1280
"""Pixels the reader looks at: letters too small for it are too small for a phone as well."""

_READER = threading.Lock()


@dataclass(frozen=True)
class TextBox:
    """One line of text in a still.

    Attributes:
        text: as read.
        score: the reader's confidence, 0..1.
        polygon: four corners (x, y) in pixels, clockwise from the text's own top left.
    """

    text: str
    score: float
    polygon: tuple[tuple[float, float], ...]


def find_text(image: Image, context: Context, key: str) -> tuple[TextBox, ...]:
    """Return the lines of text in ``image``, top to bottom (PP-OCRv6, Apache-2.0).

    Args:
        image: (height, width, 3) uint8 sRGB.
        context: its cache folder keeps what was read.
        key: names the picture's content, e.g. its source's sha256.

    Raises:
        MissingExtra: the reader is not installed.
    """
    stored = cached(context.cache_dir, ("text", METHOD, key), lambda: _read(image))
    rows = zip(stored["texts"], stored["scores"], stored["polygons"], strict=True)
    return tuple(
        TextBox(str(text), float(score), tuple((float(x), float(y)) for x, y in polygon))
        for text, score, polygon in rows
        if _is_words(str(text))
    )


def _is_words(text: str) -> bool:
    """Whether it is more than one letter or digit: a saucer reads as a sure 0."""
    return sum(character.isalnum() for character in text) > 1


def _read(image: Image) -> Arrays:
    reader = _reader()
    from rapidocr.utils.output import RapidOCROutput

    with _READER:  # the reader keeps the options of its last call in itself
        found = reader(np.ascontiguousarray(image[:, :, ::-1]), text_score=MIN_SCORE)
    if not isinstance(found, RapidOCROutput) or not found.txts:
        return {"texts": np.array([], "U1"), "scores": np.zeros(0), "polygons": np.zeros((0, 4, 2))}
    return {
        "texts": np.array(found.txts),
        "scores": np.array(found.scores, np.float64),
        "polygons": np.array(found.boxes, np.float64),
    }


@cache
def _reader() -> RapidOCR:
    try:
        from rapidocr import RapidOCR
    except ImportError as error:
        raise MissingExtra("reading the text on a still", "all") from error
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.max_side_len": MAX_SIDE,
            "EngineConfig.onnxruntime.intra_op_num_threads": default_threads(),
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
