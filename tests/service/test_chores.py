"""A worker's chores go on whatever a round meets."""

from __future__ import annotations

import threading

import pytest

from pipelines.errors import InvalidInput
from service.chores import Chore


@pytest.mark.parametrize("error", [OSError("disk"), InvalidInput("odd"), KeyError("unforeseen")])
def test_an_error_ends_a_round_and_not_the_chore(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[int] = []
    third = threading.Event()

    def sweep() -> None:
        rounds.append(len(rounds))
        if len(rounds) == 3:
            third.set()
        raise error

    chore = Chore(0.01, sweep)
    chore.start()
    assert third.wait(10)
    chore.end()
    assert "sweep" in caplog.text
