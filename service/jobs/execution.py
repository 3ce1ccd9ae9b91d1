"""One job in one worker: its stages in order, attempt after attempt until it has ended.

Each stage is a step of the durable queue: what a step returned is remembered, so that whoever takes
the job over goes on behind it. Steps never raise; what went wrong is written into the job's record.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import sqlalchemy as sa

from pipelines.context import ProgressListener
from service.errors import OutOfService
from service.jobs import records, states
from service.jobs.crew import Crew, Died, Hand, Late, Order, Stopped
from service.jobs.database import patiently
from service.jobs.nouns import LIVE, Delivered, Progress, Render
from service.jobs.task import Outcome, Task, stages_of
from service.settings import Settings
from service.storage.store import Storage
from service.tracing import stage_span

if TYPE_CHECKING:
    from service.jobs.queue import Step

T = TypeVar("T")

LOG = logging.getLogger("stillwave.worker")

PROGRESS_SECONDS = 0.5
"""Progress is written at most so often, and when a stage begins."""

PAUSES = (0.5, 2.0, 5.0)
"""Seconds before another attempt, after one, two and more crashes."""

AGAIN, ENDED, DONE = "again", "ended", "done"


@dataclass(frozen=True)
class Bench:
    """What the executions of one worker share.

    Attributes:
        engine: for what must not be lost: an attempt's number, which nobody else may have too,
            and how a job ended.
        quick: for what is only done again: how far it came.
    """

    engine: sa.Engine
    quick: sa.Engine
    storage: Storage
    settings: Settings
    crew: Crew
    running: dict[str, Execution] = field(default_factory=dict)
    closing: threading.Event = field(default_factory=threading.Event)

    def change(self, work: Callable[[sa.Connection], T], *, final: bool = False) -> T:
        """Do ``work`` in a transaction, with patience for a database that is away."""

        def once() -> T:
            with (self.engine if final else self.quick).begin() as connection:
                return work(connection)

        return patiently(once)

    def work(self, render_id: str, step: Step[Any]) -> None:
        """Run a job: what the queue calls."""
        execution = Execution(self, render_id)
        self.running[render_id] = execution
        try:
            execution.run(step)
        finally:
            if self.running.get(render_id) is execution:
                del self.running[render_id]


class Execution:
    """One worker's turn at a job."""

    def __init__(self, bench: Bench, render_id: str) -> None:
        self._bench = bench
        self._id = render_id
        self.attempt: int | None = None
        self.stop = threading.Event()
        self._deadline = 0.0
        self._hand: Hand | None = None
        self._crashes = 0

    def run(self, step: Step[Any]) -> None:
        """Do the stages that nobody did before, then publish."""
        render = self._bench.change(lambda connection: records.load(connection, self._id))
        if render is None or render.state not in LIVE:
            return
        past: dict[str, Outcome] = {}
        with self._bench.crew.borrow(render.queue) as self._hand:
            for stage in stages_of(render.kind, len(render.recipe["formats"])):
                outcome = self._insist(step, stage, lambda name: self._do(render, name, past))
                if outcome is None:
                    return
                past[stage] = outcome
            self._insist(step, "publish", lambda _: self._publish(render, past))

    def _insist(
        self, step: Step[Any], stage: str, do: Callable[[str], tuple[str, Any]]
    ) -> Any | None:  # noqa: ANN401 - a stage's outcome
        """Take a step until it is done; None when the job has ended otherwise."""
        while True:
            state, outcome = step(stage, lambda: self._guarded(stage, do))
            if state != AGAIN:
                return outcome if state == DONE else None

    def _guarded(self, stage: str, do: Callable[[str], tuple[str, Any]]) -> tuple[str, Any]:
        """Do one step within an attempt; an error that may pass ends the attempt, not the job."""
        if self._bench.closing.is_set():
            _hand_back()
        if not self._opened():
            return ENDED, None
        with stage_span(stage, self._number) as span:
            state, outcome = self._tried(stage, do)
            span.set_attribute("stillwave.outcome", state)
        return state, outcome

    def _tried(self, stage: str, do: Callable[[str], tuple[str, Any]]) -> tuple[str, Any]:
        try:
            return do(stage)
        except Stopped:
            return self._stopped()
        except Late:
            seconds = self._bench.settings.job_seconds
            return self._give_up(f"it took longer than {seconds:g} seconds")
        except Died as error:
            if self._bench.closing.is_set():
                _hand_back()
            return self._broken(f"in {stage}: {error}")
        except OutOfService as error:
            return self._broken(f"in {stage}: {error}")
        except KeyError:
            return self._broken(f"in {stage}: the storage has lost a file")

    def _opened(self) -> bool:
        """Open an attempt where there is none; False when the job has ended."""
        if self.attempt is None:
            self.attempt = self._bench.change(lambda c: states.begin(c, self._id), final=True)
            self._deadline = time.monotonic() + self._bench.settings.job_seconds
        return self.attempt is not None

    def _do(
        self, render: Render, stage: str, past: Mapping[str, Outcome]
    ) -> tuple[str, Outcome | None]:
        assert self._hand is not None
        task = Task(
            render_id=self._id,
            stage=stage,
            recipe=render.recipe,
            options=render.options,
            source_id=render.source_id,
            past=past,
        )
        order = Order(self.stop.is_set, self._deadline, self._bench.settings.cancel_grace_seconds)
        answer = self._hand.do(task, self._listener(), order)
        if "failed" in answer:
            return self._failed(answer["failed"], bool(answer["again"]))
        return self._keep(answer["done"])

    def _keep(self, outcome: Outcome) -> tuple[str, Outcome | None]:
        """Hold a stage's blobs for the job before anybody sweeps them away."""
        blobs = {file["sha256"]: file["size"] for file in outcome["files"]}
        if outcome["kept"] is not None:
            blobs[outcome["kept"]["sha256"]] = outcome["kept"]["size"]
        attempt = self._number
        held = self._bench.change(lambda c: states.keep(c, self._id, attempt, blobs))
        return (DONE, outcome) if held else (ENDED, None)

    def _publish(self, render: Render, past: Mapping[str, Outcome]) -> tuple[str, Any]:
        files = [Delivered(**file) for outcome in past.values() for file in outcome["files"]]
        name = "explore.json" if render.kind == "exploration" else "report.json"
        key = next(file.sha256 for file in files if file.name == name)
        report = json.loads(b"".join(self._bench.storage.read(key)))
        attempt = self._number
        done = self._bench.change(
            lambda c: states.succeed(c, self._id, attempt, report, files), final=True
        )
        return (DONE, None) if done else (ENDED, None)

    @property
    def _number(self) -> int:
        assert self.attempt is not None, "no step is done outside an attempt"
        return self.attempt

    def _failed(self, error: Mapping[str, Any], again: bool) -> tuple[str, None]:
        if again:
            return self._broken(str(error["detail"]))
        attempt = self._number
        self._bench.change(lambda c: states.fail(c, self._id, attempt, error), final=True)
        return ENDED, None

    def _broken(self, reason: str) -> tuple[str, None]:
        LOG.warning("render %s: attempt %s broke: %s", self._id, self.attempt, reason)
        attempt, self.attempt = self._number, None
        if not self._bench.change(lambda c: states.crash(c, self._id, attempt, reason)):
            return ENDED, None
        self._crashes += 1
        self.stop.wait(PAUSES[min(self._crashes, len(PAUSES)) - 1])
        return AGAIN, None

    def _give_up(self, reason: str) -> tuple[str, None]:
        return self._failed(states.given_up(reason), again=False)

    def _stopped(self) -> tuple[str, None]:
        """Somebody else ended the job, or took it over: there is nothing to write."""
        LOG.info("render %s: attempt %s stopped", self._id, self.attempt)
        return ENDED, None

    def _listener(self) -> ProgressListener:
        written, last = 0.0, ""
        attempt = self._number

        def listen(stage: str, done: int, total: int) -> None:
            nonlocal written, last
            now = time.monotonic()
            if stage == last and now - written < PROGRESS_SECONDS:
                return
            written, last = now, stage
            progress = Progress(stage, done, total)
            self._bench.change(lambda c: states.advance(c, self._id, attempt, progress))

        return listen


def _hand_back() -> NoReturn:
    """Write nothing more, and wait for the end of this process: the job goes on elsewhere."""
    while True:
        time.sleep(60)
