import datetime

import pytest

from pipelines.encode import FORMATS

ALL = sorted(FORMATS)


@pytest.mark.parametrize("name", ALL)
def test_every_limit_has_a_source_and_a_date(name: str) -> None:
    format = FORMATS[name]
    assert format.source.startswith("https://")
    assert datetime.date.fromisoformat(format.read_on) >= datetime.date(2026, 1, 1)


@pytest.mark.parametrize("name", ALL)
def test_what_we_make_lies_within_the_limits(name: str) -> None:
    format = FORMATS[name]
    low, high = format.limits.fps
    assert (low or 0) <= format.fps <= (high or 60)
    for side in format.size or (format.longest,):
        assert side % 2 == 0
        assert side <= (format.limits.side[1] or side)
