"""The stage's door: names, ranges, cancellation, and a look added as one file."""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.context import Context
from pipelines.errors import Cancelled, OutOfRange, UnknownName
from pipelines.registry import Registry
from pipelines.still import looks, restyle
from pipelines.still.look import Look
from tests.pipelines.still.conftest import Shot


def test_still_says_how_it_was_made(shot: Shot, context: Context) -> None:
    still = restyle(
        shot.pixels, shot.subject, shot.depth, look="pastel", strength=0.5, context=context
    )
    assert (still.look, still.strength, still.engine) == ("pastel", 0.5, "grade")
    assert still.subject is shot.subject
    assert still.depth is shot.depth
    assert still.size == (200, 240)


def test_unknown_look_names_the_nearest(shot: Shot, context: Context) -> None:
    with pytest.raises(UnknownName, match="golden-hour"):
        shot.styled("goldenhour", context)


def test_unknown_engine(shot: Shot, context: Context) -> None:
    with pytest.raises(UnknownName, match="grade"):
        restyle(shot.pixels, shot.subject, shot.depth, engine="grad", context=context)


@pytest.mark.parametrize("strength", [-0.01, 1.01, math.nan])
def test_strength_out_of_range(strength: float, shot: Shot, context: Context) -> None:
    with pytest.raises(OutOfRange, match="strength"):
        shot.styled("natural", context, strength)


def test_cancelled_before_work(shot: Shot, context: Context) -> None:
    stopped = replace(context, cancel=threading.Event())
    stopped.cancel.set()
    with pytest.raises(Cancelled):
        shot.styled("natural", stopped)


def test_maps_of_another_size_are_refused(shot: Shot, context: Context) -> None:
    small = replace(shot.subject, mask=np.zeros((3, 3), np.float32))
    with pytest.raises(TypeError, match="subject mask"):
        restyle(shot.pixels, small, shot.depth, context=context)


ONE_MORE = """
from pipelines.still.look import Look
LOOK = Look("Negative", "A negative.", "negative", "", 0.3, lambda s: 1 - s.linear)
"""


def test_one_file_adds_a_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scratch_negative.py").write_text(ONE_MORE)
    monkeypatch.setattr(looks, "__path__", [*looks.__path__, str(tmp_path)])
    found: Registry[Look] = Registry("pipelines.still.looks", "LOOK", "look")
    assert found["scratch-negative"].title == "Negative"
    assert "golden-hour" in found
