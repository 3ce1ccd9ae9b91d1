"""The published schema is the model's, and holds the keys others build on."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from pipelines.report import report_schema

PUBLISHED = Path(__file__).parents[3] / "docs" / "report.schema.json"

CONTRACT = {
    "RenderReport": "schema_version recipe engine seed warnings timings models source camera loop "
    "motion fidelity artifacts provenance",
    "SourceReport": "width height sha256 advice text",
    "CameraReport": "width height intrinsics world_to_camera",
    "LoopReport": "mode ratio kink",
    "MotionReport": "mean_flow_percent_per_second",
    "FidelityReport": "text subject",
    "ArtifactReport": "format path width height fps frames seconds bytes seam conformance",
    "CheckReport": "rule limit value ok source read_on",
}


def test_the_published_schema_is_the_models() -> None:
    """After a change: ``report_schema()`` as JSON, indented by two, is the new file."""
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == report_schema()


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(report_schema())


def test_the_keys_of_the_contract_are_required() -> None:
    schema = report_schema()
    parts = {**schema["$defs"], "RenderReport": schema}
    for name, keys in CONTRACT.items():
        assert set(keys.split()) <= set(parts[name]["required"]), name


def test_every_key_is_documented() -> None:
    schema = report_schema()
    for part in (schema, *schema["$defs"].values()):
        for key, field in part["properties"].items():
            assert field.get("description") or "$ref" in field, key
