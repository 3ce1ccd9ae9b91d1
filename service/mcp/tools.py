"""The tools: each a table's line and a function from its arguments to its answer."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipelines.context import Context, ProgressListener
from pipelines.documented import Documented
from service.client.connection import Connection, Job
from service.client.delivery import bring_home, require_success
from service.client.parcel import parcel
from service.errors import Conflict, NotFound
from service.inspecting import inspect_file
from service.jobs.nouns import LIVE, Kind
from service.mcp.arguments import (
    ExploreArguments,
    FetchArguments,
    InspectArguments,
    JobArguments,
    ListArguments,
    PromoteArguments,
    RenderArguments,
    WaitArguments,
)
from service.mcp.home import Home
from service.mcp.pictures import review
from service.mcp.summary import summary
from service.settings import Settings

LOOK_SECONDS = 0.3
"""Between two looks at a job that is waited for."""

NEXT_WAIT = "call wait with this job"


@dataclass(frozen=True)
class Answer:
    """What a tool returns.

    Attributes:
        document: a JSON object.
        pictures: captions and JPEG bytes.
    """

    document: Mapping[str, Any]
    pictures: list[tuple[str, bytes]] = field(default_factory=list)


@dataclass(frozen=True)
class Call:
    """One call's surroundings.

    Attributes:
        settings: of this machine.
        home: where the work is done.
        out: receives the files.
        heard: told the progress.
        cancel: set when nobody waits for the answer any more.
    """

    settings: Settings
    home: Home
    out: Path
    heard: ProgressListener
    cancel: threading.Event

    def connection(self) -> Connection:
        """Return a connection to the service."""
        return self.home.connection(self.cancel)

    def context(self) -> Context:
        """Return what a job in this process carries with it."""
        folder, machine = self.settings.require_data_dir(), self.settings.machine()
        return Context(folder, progress=self.heard, cancel=self.cancel, machine=machine)


@dataclass(frozen=True)
class Tool:
    """One tool; its description is what its function says about itself.

    Attributes:
        name: what it is called by.
        arguments: what it is told.
        do: what it does.
        reads_only: whether it leaves everything as it is.
    """

    name: str
    arguments: type[Documented]
    do: Callable[[Call, Any], Answer]
    reads_only: bool = False


def inspect(call: Call, told: InspectArguments) -> Answer:
    """Look at a still: size, sharpness, light, text, and advice on what makes a better loop."""
    return Answer(asdict(inspect_file(Path(told.still), None, call.context())))


def list_choices(call: Call, told: ListArguments) -> Answer:
    """List what there is to choose from: looks, cameras, formats, and the like."""
    with call.connection() as service:
        return Answer({told.what: service.get(f"/v1/{told.what}")["data"]})


def render(call: Call, told: RenderArguments) -> Answer:
    """Begin a loop: one still, a look, a camera move, a file for each format. Then call wait."""
    return _ordered(call, "render", told)


def explore(call: Call, told: ExploreArguments) -> Answer:
    """Begin drafts to choose from, every look with every camera. Then call wait and fetch."""
    return _ordered(call, "exploration", told)


def promote(call: Call, told: PromoteArguments) -> Answer:
    """Begin the final of a chosen draft: same recipe, path and framing at full quality."""
    document = told.model_dump(mode="json", exclude={"exploration"})
    route = f"{_home('exploration', told.exploration)}/promote"
    with call.connection() as service:
        return _begun(service.post(route, document, uuid.uuid4().hex))


def wait(call: Call, told: WaitArguments) -> Answer:
    """Wait until a job ends, or the seconds are over; say what was made and measured."""
    deadline = time.monotonic() + told.seconds
    with call.connection() as service:
        job = _found(service, told.job)
        while job["state"] in LIVE:
            at = job["progress"] or {"stage": job["state"], "done": 0, "total": 0}
            call.heard(at["stage"], at["done"], at["total"])
            if time.monotonic() >= deadline or call.cancel.wait(LOOK_SECONDS):
                return Answer(summary(job) | {"next": NEXT_WAIT})
            job = service.get(job["links"]["self"])
        require_success(job)
        return Answer(summary(job) | {"next": "call fetch with this job"})


def fetch(call: Call, told: FetchArguments) -> Answer:
    """Bring a job's files into a folder of this machine, and show pictures of them for review."""
    with call.connection() as service:
        job = _found(service, told.job)
        if job["state"] in LIVE:
            raise Conflict(f"the job is {job['state']}", allowed="succeeded", fix=NEXT_WAIT)
        require_success(job)
        folder = (call.out / job["id"] if told.folder is None else Path(told.folder)).absolute()
        paths = bring_home(service, job, folder, call.heard)
    files = [str(path) for path in paths]
    return Answer(summary(job) | {"files": files}, review(job["report"], folder))


def cancel(call: Call, told: JobArguments) -> Answer:
    """Stop a job that waits or runs; one that has ended stays as it is."""
    with call.connection() as service:
        job = _found(service, told.job)
        return Answer(
            summary(service.delete(job["links"]["self"]) if job["state"] in LIVE else job)
        )


TOOLS = {
    tool.name: tool
    for tool in (
        Tool("inspect", InspectArguments, inspect, reads_only=True),
        Tool("list", ListArguments, list_choices, reads_only=True),
        Tool("explore", ExploreArguments, explore),
        Tool("render", RenderArguments, render),
        Tool("promote", PromoteArguments, promote),
        Tool("wait", WaitArguments, wait, reads_only=True),
        Tool("fetch", FetchArguments, fetch),
        Tool("cancel", JobArguments, cancel),
    )
}
"""By name, in the order in which they are used."""


def _ordered(call: Call, kind: Kind, told: RenderArguments | ExploreArguments) -> Answer:
    recipe = told.model_dump(mode="json", exclude_none=True, exclude={"still"})
    key = uuid.uuid4().hex
    with call.connection() as service:
        if told.still is None:
            return _begun(service.post(f"/v1/{kind}s", recipe, key))
        return _begun(service.create(kind, *parcel(recipe, Path(told.still)), key))


def _begun(job: Job) -> Answer:
    return Answer(summary(job) | {"next": NEXT_WAIT})


def _found(service: Connection, job: str) -> Job:
    """Return a job of either kind."""
    try:
        return service.get(_home("render", job))
    except NotFound:
        return service.get(_home("exploration", job))


def _home(kind: Kind, job: str) -> str:
    return f"/v1/{kind}s/{quote(job, safe='')}"
