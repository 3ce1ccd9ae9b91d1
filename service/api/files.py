"""Sending a stored file: whole, in part, or not at all when the client has it (RFC 9110)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from fastapi import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from service.errors import RangeRefused
from service.renders import Stored

PIECE = 2**18

PASSIVE = "default-src 'none'; sandbox"
"""For files opened by themselves in a browser: nothing in them runs."""

PLAYER = (
    "default-src 'none'; sandbox allow-scripts; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src 'self' data:; media-src 'self' data:"
)
"""For the page of an exploration: its own script runs, in an origin of its own."""

HEADERS = {"Accept-Ranges": "bytes", "Cache-Control": "private, max-age=31536000, immutable"}


def send_file(request: Request, stored: Stored, name: str, download: bool) -> Response:
    """Answer with a file, named ``name`` where it is saved.

    Raises:
        RangeRefused: a range beyond its end.
    """
    tag = f'"{stored.file.sha256}"'
    page = stored.file.content_type.startswith("text/html")
    disposition = _disposition(name, download)
    headers = HEADERS | {
        "ETag": tag,
        "Content-Disposition": disposition,
        "Content-Security-Policy": PLAYER if page else PASSIVE,
    }
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    if _may_go_elsewhere(request, stored, page) and (link := stored.link(disposition)):
        return RedirectResponse(link, 307, {"Cache-Control": "no-store"})
    size = stored.file.size
    start, end, status = 0, size, 200
    if _may_be_partial(request, tag) and (span := _span(request.headers.get("range", ""), size)):
        (start, end), status = span, 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=stored.file.content_type)
    pieces = _pieces(stored, start, end)
    return StreamingResponse(pieces, status, headers, stored.file.content_type)


def _may_go_elsewhere(request: Request, stored: Stored, page: bool) -> bool:
    """Say whether the client may fetch a file from the storage itself.

    Pages name the files beside them, and their policies let in nothing from elsewhere: a page
    stays here, and so does what a page of ours asks for.
    """
    if stored.path is not None or page or request.method != "GET":
        return False
    ours = request.headers.get("sec-fetch-site") == "same-origin"
    return not ours or request.headers.get("sec-fetch-mode") == "navigate"


def _pieces(stored: Stored, start: int, end: int) -> Iterator[bytes]:
    if stored.path is None:
        yield from stored.read(start, end)
        return
    with stored.path.open("rb") as file:
        file.seek(start)
        left = end - start
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece


def _span(header: str, size: int) -> tuple[int, int] | None:
    """Return what one range asks for, its end excluded; None where the whole file is the answer.

    Several ranges, other units and nonsense are ignored, as the standard allows.

    >>> _span("bytes=10-", 100), _span("bytes=-10", 100), _span("bytes=0-1,5-6", 100)
    ((10, 100), (90, 100), None)
    """
    found = re.fullmatch(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", header)
    if found is None or found[1] + found[2] == "":
        return None
    if found[1] == "":
        start, end = max(0, size - int(found[2])), size
    else:
        start = int(found[1])
        end = size if found[2] == "" else min(size, int(found[2]) + 1)
        if found[2] and int(found[2]) < start:
            return None
    if start >= end:
        raise RangeRefused(size)
    return start, end


def _may_be_partial(request: Request, tag: str) -> bool:
    condition = request.headers.get("if-range")
    return condition is None or condition.strip() == tag


def _has(header: str, tag: str) -> bool:
    return any(each.strip().removeprefix("W/") in ("*", tag) for each in header.split(","))


def _disposition(name: str, download: bool) -> str:
    return f"{'attachment' if download else 'inline'}; filename*=UTF-8''{quote(name, safe='')}"
