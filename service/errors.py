"""What a service may answer beside the media library's own errors.

::

    StillwaveError
    └── ServiceError
        ├── NotFound (LookupError)       unknown, deleted, or another tenant's   404
        ├── Unauthenticated              no key, or one that does not count      401
        ├── Forbidden                    the key lacks a scope                   403
        ├── Conflict                     the state of things forbids it          409
        │   └── KeyReused                an idempotency key with another body    422
        ├── Malformed (InvalidInput)     a body or a header that is not read     400
        ├── TooLarge                     more bytes than are taken               413
        ├── RangeRefused                 bytes that a file does not have         416
        ├── UnsupportedMedia             a kind of body that is not read         415
        ├── FetchRefused (InvalidInput)  an address that is not fetched from     422
        ├── JobFailed                    a job that broke and was given up       told in its record
        ├── FetchRefused (InvalidInput)  an address that is not called           422
        └── TryLater                     not now                                 503
            ├── TooMany                  a rate, a quota or the queue is full    429
            └── OutOfService             a part of the service is down           503
"""

from __future__ import annotations

from pipelines.errors import InvalidInput, StillwaveError


class ServiceError(StillwaveError):
    """Base of what only a service answers."""

    exit_code = 2


class NotFound(ServiceError, LookupError):
    """Nothing of that id for this tenant; another tenant's things are not there either."""

    def __init__(self, kind: str, id: str) -> None:
        fix = "check the id; what was deleted or has expired is gone"
        super().__init__(f"there is no {kind} {id!r}", actual=id, fix=fix)


class Unauthenticated(ServiceError):
    """No API key, or one that is unknown, expired or revoked."""


class Forbidden(ServiceError):
    """The API key is good, but not for this."""


class Conflict(ServiceError):
    """The state of things forbids it."""


class KeyReused(Conflict):
    """An idempotency key came again with another body."""


class Malformed(ServiceError, InvalidInput):
    """A body that is not JSON or not a form, or a header that does not parse."""


class RangeRefused(ServiceError):
    """A range of bytes that a file does not have.

    Attributes:
        size: of the file, bytes.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(
            "the range lies outside the file", allowed=f"bytes 0 to {size - 1}", fix="ask within it"
        )


class TooLarge(ServiceError):
    """More bytes than are taken."""


class UnsupportedMedia(ServiceError):
    """A body of a kind that is not read here."""


class FetchRefused(ServiceError, InvalidInput):
    """An address that is not called, or that does not deliver a still."""


class JobFailed(ServiceError):
    """A job that broke, and was given up."""

    exit_code = 3


class TryLater(ServiceError):
    """Not now; `wait` says when to ask again.

    Attributes:
        wait: seconds, for ``Retry-After``.
    """

    exit_code = 3

    def __init__(
        self,
        problem: str,
        *,
        wait: float = 1.0,
        actual: object = None,
        allowed: str = "",
        fix: str = "",
    ) -> None:
        self.wait = wait
        fix = fix or "ask again after the time in Retry-After"
        super().__init__(problem, actual=actual, allowed=allowed, fix=fix)


class TooMany(TryLater):
    """A rate, a quota or the queue is full."""


class OutOfService(TryLater):
    """A part of the service is down."""
