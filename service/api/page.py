"""The page at ``/``: static files with a policy that lets nothing else in."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Response

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

TYPES = {"index.html": "text/html", "page.js": "text/javascript", "page.css": "text/css"}

router = APIRouter(include_in_schema=False)


@router.get("/")
async def page() -> Response:
    """Send the page."""
    return _sent("index.html")


@router.get("/page.js")
async def script() -> Response:
    """Send its script."""
    return _sent("page.js")


@router.get("/page.css")
async def style() -> Response:
    """Send its style."""
    return _sent("page.css")


def _sent(name: str) -> Response:
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
    return Response(_read(name), headers=headers, media_type=f"{TYPES[name]}; charset=utf-8")


@cache
def _read(name: str) -> bytes:
    return files("service.web").joinpath(name).read_bytes()
