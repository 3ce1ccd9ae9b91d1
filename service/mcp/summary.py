"""A job in few words: what an agent needs of it, without the figures of every frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.client.connection import Job
from service.jobs.nouns import LIVE


def summary(job: Job) -> dict[str, Any]:
    """Return a job's state, and what was made and measured once it succeeded."""
    said = {"job": job["id"], "object": job["object"], "state": job["state"]}
    if job["state"] in LIVE:
        return said | {"progress": job["progress"]}
    report = job["report"]
    if report is None:
        return said
    return said | (_drafts(report) if "drafts" in report else _loops(report))


def _drafts(report: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("id", "title", "path", "seam")
    return {"drafts": [{key: draft[key] for key in keys} for draft in report["drafts"]]}


def _loops(report: Mapping[str, Any]) -> dict[str, Any]:
    shown = ("engine", "warnings", "loop", "motion", "fidelity")
    made = [_artifact(artifact) for artifact in report["artifacts"]]
    return {**{key: report[key] for key in shown}, "artifacts": made}


def _artifact(artifact: Mapping[str, Any]) -> dict[str, Any]:
    keys = ("format", "path", "width", "height", "fps", "seconds", "bytes", "seam")
    refused = [rule for rule in artifact["conformance"] if not rule["ok"]]
    return {**{key: artifact[key] for key in keys}, "falls_short_of": refused}
