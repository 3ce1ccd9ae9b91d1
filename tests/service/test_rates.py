"""Token buckets, by a clock that the test turns."""

from __future__ import annotations

import pytest

from service.errors import TooMany
from service.rates import MOST_CALLERS, Rates


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rates(clock: Clock) -> Rates:
    return Rates(clock)


def test_a_minutes_worth_comes_at_once_and_then_at_the_rate(rates: Rates, clock: Clock) -> None:
    for _ in range(6):
        rates.spend("a", 6)
    with pytest.raises(TooMany) as caught:
        rates.spend("a", 6)
    assert caught.value.wait == pytest.approx(10)
    clock.now += 9.9
    with pytest.raises(TooMany):
        rates.spend("a", 6)
    clock.now += 0.1
    rates.spend("a", 6)


def test_idle_hours_save_up_no_more_than_a_minute(rates: Rates, clock: Clock) -> None:
    rates.spend("a", 2)
    clock.now += 7200
    rates.spend("a", 2)
    rates.spend("a", 2)
    with pytest.raises(TooMany):
        rates.spend("a", 2)


def test_callers_do_not_share(rates: Rates) -> None:
    rates.spend("a", 1)
    rates.spend("b", 1)
    with pytest.raises(TooMany):
        rates.spend("a", 1)


def test_many_callers_take_bounded_memory(rates: Rates) -> None:
    for number in range(MOST_CALLERS + 5):
        rates.spend(str(number), 1)
    assert len(rates._buckets) <= MOST_CALLERS
