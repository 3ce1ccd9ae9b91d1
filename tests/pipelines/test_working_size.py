"""The size a still is worked on at: reduced only where a look would cost for nothing."""

from __future__ import annotations

import pytest

from pipelines.prepare import DRAFT_SIDE, FINAL_SIDE, working_side
from pipelines.source.limits import MAX_SIDE
from pipelines.spec import parse_spec


@pytest.mark.parametrize(
    ("recipe", "side"),
    [
        ({"look": "winter", "quality": "draft"}, DRAFT_SIDE),
        ({"look": "winter", "formats": "instagram-reel"}, FINAL_SIDE),
        ({"look": "winter", "formats": "master"}, 3840),
    ],
)
def test_a_look_is_graded_at_the_size_that_can_be_seen(
    recipe: dict[str, object], side: int
) -> None:
    assert working_side(parse_spec(recipe)) == side


def test_without_a_look_no_still_is_reduced() -> None:
    spec = parse_spec({"look": {"name": "natural", "strength": 0}, "formats": "instagram-reel"})
    assert working_side(spec) > MAX_SIDE
