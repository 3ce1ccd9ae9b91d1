"""Looks that draw round the product say how far, and the still carries it."""

from __future__ import annotations

import pytest

from pipelines.context import Context
from pipelines.still import LOOKS, restyle
from tests.stills import disc, make_still, textured


@pytest.mark.parametrize("strength", [0.0, 1.0])
@pytest.mark.parametrize("look", ["anime", "ink-sketch", "oil", "watercolor", "natural"])
def test_a_still_carries_its_looks_outline(look: str, strength: float, context: Context) -> None:
    plain = make_still(textured(120, 150), disc(120, 150, 60, 80, 25))
    still = restyle(
        plain.pixels, plain.subject, plain.depth, look=look, strength=strength, context=context
    )
    assert still.outline == (LOOKS[look].outline if strength else 0)
    assert (LOOKS[look].outline > 0) is (look != "natural")
