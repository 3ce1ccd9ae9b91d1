"""Every class of error is answered by its nearest base, and tells no secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from pipelines import errors as media
from pipelines.errors import StillwaveError
from service import errors
from service.problems import KINDS, UNEXPECTED, kind_of, problem_for

SECRET = "/srv/stillwave/data"


def tree(kind: type[StillwaveError] = StillwaveError) -> Iterator[type[StillwaveError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from tree(child)


@pytest.mark.parametrize("kind", sorted(set(tree()), key=str))
def test_every_class_has_a_status_of_its_own_or_its_base(kind: type[StillwaveError]) -> None:
    answered = kind_of(kind)
    assert answered is not UNEXPECTED
    assert 400 <= answered.status < 600
    if answered.status >= 500 and not issubclass(kind, errors.ServiceError):
        assert answered.private, "a fault of ours keeps its details to the log"


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (errors.NotFound("render", "x"), 404, "not-found"),
        (errors.Unauthenticated("no key"), 401, "unauthenticated"),
        (errors.Forbidden("no"), 403, "forbidden"),
        (errors.Conflict("no"), 409, "conflict"),
        (errors.KeyReused("again"), 422, "key-reused"),
        (errors.Malformed("no JSON"), 400, "malformed"),
        (errors.TooLarge("much"), 413, "too-large"),
        (errors.RangeRefused(9), 416, "range-refused"),
        (errors.UnsupportedMedia("text"), 415, "unsupported-media"),
        (errors.FetchRefused("no"), 422, "fetch-refused"),
        (errors.TooMany("full", wait=2.2), 429, "too-many"),
        (errors.OutOfService("away"), 503, "out-of-service"),
        (media.UnknownName("look", "x", ["noir"]), 422, "unknown-name"),
        (media.OutOfRange("fps", 0, 1, 60), 422, "out-of-range"),
        (media.InvalidSource("broken"), 422, "invalid-source"),
        (media.MissingModel("svd"), 422, "missing-model"),
        (media.MissingExtra("svd", "diffusion"), 422, "missing-extra"),
        (media.OutputRefused(f"{SECRET} cannot be written"), 503, "output-refused"),
        (media.NoSpace(f"the disk that holds {SECRET} is full"), 507, "no-space"),
        (media.RemoteFailed(f"the server {SECRET} is away"), 502, "remote-failed"),
        (media.EncodingFailed(f"libav said {SECRET}"), 500, "encoding-failed"),
        (KeyError(SECRET), 500, "unexpected"),
        (OSError(13, "denied", SECRET), 500, "unexpected"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_an_error_becomes_a_problem(error: Exception, status: int, kind: str) -> None:
    answer = problem_for(error, "req_1")
    said = json.loads(answer.body())
    assert (said["status"], said["type"]) == (status, f"/problems/{kind}")
    assert said["request_id"] == "req_1"
    assert said["detail"].endswith(".")
    assert SECRET not in answer.body().decode()


def test_who_should_come_again_is_told_when() -> None:
    assert problem_for(errors.TooMany("full", wait=2.2)).headers == {"Retry-After": "3"}
    assert problem_for(errors.OutOfService("away")).headers == {"Retry-After": "1"}


def test_a_new_class_is_answered_as_its_base() -> None:
    class Fresh(errors.NotFound):
        """Something new."""

    answer = problem_for(Fresh("thing", "x"))
    assert (answer.problem.status, answer.problem.type) == (404, "/problems/fresh")


def test_the_table_knows_no_base_twice() -> None:
    assert len({kind.__name__ for kind in KINDS}) == len(KINDS)
