"""A job's stages, done one by one: the journey of `pipelines.render`, with a halt after each.

Runs in the worker's child. What a stage made stays in memory for the next one; what would be dear
to make again is also frozen into the storage, where a later attempt finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import BadZipFile

from pipelines.context import Context
from pipelines.describe import Examination, describe, examine
from pipelines.explore import explore
from pipelines.media import Artifact, Delivery, Showing, Still
from pipelines.motion.choice import PARALLAX
from pipelines.prepare import Scene, dress, find_scene
from pipelines.render import REPORT, deliver, deliver_first, save_pictures, show
from pipelines.source import decode
from pipelines.spec import RenderSpec, parse_spec
from pipelines.variants import vary
from service.jobs.freeze import freeze, tell, thaw, understand
from service.jobs.recipe_files import ids_in, lay_out, name_of
from service.jobs.request import GPU_ENGINES
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

FILES_AT_A_TIME = 8
"""That are written to the storage."""


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
        with self._inputs(task, folder.parent) as files:
            context = replace(context, seed=spec.seed, files=files)
            bench = _Bench(task, spec, folder, context, self._storage, self._made)
            result = _DOERS[task.stage.partition(":")[0]](bench)
        stored = [*result.pop("stored", ()), *bench.store_files()]
        outcome: Outcome = {"kept": None, "told": None, "files": stored}
        return outcome | result | {"timings": context.timings}

    @contextmanager
    def _inputs(self, task: Task, scratch: Path) -> Iterator[Mapping[str, Path]]:
        """Lay out the files that a recipe names beside its still: name → file."""
        ids = ids_in(task.recipe)
        with TemporaryDirectory(dir=scratch) if ids else nullcontext(scratch) as room:
            files = lay_out(self._storage, ids, Path(room))
            yield {name_of(ids[role]): path for role, path in files.items()}


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

    def keep(self, noun: object) -> Outcome:
        """Keep what a stage made in the storage, for whoever takes the job over."""
        path = self.folder / ".kept.npz"
        freeze(noun, path)
        blob = self.storage.put_file(path, durable=False)
        return {"kept": {"sha256": blob.key, "size": blob.size}}

    def recall(self, stage: str) -> Any:  # noqa: ANN401 - whatever the stage made
        """Return a former stage's result; None when it was not kept, or a power cut took it."""
        past = self.task.past[stage]
        if stage not in self.made and past.get("told") is not None:
            self.made[stage] = understand(past["told"])
        if stage not in self.made and past["kept"] is not None:
            copy = self.folder / ".past.npz"
            with suppress(KeyError, ValueError, OSError, EOFError, BadZipFile):
                self.made[stage] = thaw(fetch(self.storage, past["kept"]["sha256"], copy))
            copy.unlink(missing_ok=True)
        return self.made.get(stage)

    def store_files(self, *suffixes: str) -> list[dict[str, object]]:
        """Move what lies in the folder into the storage, several at a time: each waits for it.

        Args:
            suffixes: of those to move; none stands for all.
        """
        found = sorted(path for path in self.folder.rglob("*") if path.is_file())
        found = [path for path in found if not suffixes or path.suffix in suffixes]
        with ThreadPoolExecutor(FILES_AT_A_TIME) as beside:
            return list(beside.map(lambda path: _stored(self.storage, path, self.folder), found))

    def make_scene(self) -> tuple[Scene, Still]:
        """Do the first stage's work."""
        scene = find_scene(self.spec, self.source, self.context)
        made = self.made[STILL] = scene, dress(scene, self.spec, self.context)
        return made

    def scene(self) -> tuple[Scene, Still]:
        """The first stage's result; the source, which lies in the storage, is not kept twice."""
        if self.recall(STILL) is None:
            return self.make_scene()
        scene, still = self.made[STILL]
        if scene.source.pixels.size == 0:
            scene = replace(scene, source=decode(self.source))
            self.made[STILL] = scene, still
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


def _still(bench: _Bench) -> Outcome:
    scene, still = bench.make_scene()
    if still.paper is not None or _is_quick(bench.spec):  # paper is drawn, and cannot be kept
        return {}
    bare = replace(scene.source, pixels=scene.source.pixels[:0])
    return bench.keep((replace(scene, source=bare), still))


def _is_quick(spec: RenderSpec) -> bool:
    """Whether the still is made sooner than it is kept and read."""
    return spec.quality == "draft" and not {spec.look.engine, spec.motion.engine} & GPU_ENGINES


def _animate(bench: _Bench) -> Outcome:
    _, still = bench.scene()
    showing = show(bench.spec, still, bench.spec.formats[bench.index], bench.context)
    bench.made[bench.task.stage] = showing
    return {} if showing.loop.clip.engine == PARALLAX else bench.keep(showing)


def _encode(bench: _Bench) -> Outcome:
    scene, still = bench.scene()
    showing = bench.showing(bench.index)
    found: Examination | None = None
    stored: list[dict[str, object]] = []
    if bench.index == 0:
        accompany = partial(_accompany, bench, scene, still, showing)
        artifact, (found, stored) = deliver_first(
            bench.spec, scene, showing, bench.folder, bench.context, accompany
        )
    else:
        name = bench.spec.formats[bench.index]
        artifact = deliver(bench.spec, scene, showing, name, bench.folder, bench.context)
    made = bench.made[bench.task.stage] = (replace(artifact, path=Path(artifact.path.name)), found)
    return {"told": tell(made), "stored": stored}


def _accompany(
    bench: _Bench, scene: Scene, still: Still, showing: Showing
) -> tuple[Examination, list[dict[str, object]]]:
    """Make the pictures of a job and look at the first format, while that is encoded."""
    save_pictures(bench.spec, scene, still, showing, bench.folder)
    stored = bench.store_files(".png", ".jpg")
    return examine(bench.spec, scene, showing, bench.context), stored


def _report(bench: _Bench) -> Outcome:
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
    return {}


def _encoded(bench: _Bench, index: int) -> tuple[Artifact, Examination | None]:
    artifact, found = bench.recall(f"{ENCODE}:{index}")
    return artifact, found


def _drafts(bench: _Bench) -> Outcome:
    options = bench.task.options
    variants = vary(bench.spec, options["looks"], options["cameras"], options["seeds"])
    explore(variants, bench.source, bench.folder, bench.context)
    return {}


_DOERS: dict[str, Callable[[_Bench], Outcome]] = {
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
