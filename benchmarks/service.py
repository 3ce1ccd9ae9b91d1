"""What does the service add? Accepting, starting, a draft's way through it, memory, listeners.

A real ``stillwave serve`` on loopback, with its worker, in a data folder of its own.
"""

from __future__ import annotations

import io
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.findings import Findings, Promise, Table
from benchmarks.listeners import Held, hold
from benchmarks.measure import apart, progress, spread
from benchmarks.passage import Passage, pass_drafts
from benchmarks.serving import FORM, Service, form, serving

CLIENTS, EACH = 20, 10
LISTENERS = 500

QUICK = {"quality": "draft", "formats": ["web-loop"], "seconds": 1, "camera": "orbit"}
"""The render that is only to be accepted."""

IMPORT = (
    "import time; start = time.perf_counter(); import service.app, sys; "
    "print(time.perf_counter() - start, 'torch' in sys.modules)"
)


@dataclass(frozen=True)
class Burst:
    """Many renders sent at once: seconds until each was accepted, and how many were not."""

    seconds: Sequence[float]
    errors: int


def run(repeats: int) -> Findings:
    """Measure everything, round by round."""
    with tempfile.TemporaryDirectory(prefix="stillwave-bench-") as name:
        folder = Path(name)
        rounds = [_accept(folder / f"accept-{turn}") for turn in range(repeats)]
        passages = pass_drafts(folder, 3 * repeats)
        weights, held = _weigh(folder / "weigh")
    imports, torch = _imports(repeats)
    tables = [
        _accept_table(rounds),
        _passage_table(passages),
        Table(
            "What the HTTP process of the service weighs",
            ("after", "resident MB"),
            [(what, f"{size:.0f}") for what, size in weights.items()],
        ),
        _rest_table(held, imports, torch),
    ]
    return Findings(tables, _promises(rounds, passages, weights, held, imports))


def _accept(data: Path) -> tuple[Burst, Burst]:
    """Return a burst of variants, each client's of its own still, and one of nothing but stills."""
    data.mkdir()
    with serving(data) as service:
        _burst(service, _stills(CLIENTS, 50), 1)  # warm-up
        variants = _burst(service, _stills(CLIENTS, 200), EACH)
        stills = _burst(service, _stills(CLIENTS * EACH, 300), EACH)
    progress(
        f"accepted: p95 {_p95(variants.seconds):.3f} s, of stills {_p95(stills.seconds):.3f} s"
    )
    return variants, stills


def _burst(service: Service, stills: Sequence[bytes], each: int) -> Burst:
    def client(number: int) -> list[tuple[float, int]]:
        connection = service.connect()
        mine = stills[number::CLIENTS]
        bodies = [form(mine[turn % len(mine)], QUICK | {"seed": turn}) for turn in range(each)]
        found = []
        for body in bodies:
            start = time.perf_counter()
            connection.request("POST", "/v1/renders", body, FORM)
            answer = connection.getresponse()
            answer.read()
            found.append((time.perf_counter() - start, answer.status))
        connection.close()
        return found

    with ThreadPoolExecutor(CLIENTS) as clients:
        found = [one for some in clients.map(client, range(CLIENTS)) for one in some]
    return Burst([seconds for seconds, _ in found], sum(status != 202 for _, status in found))


def _stills(count: int, first: int) -> list[bytes]:
    """Return as many small photos, none like another, the same ones each time."""
    import skimage.data
    from PIL import Image

    photo = Image.fromarray(skimage.data.coffee())
    stills = []
    for number in range(first, first + count):
        file = io.BytesIO()
        photo.resize((number, 400)).save(file, "JPEG", quality=90)
        stills.append(file.getvalue())
    return stills


def _weigh(data: Path) -> tuple[dict[str, float], Held]:
    """Return what the HTTP process holds after each kind of work, and while many listen."""
    data.mkdir()
    with serving(data, "--workers", "0", heartbeat_seconds="5") as service:
        sizes = {"its start": service.resident()}
        _burst(service, _stills(CLIENTS * EACH, 300), EACH)
        sizes["200 renders from 20 clients"] = service.resident()
        for kind, still in apart(_large_stills).items():
            service.upload(still)
            sizes[f"a {kind} of 61 megapixels, {len(still) / 1e6:.0f} MB"] = service.resident()
        sizes["all of that, at its highest"] = service.resident("VmHWM")
        render = service.ask("GET", "/v1/renders?limit=1")["data"][0]["id"]
        held = hold(
            service, render, LISTENERS, lambda: service.ask("DELETE", f"/v1/renders/{render}")
        )
        sizes[f"{LISTENERS} listeners came, while they listen"] = held.resident
    return sizes, held


def _large_stills() -> dict[str, bytes]:
    """Return photos close to the limits of what is taken, as JPEG and as PNG."""
    import skimage.data
    from PIL import Image

    photo = Image.fromarray(skimage.data.astronaut()).resize((7800, 7800), Image.Resampling.BICUBIC)
    found = {}
    for kind, options in (("JPEG", {"quality": 97}), ("PNG", {"compress_level": 1})):
        file = io.BytesIO()
        photo.save(file, kind, **options)
        found[kind] = file.getvalue()
    return found


def _imports(repeats: int) -> tuple[list[float], str]:
    """Return seconds that importing the application takes, and whether that loads torch."""
    command = [sys.executable, "-c", IMPORT]
    said = [
        subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        for _ in range(1 + repeats)
    ][1:]
    return [float(seconds) for seconds, _ in said], "yes" if said[0][1] == "True" else "no"


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def _accept_table(rounds: Sequence[tuple[Burst, Burst]]) -> Table:
    kinds = {"each client a still of its own, ten variants": 0, "every render a new still": 1}
    rows = []
    for name, index in kinds.items():
        bursts = [each[index] for each in rounds]
        figures = (median, _p95, max)
        cells = (spread([1e3 * f(burst.seconds) for burst in bursts], 0) for f in figures)
        rows.append((name, *cells, str(sum(burst.errors for burst in bursts))))
    return Table(
        f"The service accepts {CLIENTS * EACH} renders from {CLIENTS} clients, its worker at work",
        ("what", "p50 ms", "p95 ms", "longest ms", "errors"),
        rows,
        "Upload included; median and range of the rounds. The limit on requests is lifted.",
    )


def _passage_table(passages: Sequence[Passage]) -> Table:
    columns = {
        "made by the library, warm": [each.own for each in passages],
        "through the service, by its record": [each.wall for each in passages],
        "through the service, as its client sees it": [each.seen for each in passages],
        "of that, until a worker starts": [each.start for each in passages],
    }
    own = columns["made by the library, warm"]
    rows = [
        (
            what,
            spread(values, 3),
            f"{min(values):.3f}",
            f"{_p95(values):.3f}",
            spread([one / other for one, other in zip(values, own, strict=True)]),
        )
        for what, values in columns.items()
    ]
    return Table(
        "A draft through an idle service: astronaut, mask and depth cached",
        ("what", "s", "least s", "p95 s", "÷ by the library"),
        rows,
        "Medians with ranges; the ratio is taken round by round.",
    )


def _rest_table(held: Held, imports: Sequence[float], torch: str) -> Table:
    rows = [
        (f"idle listeners that heard a heartbeat, of {LISTENERS}", f"{held.beaten}"),
        (f"listeners that heard the event, of {LISTENERS}", f"{held.told}"),
        ("from a request to cancel until all heard of it", f"{held.late:.2f} s"),
        ("import service.app", f"{spread(imports)} s"),
        ("that loads torch", torch),
    ]
    return Table("The service's listeners, and its start", ("what", "measured"), rows)


def _promises(
    rounds: Sequence[tuple[Burst, Burst]],
    passages: Sequence[Passage],
    weights: dict[str, float],
    held: Held,
    imports: Sequence[float],
) -> list[Promise]:
    accepted = median(1e3 * _p95(variants.seconds) for variants, _ in rounds)
    errors = sum(burst.errors for both in rounds for burst in both)
    overhead = median(each.wall / each.own for each in passages)
    start = 1e3 * _p95([each.start for each in passages])
    return [
        Promise("service: a render is accepted, p95", 150, accepted, " ms"),
        Promise("service: renders refused", 0, errors),
        Promise("service: from accepted to started, p95", 500, start, " ms"),
        Promise("service: a draft through it, ÷ by the library", 1.1, overhead),
        Promise("service: memory of its HTTP process", 150, max(weights.values()), " MB"),
        Promise(f"service: listeners lost, of {LISTENERS}", 0, LISTENERS - held.told),
        Promise("import service.app", 1.5, median(imports), " s"),
    ]
