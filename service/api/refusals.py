"""Hands whatever a route raises to `service.problems`."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from pipelines.errors import InvalidRecipe, StillwaveError
from service.problems import (
    MEDIA_TYPE,
    Answer,
    Misplaced,
    Place,
    problem_for,
    problem_of_status,
)

LOG = logging.getLogger(__name__)


def answer_errors(app: FastAPI) -> None:
    """Have every error of ``app`` answered as a problem document."""
    app.add_exception_handler(StillwaveError, _ours)
    app.add_exception_handler(RequestValidationError, _misplaced)
    app.add_exception_handler(HTTPException, _framework)


async def _ours(request: Request, error: Exception) -> Response:
    answer = problem_for(error, _request_id(request))
    if answer.problem.status >= 500:
        LOG.error("%s", error, exc_info=error)
    return _response(answer)


async def _misplaced(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    places = [
        Place(pointer="/".join(str(part) for part in each["loc"]), detail=each["msg"])
        for each in error.errors()
    ]
    first = InvalidRecipe(
        f"{places[0].pointer} is not right: {places[0].detail.lower()}",
        fix="see /openapi.json for what is taken",
    )
    return _response(problem_for(Misplaced(first, places), _request_id(request)))


async def _framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = problem_of_status(error.status_code, request_id=_request_id(request))
    response = _response(answer)
    response.headers.update(error.headers or {})
    if error.status_code == 405:
        response.headers["Allow"] = ", ".join(sorted(_methods(request)))
    return response


def _methods(request: Request) -> set[str]:
    """Return every method that some route of this path takes; the framework names the first's."""
    return {
        method
        for route in request.app.state.routes
        if route.matches(request.scope)[0] is not Match.NONE
        for method in getattr(route, "methods", None) or ()
    }


def response_for(error: Exception, request_id: str | None) -> Response:
    """Answer an error that nobody expected."""
    return _response(problem_for(error, request_id))


def _response(answer: Answer) -> Response:
    return Response(
        answer.body(), answer.problem.status, dict(answer.headers), media_type=MEDIA_TYPE
    )


def _request_id(request: Request) -> str | None:
    said: str | None = request.scope.get("request_id")
    return said
