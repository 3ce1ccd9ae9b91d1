"""Whose count stands still for a whole lease is dead; nobody else is."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from service.jobs.lease import Lease

LEASE = 5.0


class Clock:
    """A monotonic clock that a test winds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pair(database: sa.Engine, clock: Clock) -> tuple[Lease, Lease]:
    ours, other = (Lease(database, name, LEASE, clock) for name in ("ours", "other"))
    for lease in (ours, other):
        lease.sign_in("a test")
    return ours, other


def watch(ours: Lease, other: Lease | None, clock: Clock, seconds: int) -> list[int]:
    """Look once a second; return the seconds at which the other seemed dead."""
    dead = []
    for second in range(1, seconds + 1):
        clock.now += 1
        if other is not None:
            other.beat()
        if "other" in ours.dead(["other"]):
            dead.append(second)
    return dead


def test_who_beats_lives(pair: tuple[Lease, Lease], clock: Clock) -> None:
    assert watch(*pair, clock, 30) == []


def test_who_is_silent_for_a_lease_is_dead(pair: tuple[Lease, Lease], clock: Clock) -> None:
    ours, other = pair
    watch(ours, other, clock, 3)
    dead = watch(ours, None, clock, 10)
    assert dead
    assert LEASE <= dead[0] <= LEASE + 1


def test_who_signed_out_is_dead_at_once(pair: tuple[Lease, Lease], clock: Clock) -> None:
    ours, other = pair
    assert ours.dead(["other"]) == set()
    other.sign_out()
    assert ours.dead(["other"]) == {"other"}


def test_nobody_buries_itself(pair: tuple[Lease, Lease], clock: Clock) -> None:
    ours, _ = pair
    clock.now += 100
    ours.sign_out()
    assert "ours" not in ours.dead(["ours"])


def test_after_a_silence_of_one_s_own_others_have_time_to_count_again(
    pair: tuple[Lease, Lease], clock: Clock
) -> None:
    ours, other = pair
    watch(ours, other, clock, 3)
    clock.now += 600  # the database was away for everybody

    assert ours.dead(["other"]) == set()
    assert watch(ours, other, clock, 10) == []


def test_a_worker_that_was_buried_alive_comes_back(pair: tuple[Lease, Lease], clock: Clock) -> None:
    ours, other = pair
    ours.bury(["other"])
    other.beat()
    assert ours.dead(["other"]) == set()


def test_the_living_are_counted_and_the_silent_are_not(
    database: sa.Engine, pair: tuple[Lease, Lease], clock: Clock
) -> None:
    ours, other = pair
    onlooker = Lease(database, "nobody", LEASE, clock)
    assert onlooker.living() == 2, "at first sight everybody lives"
    for _ in range(int(LEASE) + 2):
        clock.now += 1
        ours.beat()
        alive = onlooker.living()
    assert alive == 1
    other.beat()
    assert onlooker.living() == 2
