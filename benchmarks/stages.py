"""Where does the time of a reel go? The report's own timings, stage by stage."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import ours
from benchmarks.findings import Findings, Table
from benchmarks.measure import Job, Samples, apart, interleaved
from benchmarks.stills import draw_still

START_UP = "outside the stages (start-up, imports, writing)"


@dataclass
class _Ledger:
    """The timings of every measured run, by job and stage."""

    seconds: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def note(self, job: str, report: Path) -> None:
        """Read one report."""
        timings: dict[str, float] = json.loads(report.read_text())["timings"]
        kept = self.seconds.setdefault(job, {})
        for stage, seconds in timings.items():
            kept.setdefault(stage, []).append(seconds)


def run(repeats: int) -> Findings:
    """Measure a cached reel, a first one, and one with a look."""
    ledger = _Ledger()
    with tempfile.TemporaryDirectory(prefix="stillwave-bench-") as folder:
        samples = interleaved(_jobs(Path(folder), ledger), repeats)
    return Findings([_table(ledger, samples)])


def _jobs(folder: Path, ledger: _Ledger) -> list[Job]:
    photo = folder / "still.png"
    apart(draw_still, "astronaut", photo)
    warm, cold = (ours.fresh_data(folder / name) for name in ("warm", "cold"))

    def job(name: str, data: Path, *options: str, before: Callable[[], None] = lambda: None) -> Job:
        out = folder / f"{name} out"
        note = partial(ledger.note, name, out / "report.json")
        return Job(name, ours.render(photo, out, *options), ours.using(data), before, note)

    return [
        job("cached", warm, *ours.PLAIN),
        job("first time", cold, *ours.PLAIN, before=partial(ours.forget, cold)),
        job("cached, golden-hour", warm, "--look", "golden-hour"),
    ]


def _table(ledger: _Ledger, samples: Samples) -> Table:
    stages = list(dict.fromkeys(stage for kept in ledger.seconds.values() for stage in kept))
    medians = {
        name: {stage: median(seconds) for stage, seconds in kept.items()}
        for name, kept in ledger.seconds.items()
    }
    walls = {name: median(sample.wall for sample in runs) for name, runs in samples.items()}
    rows = [
        (stage, *(f"{medians[name].get(stage, 0.0):.2f}" for name in samples)) for stage in stages
    ]
    rest = (f"{walls[name] - sum(medians[name].values()):.2f}" for name in samples)
    rows += [(START_UP, *rest), ("whole process", *(f"{walls[name]:.2f}" for name in samples))]
    note = "Median seconds. The stage encode holds rendering too: frames stream into the encoder."
    return Table("Where the time of a reel goes: astronaut", ("stage", *samples), rows, note)
