"""What a service refuses with becomes the error that it was."""

from __future__ import annotations

import threading

import httpx2
import pytest

from pipelines import errors as media
from pipelines.errors import InvalidInput, RemoteFailed, StillwaveError
from pipelines.transfer.peer import Hiccup
from service import errors
from service.client.connection import Connection
from service.client.peer import ServicePeer
from service.problems import error_told, problem_for
from tests.service.api.conftest import Service

ERRORS = [
    media.UnknownName("look", "golden-hou", ["golden-hour", "noir"]),
    media.OutOfRange("fps", 0, 1, 60),
    media.InvalidSource("cup.jpg is empty; so it is", allowed="1 byte", fix="take another"),
    media.MissingExtra("svd", "diffusion"),
    media.Cancelled(),
    errors.Forbidden("no"),
    errors.NotFound("render", "x"),
    errors.RangeRefused(9),
    errors.TooMany("full", wait=2.2),
    errors.JobFailed("it broke"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_problem_becomes_the_error_again(error: StillwaveError) -> None:
    document = problem_for(error).problem.model_dump()
    again = error_told(document)
    assert type(again) is type(error)
    assert str(again).lower() == str(error).lower()
    assert (again.allowed, again.fix, again.exit_code) == (
        error.allowed,
        error.fix,
        error.exit_code,
    )


@pytest.mark.parametrize(("status", "code"), [(418, 2), (500, 3)])
def test_a_kind_that_is_not_known_yet_has_its_sentence(status: int, code: int) -> None:
    document = {"type": "/problems/brand-new", "status": status, "detail": "It is so new."}
    error = error_told(document)
    assert (str(error), error.exit_code) == ("It is so new.", code)


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.client.connection.REQUEST_SECONDS", 0.5)
    with (
        Connection("http://127.0.0.1:1", None, threading.Event()) as connection,
        pytest.raises(RemoteFailed, match="cannot be reached"),
    ):
        connection.get("/v1/looks")


@pytest.mark.parametrize("url", ["", "gpu:8000", "ftp://gpu", "http://"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(InvalidInput, match="--server"):
        Connection(url, None, threading.Event())


def test_another_kind_of_server_is_named_as_such() -> None:
    peer = ServicePeer("http://ann:secret@shop.example", "secret")
    page = httpx2.Response(404, html="<p>secret</p>")
    error = peer.refusal(page)
    assert isinstance(error, RemoteFailed)
    assert "no Stillwave service" in str(error)
    assert "secret" not in str(error)


def test_what_may_pass_is_a_hiccup_with_its_time() -> None:
    answer = problem_for(errors.TooMany("the queue is full", wait=7))
    response = httpx2.Response(429, headers=dict(answer.headers), content=answer.body())
    response.headers["content-type"] = "application/problem+json"
    hiccup = ServicePeer("http://shop.example", None).refusal(response)
    assert isinstance(hiccup, Hiccup)
    assert (hiccup.wait, type(hiccup.failure)) == (7.0, errors.TooMany)


@pytest.mark.xdist_group("service-client")
def test_a_route_that_is_not_there(service: Service) -> None:
    with (
        Connection(service.url, None, threading.Event()) as connection,
        pytest.raises(errors.ServiceError, match="Not Found"),
    ):
        connection.get("/v2/renders")
