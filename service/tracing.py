"""Traces by OpenTelemetry, when they are asked for: requests, jobs, and the stages of jobs.

FastAPI makes the spans of requests; here are those of workers, and what ties both together. Where
nothing is asked for, spans cost nothing and the SDK is not imported. Where traces go to, and how,
say the standard variables, ``OTEL_EXPORTER_OTLP_ENDPOINT`` first of all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from service.settings import Settings

TRACER = trace.get_tracer("stillwave")
W3C = TraceContextTextMapPropagator()

UNTRACED = ("/healthz", "/readyz", "/metrics")
"""Probes: they come every few seconds and tell nothing."""


@contextmanager
def tracing(settings: Settings, process: str) -> Iterator[None]:
    """Export this process's traces until the block is left, if the settings say so."""
    if not settings.tracing:
        yield
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = Resource({"service.name": f"stillwave-{process}"})
    provider = TracerProvider(resource=named.merge(OTELResourceDetector().detect()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()


def untraced(scope: MutableMapping[str, Any]) -> bool:
    """Say whether a request leaves no trace."""
    return scope.get("path") in UNTRACED


def traceparent() -> str | None:
    """Return where in which trace this is, as the W3C writes it; None outside of any."""
    headers: dict[str, str] = {}
    W3C.inject(headers)
    return headers.get("traceparent")


@contextmanager
def job_span(parent: str | None, render_id: str) -> Iterator[None]:
    """Trace a worker's turn at a job, as a part of the request that asked for it."""
    context = W3C.extract({"traceparent": parent} if parent else {})
    about = {"stillwave.render_id": render_id}
    with TRACER.start_as_current_span("job", context, SpanKind.CONSUMER, about):
        yield


@contextmanager
def stage_span(stage: str, attempt: int) -> Iterator[Span]:
    """Trace one stage of a job."""
    about = {"stillwave.attempt": attempt}
    with TRACER.start_as_current_span(stage, attributes=about) as span:
        yield span


def trace_ids() -> Mapping[str, str]:
    """Return the ids that tie a line of the log to a trace; none outside of any."""
    here = trace.get_current_span().get_span_context()
    return {"trace_id": trace.format_trace_id(here.trace_id)} if here.is_valid else {}
