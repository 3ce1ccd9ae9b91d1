"""Figures for Prometheus: of requests in this process, and of jobs as the event log tells them."""

from __future__ import annotations

from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from service.jobs.nouns import Event, Render
from service.renders import Renders
from service.webhooks.nouns import DeliveryState
from service.webhooks.use_cases import Webhooks

CONTENT_TYPE = CONTENT_TYPE_LATEST

QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 60)
LONG = (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)


class Metrics:
    """One application's figures."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        here = self.registry
        self._requests = Histogram(
            "stillwave_http_request_seconds",
            "Time from a request's first byte to its answer's head.",
            ("method", "route", "status"),
            registry=here,
            buckets=QUICK,
        )
        self._received = Counter(
            "stillwave_http_received_bytes", "Bytes of requests' bodies.", registry=here
        )
        self._sent = Counter("stillwave_http_sent_bytes", "Bytes of answers.", registry=here)
        self._jobs = Counter(
            "stillwave_job_events",
            "Steps of jobs' lives seen in the event log.",
            ("event",),
            registry=here,
        )
        self._waits = Histogram(
            "stillwave_job_wait_seconds",
            "Time from acceptance to a worker's start.",
            ("queue", "engine"),
            registry=here,
            buckets=LONG,
        )
        self._runs = Histogram(
            "stillwave_job_run_seconds",
            "Time from start to end.",
            ("queue", "kind", "engine", "state"),
            registry=here,
            buckets=LONG,
        )
        self._stages = Histogram(
            "stillwave_job_stage_seconds",
            "Time in each stage of jobs that succeeded.",
            ("engine", "stage"),
            registry=here,
            buckets=LONG,
        )
        self._made = Counter("stillwave_artifact_bytes", "Bytes of artifacts.", registry=here)
        self._depth = Gauge(
            "stillwave_queue_depth", "Live jobs.", ("queue", "state"), registry=here
        )
        self._deliveries = Gauge(
            "stillwave_webhook_deliveries",
            "Webhook deliveries that are remembered: pending, delivered, or dead letters.",
            ("state",),
            registry=here,
        )
        self._workers = Gauge("stillwave_workers", "Workers that are alive.", registry=here)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; ``route`` is its pattern, so that ids do not become labels."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def moved(self, received: int, sent: int) -> None:
        """Count bytes of a request's body and of its answer's."""
        self._received.inc(received)
        self._sent.inc(sent)

    def heard(self, event: Event) -> None:
        """Count a step of a job's life."""
        if event.kind != "progress":
            self._jobs.labels(event.kind).inc()

    def ended(self, render: Render) -> None:
        """Count a job that ended."""
        engine = str((render.report or {}).get("engine", "")) or _asked(render)
        if render.started_at is None:
            return
        wait = (render.started_at - render.created_at).total_seconds()
        self._waits.labels(render.queue, engine).observe(max(0.0, wait))
        if render.finished_at is not None:
            seconds = (render.finished_at - render.started_at).total_seconds()
            labels = (render.queue, render.kind, engine, render.state)
            self._runs.labels(*labels).observe(max(0.0, seconds))
        for stage, spent in (render.report or {}).get("timings", {}).items():
            self._stages.labels(engine, stage).observe(spent)
        self._made.inc(sum(file.size for file in render.artifacts))

    def written(self, renders: Renders, webhooks: Webhooks) -> bytes:
        """Return all figures as text; what the database counts is counted at this moment."""
        self._depth.clear()
        for (queue, state), count in renders.depths().items():
            self._depth.labels(queue, state).set(count)
        counts = webhooks.counts()
        for state in get_args(DeliveryState):
            self._deliveries.labels(state).set(counts.get(state, 0))
        self._workers.set(renders.workers())
        return generate_latest(self.registry)


def _asked(render: Render) -> str:
    motion = render.recipe.get("motion")
    return str(motion.get("engine", "auto")) if isinstance(motion, dict) else "auto"
