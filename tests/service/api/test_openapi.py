"""The OpenAPI document: valid, complete, with examples that are true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from service.api.schemas import ExplorationRequest, PromotionRequest, RenderRequest
from service.api.webhook_schemas import ReplayRequest, WebhookRequest

pytestmark = pytest.mark.xdist_group("service-api")


@pytest.fixture(scope="module")
def document(http: httpx2.Client) -> dict[str, Any]:
    found: dict[str, Any] = http.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for child in value.values():
            yield from references(child)
    elif isinstance(value, list):
        for child in value:
            yield from references(child)


def test_it_is_openapi_3_1_whose_references_lead_somewhere(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    for reference in set(references(document)):
        value: Any = document
        for part in reference.removeprefix("#/").split("/"):
            value = value[part]
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema), name


def test_every_contracted_route_is_there(document: dict[str, Any]) -> None:
    routes = {(method, path) for method, path, _ in operations(document)}
    for contracted in (
        "post /v1/renders",
        "get /v1/renders",
        "get /v1/renders/{render_id}",
        "delete /v1/renders/{render_id}",
        "get /v1/renders/{render_id}/events",
        "get /v1/renders/{render_id}/artifacts/{name}",
        "post /v1/sources",
        "post /v1/explorations",
        "get /v1/explorations/{exploration_id}",
        "post /v1/explorations/{exploration_id}/promote",
        "get /v1/looks",
        "get /v1/cameras",
        "get /v1/ambient",
        "get /v1/formats",
        "get /v1/engines",
        "get /v1/models",
        "post /v1/videos",
        "get /v1/videos",
        "get /v1/videos/{video_id}",
        "get /v1/videos/{video_id}/content",
        "delete /v1/videos/{video_id}",
        "get /healthz",
        "get /readyz",
        "get /metrics",
    ):
        method, path = contracted.split()
        assert (method, path) in routes


def test_every_operation_says_what_it_does_and_how_it_fails(document: dict[str, Any]) -> None:
    ids = []
    for method, path, operation in operations(document):
        ids.append(operation["operationId"])
        assert operation.get("description"), path
        content = operation["responses"]["4XX"]["content"]
        assert content["application/problem+json"]["schema"]["$ref"].endswith("/Problem"), path
        if path.startswith("/v1/") or path == "/metrics":
            assert operation["security"] == [{"key": []}], (method, path)
    assert len(ids) == len(set(ids))


def test_every_property_of_an_answer_is_described(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        if name.endswith(("Resource", "Request", "Spec", "Problem")):
            for key, said in schema["properties"].items():
                assert said.get("description"), f"{name}.{key}"


def faults(document: dict[str, Any], schema: str, value: object) -> list[str]:
    """Return what the named schema of the document finds wrong with ``value``."""
    rooted = {"$ref": f"#/components/schemas/{schema}", **document}
    return [error.message for error in Draft202012Validator(rooted).iter_errors(value)]


@pytest.mark.parametrize(
    "model", [RenderRequest, ExplorationRequest, PromotionRequest, WebhookRequest, ReplayRequest]
)
def test_the_examples_are_true(document: dict[str, Any], model: type[BaseModel]) -> None:
    schema = document["components"]["schemas"][model.__name__]
    for example in schema["examples"]:
        assert faults(document, model.__name__, example) == []
        assert model.model_validate(example).model_fields_set == example.keys()


def test_a_real_answer_is_as_documented(
    http: httpx2.Client, document: dict[str, Any], done: dict[str, Any]
) -> None:
    for url, name in (
        (done["links"]["self"], "RenderResource"),
        ("/v1/renders", "PageResource"),
        ("/v1/videos", "VideoPage"),
        (f"/v1/videos/{done['id']}", "VideoResource"),
        ("/v1/webhooks", "WebhookPageResource"),
        ("/v1/formats", "CatalogueResource"),
        ("/readyz", "HealthResource"),
        ("/v1/renders/nope", "Problem"),
    ):
        assert faults(document, name, http.get(url).json()) == [], url
