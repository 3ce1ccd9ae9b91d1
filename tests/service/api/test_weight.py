"""What the HTTP process weighs after it has done everything once."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import httpx2
import pytest
from PIL import Image as Pillow
from prometheus_client.parser import text_string_to_metric_families

from tests.service.api.conftest import DRAFT, serving, surroundings

pytestmark = pytest.mark.xdist_group("service-api")


def figures(http: httpx2.Client) -> dict[str, float]:
    """Read the metrics as Prometheus does."""
    families = text_string_to_metric_families(http.get("/metrics").text)
    return {
        sample.name
        + "".join(f"|{value}" for _, value in sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def test_it_stays_light(tmp_path: Path, still: bytes) -> None:
    """A process of its own: what others did to the shared one is no part of the question."""
    large = BytesIO()
    Pillow.effect_noise((9600, 6400), 20).convert("RGB").save(large, "JPEG", quality=90)
    with serving(surroundings(tmp_path)) as running, running.client() as http:
        headers = {"Prefer": "wait=30"}
        for spec, path in ((DRAFT, "renders"), (DRAFT | {"looks": ["winter"]}, "explorations")):
            answer = http.post(
                f"/v1/{path}",
                files={"source": ("cup.jpg", still, "image/jpeg")},
                data={"spec": json.dumps(spec)},
                headers=headers,
            )
            assert answer.json()["state"] == "succeeded", answer.text
        assert http.post(
            "/v1/sources", files={"source": ("large.jpg", large.getvalue())}
        ).is_success
        for name in ("looks", "cameras", "ambient", "formats", "engines", "models"):
            assert http.get(f"/v1/{name}").json()["data"], name
        assert http.get("/openapi.json").status_code == 200
        assert figures(http)["process_resident_memory_bytes"] < 150e6
