"""Typed errors as problem documents (RFC 9457): the one place where that happens.

An error's status is that of its nearest base in :data:`KINDS`. What is the service's own affair
(paths, addresses of other servers, traces) stays in its log.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.errors import (
    Cancelled,
    EncodingFailed,
    InvalidInput,
    MissingCapability,
    NoSpace,
    OutputRefused,
    RemoteFailed,
    StillwaveError,
)
from service import errors

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MEDIA_TYPE = "application/problem+json"
TYPES = "/problems/"
"""Where the kinds of problem are described; a problem's ``type`` starts with this."""

MOST_PLACES = 20
"""Places named in one problem."""


class Place(BaseModel):
    """One value of a request that is wrong."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    pointer: str
    """Where it is: a JSON pointer into the body, or ``query/limit``, ``header/prefer``."""
    detail: str
    """What is wrong with it."""


class Problem(BaseModel):
    """A problem document, RFC 9457."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/unknown-name",
                    "title": "Unknown name",
                    "status": 422,
                    "detail": "unknown look 'golden-our'; did you mean 'golden-hour'.",
                    "request_id": "req_5f0c2a9e4b7d1c38",
                    "errors": [{"pointer": "/look", "detail": "unknown look 'golden-our'"}],
                }
            ]
        },
    )

    type: str
    """The kind of problem; its description is at that address."""
    title: str
    """The kind in words."""
    status: int
    """The HTTP status."""
    detail: str
    """What was wrong this time, what is allowed and how to mend it."""
    request_id: str | None = None
    """Names this request in the service's log."""
    allowed: str | None = None
    """What would have been accepted."""
    fix: str | None = None
    """How to mend it."""
    errors: list[Place] | None = None
    """The places that are wrong, when they are known."""


@dataclass(frozen=True)
class Kind:
    """How errors of one base class are answered.

    Attributes:
        status: the HTTP status.
        private: a sentence that stands in for the error's own, which may tell too much.
    """

    status: int
    private: str = ""


KINDS: Mapping[type[Exception], Kind] = {
    errors.NotFound: Kind(404),
    errors.Unauthenticated: Kind(401),
    errors.Forbidden: Kind(403),
    errors.KeyReused: Kind(422),
    errors.Conflict: Kind(409),
    errors.Malformed: Kind(400),
    errors.TooLarge: Kind(413),
    errors.RangeRefused: Kind(416),
    errors.UnsupportedMedia: Kind(415),
    errors.JobFailed: Kind(500),
    errors.TooMany: Kind(429),
    errors.TryLater: Kind(503),
    OutputRefused: Kind(503, "the service cannot write its data; tell its operator."),
    NoSpace: Kind(507, "the service's disk is full; ask again later, or tell its operator."),
    RemoteFailed: Kind(502, "the video server behind this service does not deliver."),
    EncodingFailed: Kind(500, "the frames could not be encoded; tell the service's operator."),
    InvalidInput: Kind(422),
    MissingCapability: Kind(422),
    Cancelled: Kind(409),
    ValidationError: Kind(422),
    StillwaveError: Kind(400),
}
"""Base class → how it is answered; of several bases the nearest counts."""

UNEXPECTED = Kind(500, "something went wrong here; the request_id finds it in the service's log.")


@dataclass(frozen=True)
class Answer:
    """A problem and the headers that go with it."""

    problem: Problem
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """Return the document's bytes."""
        return self.problem.model_dump_json(exclude_none=True).encode()


class Misplaced(errors.ServiceError, InvalidInput):
    """Values of a request that are wrong, each with its place."""

    def __init__(self, first: InvalidInput, places: Iterable[Place]) -> None:
        self.first = first
        self.places = list(places)[:MOST_PLACES]
        super().__init__(first.problem, actual=first.actual, allowed=first.allowed, fix=first.fix)


def problem_for(error: Exception, request_id: str | None = None) -> Answer:
    """Return what a caller is told about ``error``."""
    named = error.first if isinstance(error, Misplaced) else error
    kind = kind_of(type(named))
    name, title = type_name(type(named)) if kind is not UNEXPECTED else ("unexpected", "Unexpected")
    problem = Problem(
        type=TYPES + name,
        title=title,
        status=kind.status,
        detail=kind.private or _sentence(named),
        request_id=request_id,
        allowed=None if kind.private else getattr(error, "allowed", None) or None,
        fix=None if kind.private else getattr(error, "fix", None) or None,
        errors=error.places if isinstance(error, Misplaced) else None,
    )
    return Answer(problem, _headers(error))


def problem_of_status(status: int, detail: str = "", request_id: str | None = None) -> Answer:
    """Return the problem for a status that the web framework found by itself."""
    title = HTTPStatus(status).phrase
    problem = Problem(
        type="about:blank",
        title=title,
        status=status,
        detail=detail or f"{title}.",
        request_id=request_id,
    )
    return Answer(problem)


def kind_of(error: type[BaseException]) -> Kind:
    """Return how a class of errors is answered: by its nearest base."""
    for base in error.__mro__:
        if base in KINDS:
            return KINDS[base]
    return UNEXPECTED


def public_sentence(error: StillwaveError) -> str:
    """Return what may be told of an error to whoever asked for the work.

    >>> public_sentence(NoSpace("the disk that holds /srv/stillwave/scratch is full"))
    "the service's disk is full; ask again later, or tell its operator."
    """
    return kind_of(type(error)).private or str(error)


def type_name(error: type[Exception]) -> tuple[str, str]:
    """Return a kind's name for addresses, and its title.

    >>> type_name(errors.TooMany)
    ('too-many', 'Too many')
    """
    return _hyphened(error.__name__), " ".join(_words(error.__name__)).capitalize()


def _hyphened(name: str) -> str:
    return "-".join(_words(name)).lower()


def _words(name: str) -> list[str]:
    return re.findall(r"[A-Z]+(?=[A-Z]|$)|[A-Z][a-z]*", name)


def misplaced(error: ValidationError, model: type[BaseModel], root: str = "") -> Misplaced:
    """Return our error for everything that ``model`` refused, with the places."""
    from pipelines.refusal import refusal

    found = error.errors(include_url=False, include_input=False)
    places = [Place(pointer=_pointer(root, each["loc"]), detail=_said(each)) for each in found]
    return Misplaced(refusal(error, model), places)


def describe_types() -> dict[str, str]:
    """Return each kind of problem and what it means, from the classes themselves."""
    found = {name: (kind.__doc__ or "").split("\n")[0] for name, kind in _types().items()}
    return dict(sorted((found | {"unexpected": "A fault of the service itself."}).items()))


def error_told(document: Mapping[str, Any]) -> StillwaveError:
    """Return the error that a problem document, or a failed job, tells of: `problem_for` undone.

    It has the sentence, and the class where this version knows it; what else an error of that
    class carries did not travel.
    """
    said = {key: str(document.get(key) or "") for key in ("detail", "allowed", "fix")}
    problem = said["detail"].removesuffix(".").removesuffix(said["fix"]).removesuffix("; ")
    problem = problem.removesuffix(f"allowed: {said['allowed']}").removesuffix("; ")
    kind = _types().get(_name_in(document)) or _unknown(document)
    error = kind.__new__(kind)
    StillwaveError.__init__(error, problem, allowed=said["allowed"], fix=said["fix"])
    return error


def _types() -> dict[str, type[StillwaveError]]:
    def below(kind: type[StillwaveError]) -> Iterable[type[StillwaveError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    return {type_name(kind)[0]: kind for kind in below(StillwaveError)}


def _name_in(document: Mapping[str, Any]) -> str:
    """Return the kind's name: a problem's type is an address, a failed job's the class."""
    said = str(document.get("type", ""))
    return said.rpartition("/")[2] if "/" in said else _hyphened(said)


def _unknown(document: Mapping[str, Any]) -> type[StillwaveError]:
    status = document.get("status", 500)
    faulty = not isinstance(status, int) or status >= 500
    return errors.OutOfService if faulty else errors.ServiceError


def _pointer(root: str, place: Iterable[int | str]) -> str:
    """Write a place as a JSON pointer, RFC 6901; pydantic's own words are not part of it."""
    parts = (str(part) for part in place if not (isinstance(part, str) and "[" in part))
    return root + "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in parts)


def _said(finding: ErrorDetails) -> str:
    ours = finding.get("ctx", {}).get("error")
    return str(ours) if isinstance(ours, StillwaveError) else finding["msg"]


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:] if isinstance(error, errors.ServiceError) else text


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, errors.TryLater):
        return {"Retry-After": str(max(1, math.ceil(error.wait)))}
    if isinstance(error, errors.Unauthenticated):
        return {"WWW-Authenticate": 'Bearer realm="stillwave"'}
    if isinstance(error, errors.RangeRefused):
        return {"Content-Range": f"bytes */{error.size}"}
    return {}
