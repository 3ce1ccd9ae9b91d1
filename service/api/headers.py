"""Request headers that several routes read."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Header

MOST_WAIT = 60.0
"""Longest wait for a render in one request, seconds; proxies give up soon after."""

Prefer = Annotated[
    str | None,
    Header(description="`wait=N`: answer when the job ends, within N seconds (RFC 7240)."),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        pattern=r"^[\x21-\x7e]{1,255}$",
        description="The same key and request give the same job, however often they come.",
    ),
]
LastEventId = Annotated[
    int, Header(ge=0, lt=2**63, description="The last event that came through; goes on after it.")
]


def wait_of(prefer: str | None) -> float:
    """Return the seconds a client is ready to wait, up to `MOST_WAIT`.

    >>> wait_of("respond-async, wait=5"), wait_of("wait=1000"), wait_of("wait=x"), wait_of(None)
    (5.0, 60.0, 0.0, 0.0)
    """
    found = re.search(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,9})\"?(?=$|[,;\s])", prefer or "")
    return min(MOST_WAIT, float(found[1])) if found else 0.0
