"""How soon does it answer? Start-up times, and which heavy modules each start loads."""

from __future__ import annotations

import subprocess
import sys
from statistics import median

from benchmarks import ours
from benchmarks.findings import Findings, Promise, Table
from benchmarks.measure import Job, interleaved, spread

HELP = "stillwave --help"
PYTHON = "python -c pass"
STARTS = {
    PYTHON: "pass",
    "import click": "import click",
    "import pipelines": "import pipelines",
    "from pipelines import render": "from pipelines import render",
    "import numpy, cv2, av": "import numpy, cv2, av",
}
HEAVY = ("numpy", "cv2", "av", "PIL", "pydantic", "rich", "onnxruntime", "rapidocr", "pillow_heif")


def run(repeats: int) -> Findings:
    """Measure the starts; they are short, so each round holds three of them."""
    jobs = [Job(HELP, [ours.PROGRAM, "--help"])]
    jobs += [Job(name, [sys.executable, "-c", code]) for name, code in STARTS.items()]
    samples = interleaved(jobs, 3 * repeats)
    loaded = {HELP: _loaded("from service.cli import cli")}
    loaded |= {name: _loaded(code) for name, code in STARTS.items()}
    rows = [
        (
            name,
            spread([sample.wall for sample in runs]),
            f"{max(sample.peak for sample in runs) / 1e6:.0f}",
            ", ".join(loaded[name]) or "none",
        )
        for name, runs in samples.items()
    ]
    header = ("what", "wall s", "peak MB", "heavy modules loaded")
    wall = median(sample.wall for sample in samples[HELP])
    return Findings([Table("Start-up", header, rows)], [Promise(HELP, 0.4, wall, " s")])


def _loaded(code: str) -> list[str]:
    """Return which of `HEAVY` a start has loaded."""
    probe = f"{code}\nimport sys\nprint(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    modules = set(said.stdout.split())
    return [name for name in HEAVY if name in modules]
