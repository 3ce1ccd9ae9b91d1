"""What whoever runs the service asks it: is it well, and how much did it do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from service.app import create_app
from service.jobs.database import connect
from service.jobs.lease import Lease
from service.settings import Settings
from tests.service.api.conftest import Submit

pytestmark = pytest.mark.xdist_group("service-api")

FAMILIES = {
    "stillwave_queue_depth": ("gauge", {"queue", "state"}),
    "stillwave_workers": ("gauge", set()),
    "stillwave_webhook_deliveries": ("gauge", {"state"}),
    "stillwave_job_events": ("counter", {"event"}),
    "stillwave_job_wait_seconds": ("histogram", {"queue", "engine"}),
    "stillwave_job_run_seconds": ("histogram", {"queue", "kind", "engine", "state"}),
    "stillwave_job_stage_seconds": ("histogram", {"engine", "stage"}),
    "stillwave_artifact_bytes": ("counter", set()),
    "stillwave_http_request_seconds": ("histogram", {"method", "route", "status"}),
    "stillwave_http_received_bytes": ("counter", set()),
    "stillwave_http_sent_bytes": ("counter", set()),
}
"""What an operator's dashboards are built on: names, types, labels."""


def scraped(http: httpx2.Client) -> dict[str, Metric]:
    """Read the metrics as Prometheus does."""
    found = text_string_to_metric_families(http.get("/metrics").text)
    return {family.name: family for family in found}


def value(family: Metric, suffix: str = "", **labels: str) -> float:
    """Add up the samples that have these labels."""
    name = family.name + suffix
    return sum(
        sample.value
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def test_every_figure_is_there_under_its_name_type_and_labels(
    http: httpx2.Client, submit: Submit, done: dict[str, Any]
) -> None:
    waiting = submit(seconds=40, fps=30).json()
    try:
        found = scraped(http)
    finally:
        http.delete(waiting["links"]["self"])
    ours = {name.removesuffix("_created") for name in found if name.startswith("stillwave_")}
    assert ours == FAMILIES.keys()
    for name, (kind, labels) in FAMILIES.items():
        family = found[name]
        assert family.type == kind, name
        assert family.documentation.endswith("."), name
        told = {label for sample in family.samples for label in sample.labels} - {"le"}
        assert told == labels, name
    assert "process_resident_memory_bytes" in found


def test_they_say_what_was_done(http: httpx2.Client, submit: Submit, still: bytes) -> None:
    before = scraped(http)
    done = submit(wait=60).json()
    assert done["state"] == "succeeded"
    after = scraped(http)

    def grown(name: str, suffix: str = "", **labels: str) -> float:
        return value(after[name], suffix, **labels) - value(before[name], suffix, **labels)

    assert grown("stillwave_job_events", "_total", event="succeeded") == 1
    assert grown("stillwave_job_wait_seconds", "_count", queue="cpu", engine="parallax") == 1
    assert grown("stillwave_job_run_seconds", "_count", state="succeeded", kind="render") == 1
    spent = done["report"]["timings"]
    for stage, seconds in spent.items():
        family = "stillwave_job_stage_seconds"
        assert grown(family, "_count", stage=stage, engine="parallax") == 1
        assert grown(family, "_sum", stage=stage) == pytest.approx(seconds, abs=0.01)
    assert spent
    made = sum(file["bytes"] for file in done["artifacts"])
    assert grown("stillwave_artifact_bytes", "_total") == made
    assert grown("stillwave_http_received_bytes", "_total") > len(still)
    assert value(after["stillwave_workers"]) == 1


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, min_free_mb=0)


def readiness(settings: Settings, spoil: Path | None = None) -> tuple[int, dict[str, Any]]:
    """Return how ready an application is whose folder of files ``spoil`` is taken away."""
    with TestClient(create_app(settings), base_url="http://localhost") as http:
        if spoil is not None:
            spoil.rmdir()
            spoil.touch()
        answer = http.get("/readyz")
        assert http.get("/healthz").json()["status"] == "ok", "it is alive in any case"
        found: dict[str, Any] = answer.json()
        return answer.status_code, found


def test_without_a_worker_it_takes_jobs_and_says_so(settings: Settings) -> None:
    status, said = readiness(settings)
    assert (status, said["status"]) == (200, "degraded")
    assert said["checks"]["workers"].startswith("no worker is there")
    assert {said["checks"][part] for part in ("database", "storage", "disk")} == {"ok"}


def test_with_a_worker_it_is_well(settings: Settings) -> None:
    create_app(settings)
    engine = connect(settings)
    Lease(engine, "w", 5.0).sign_in("a test")
    engine.dispose()
    status, said = readiness(settings)
    assert (status, said["status"], set(said["checks"].values())) == (200, "ok", {"ok"})


def test_without_its_files_it_is_not_ready(settings: Settings) -> None:
    status, said = readiness(settings, settings.data_dir / "blobs")
    assert (status, said["status"]) == (503, "unready")
    assert said["checks"]["storage"].startswith("the storage does not take")


def test_without_space_it_is_not_ready(settings: Settings) -> None:
    full = settings.model_copy(update={"min_free_mb": 10**9})
    status, said = readiness(full)
    assert (status, said["status"]) == (503, "unready")
    assert said["checks"]["disk"].startswith("the service's disk is nearly full")
