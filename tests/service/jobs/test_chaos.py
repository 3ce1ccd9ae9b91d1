"""Some jobs under fire, on both databases: every one ends right, and once, and nothing is left.

More jobs and more killings: ``python -m benchmarks.faults.kills``.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks.faults.kills import Leftovers, collect, service, under_fire
from tests.service.jobs.postgres import needs_postgres

JOBS = 6


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=needs_postgres)])
def test_every_job_ends_right_and_once(database: str, tmp_path: Path) -> None:
    chance = random.Random(database)
    kills = ["worker", "hand", "api", "all"]
    chance.shuffle(kills)
    with service(database, tmp_path / "data", workers=2) as (home, settings):
        toll = under_fire(home, JOBS, kills, chance)
        collect(home, settings, toll)

    assert toll.states == {"succeeded": JOBS}
    assert (toll.wrong, toll.told_twice, toll.scratch) == (0, 0, 0)
    assert sorted(toll.listed) == sorted(str(job["id"]) for job in toll.ended)
    assert toll.swept == Leftovers(blobs=0, partial=0, missing=0)
    assert toll.kills.total() == len(kills)
