"""Traces, as a collector receives them from the processes of a service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from pipelines.errors import MissingExtra
from service.commands import serving as serving_command
from tests.service.api.conftest import DRAFT, serving, surroundings
from tests.service.jobs.conftest import eventually

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
"""A trace that the client has begun."""


@contextmanager
def collector() -> Iterator[tuple[str, list[tuple[str, Span]]]]:
    """Receive traces on loopback: yields the address, and (service, span) as they come."""
    received: list[tuple[str, Span]] = []

    class Receiving(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            for group in ExportTraceServiceRequest.FromString(sent).resource_spans:
                named = {each.key: each.value.string_value for each in group.resource.attributes}
                for scope in group.scope_spans:
                    received.extend((named["service.name"], span) for span in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiving) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()


def test_one_trace_leads_from_the_client_through_the_request_into_every_stage(
    tmp_path: Path, samples: Path
) -> None:
    with collector() as (address, received):
        told = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        with serving(surroundings(tmp_path, tracing="true") | told) as running:
            with running.client() as http:
                http.get("/healthz")
                answer = http.post(
                    "/v1/renders",
                    files={"source": (samples / "coffee.jpg").read_bytes()},
                    data={"spec": json.dumps(DRAFT)},
                    headers={"traceparent": f"00-{TRACE}-{PARENT}-01", "Prefer": "wait=60"},
                )
            job = answer.json()
            assert job["state"] == "succeeded", job
            eventually(lambda: any(span.name == "job" for _, span in received))

    ours = {span.name: (service, span) for service, span in received if span.name in EXPECTED}
    assert ours.keys() == EXPECTED.keys()
    for name, (service, parent) in EXPECTED.items():
        found, span = ours[name]
        assert (found, span.trace_id.hex()) == (service, TRACE), name
        expected = PARENT if parent is None else ours[parent][1].span_id.hex()
        assert span.parent_span_id.hex() == expected, name
        assert span.start_time_unix_nano < span.end_time_unix_nano
    about = {each.key: each.value.string_value for each in ours["job"][1].attributes}
    assert about["stillwave.render_id"] == job["id"]
    assert not any("healthz" in span.name for _, span in received)


STAGES = ("still", "animate:0", "encode:0", "report", "publish")
REQUEST = "POST /v1/renders"
EXPECTED = {
    REQUEST: ("stillwave-api", None),
    "job": ("stillwave-worker", REQUEST),
    **dict.fromkeys(STAGES, ("stillwave-worker", "job")),
}
"""Spans: the process and the parent of each."""


def test_without_the_optional_part_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLWAVE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("STILLWAVE_TRACING", "true")
    monkeypatch.setattr(serving_command, "TO_TRACE", ("opentelemetry.nowhere",))
    for command in (serving_command.serve, serving_command.worker):
        with pytest.raises(MissingExtra, match=r"stillwave\[otel\]"):
            command.main([], standalone_mode=False)
