"""A job's stages, done one by one: the journey of `pipelines.render`, with a halt after each.

Runs in the worker's child. What a stage made stays in memory for the next one; what would be dear
to make again is also frozen into the storage, where a later attempt finds it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.context import Context
from pipelines.describe import Examination, describe, examine
from pipelines.explore import explore
from pipelines.media import Artifact, Delivery, Showing, Still
from pipelines.motion.choice import PARALLAX
from pipelines.pictures import save_jpeg, save_stills
from pipelines.prepare import Scene, dress, find_scene
from pipelines.render import REPORT, deliver, show
from pipelines.spec import RenderSpec, parse_spec
from pipelines.variants import vary
from service.jobs.freeze import freeze, thaw
from service.jobs.task import ANIMATE, DRAFTS, ENCODE, REPORTING, STILL, Outcome, Task
from service.storage.store import Storage, fetch

MEDIA_TYPES = {
    ".mp4": "video/mp4",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
}
"""Of every kind of file that a job makes."""


class Workshop:
    """Does stages, and remembers the last job's nouns."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._job = ""
        self._made: dict[str, Any] = {}

    def do(self, task: Task, folder: Path, context: Context) -> Outcome:
        """Do one stage in an empty folder of its own.

        Raises:
            StillwaveError: any of its kinds.
        """
        if task.render_id != self._job:
            self._job, self._made = task.render_id, {}
        spec = parse_spec(dict(task.recipe))
        context = replace(context, seed=spec.seed)
        bench = _Bench(task, spec, folder, context, self._storage, self._made)
        kept = _DOERS[task.stage.partition(":")[0]](bench)
        outcome: Outcome = {"kept": kept, "files": bench.store_files()}
        return outcome | {"timings": context.timings}


@dataclass(frozen=True)
class _Bench:
    """One stage's surroundings."""

    task: Task
    spec: RenderSpec
    folder: Path
    context: Context
    storage: Storage
    made: dict[str, Any]

    @property
    def index(self) -> int:
        """Which format the stage is about."""
        return int(self.task.stage.partition(":")[2])

    @property
    def source(self) -> bytes:
        """The still's bytes."""
        return b"".join(self.storage.read(self.task.source_id))

    def remember(self, noun: object, dear: bool = True) -> dict[str, object] | None:
        """Keep a stage's result in memory, and in the storage when it is dear."""
        self.made[self.task.stage] = noun
        if not dear:
            return None
        path = self.folder / ".kept.npz"
        freeze(noun, path)
        blob = self.storage.put_file(path)
        return {"sha256": blob.key, "size": blob.size}

    def recall(self, stage: str) -> Any:  # noqa: ANN401 - whatever the stage made
        """Return a former stage's result; None when it was kept nowhere."""
        kept = self.task.past[stage]["kept"]
        if stage not in self.made and kept is not None:
            copy = self.folder / ".past.npz"
            self.made[stage] = thaw(fetch(self.storage, kept["sha256"], copy))
            copy.unlink(missing_ok=True)
        return self.made.get(stage)

    def store_files(self) -> list[dict[str, object]]:
        """Move what lies in the folder into the storage."""
        found = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return [_stored(self.storage, path, self.folder) for path in found]

    def scene(self) -> tuple[Scene, Still]:
        """The first stage's result."""
        scene, still = self.recall(STILL)
        return scene, still

    def showing(self, index: int) -> Showing:
        """What a format shows; a cheap one is made again."""
        stage = f"{ANIMATE}:{index}"
        showing = self.recall(stage)
        if showing is None:
            _, still = self.scene()
            showing = self.made[stage] = show(
                self.spec, still, self.spec.formats[index], self.context
            )
        return showing


def _still(bench: _Bench) -> object:
    scene = find_scene(bench.spec, bench.source, bench.context)
    return bench.remember((scene, dress(scene, bench.spec, bench.context)))


def _animate(bench: _Bench) -> object:
    _, still = bench.scene()
    showing = show(bench.spec, still, bench.spec.formats[bench.index], bench.context)
    return bench.remember(showing, dear=showing.loop.clip.engine != PARALLAX)


def _encode(bench: _Bench) -> object:
    scene, still = bench.scene()
    showing, name = bench.showing(bench.index), bench.spec.formats[bench.index]
    with ThreadPoolExecutor(1) as beside:
        examined = None
        if bench.index == 0:
            saved = beside.submit(save_stills, bench.folder, still)
            examined = beside.submit(examine, bench.spec, scene, showing, bench.context)
            save_jpeg(bench.folder / "poster.jpg", showing.loop.clip.render(0))
        artifact = deliver(bench.spec, scene, showing, name, bench.folder, bench.context)
        found = None
        if examined is not None:
            saved.result()
            found = examined.result()
    return bench.remember((replace(artifact, path=Path(artifact.path.name)), found))


def _report(bench: _Bench) -> object:
    scene, still = bench.scene()
    deliveries, examined = [], None
    for index in range(len(bench.spec.formats)):
        artifact, found = _encoded(bench, index)
        deliveries.append(Delivery(artifact, bench.showing(index)))
        examined = examined or found
    assert examined is not None, "the first format is always examined"
    for outcome in bench.task.past.values():
        for stage, seconds in outcome["timings"].items():
            bench.context.timings[stage] = bench.context.timings.get(stage, 0.0) + seconds
    report = describe(bench.spec, scene, still, deliveries, examined, bench.context)
    (bench.folder / REPORT).write_text(report.to_json(), encoding="utf-8")
    return None


def _encoded(bench: _Bench, index: int) -> tuple[Artifact, Examination | None]:
    artifact, found = bench.recall(f"{ENCODE}:{index}")
    return artifact, found


def _drafts(bench: _Bench) -> object:
    options = bench.task.options
    variants = vary(bench.spec, options["looks"], options["cameras"], options["seeds"])
    explore(variants, bench.source, bench.folder, bench.context)
    return None


_DOERS: dict[str, Callable[[_Bench], Any]] = {
    STILL: _still,
    ANIMATE: _animate,
    ENCODE: _encode,
    REPORTING: _report,
    DRAFTS: _drafts,
}


def _stored(storage: Storage, path: Path, folder: Path) -> dict[str, object]:
    name = path.relative_to(folder).as_posix()
    blob = storage.put_file(path)
    kind = MEDIA_TYPES[path.suffix]
    return {"name": name, "sha256": blob.key, "size": blob.size, "content_type": kind}
