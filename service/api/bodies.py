"""Reading what a client sends: JSON, or a form with a file; limits first, places in every error."""

from __future__ import annotations

import base64
import binascii
import json
import math
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeVar, cast

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from pipelines.errors import InvalidInput, InvalidRecipe, InvalidSource
from pipelines.parts import SourceRef
from service.api.desk import Caller, Desk, in_turn
from service.errors import Malformed, TooLarge, UnsupportedMedia
from service.jobs.recipe_files import SOURCE
from service.problems import Misplaced, Place, misplaced

Model = TypeVar("Model", bound=BaseModel)

MOST_BYTES = 65 * 2**20
"""Of a body: the largest still and the form around it."""

MOST_JSON_BYTES = 16 * 2**20
"""Of a JSON body: a still of 12 MB in base64; larger ones are uploaded as files."""

MOST_FIELD_BYTES = 2**20
MOST_FIELDS = 40
DEEPEST = 32
MOST_VALUES = 50_000
"""Of a JSON document; a recipe holds hundreds."""

PIECE = 2**18
IN_MEMORY = 2**20


@dataclass(frozen=True)
class Form:
    """A form with files, as far as we read it."""

    fields: Mapping[str, str]
    files: Mapping[str, tuple[UploadFile, ...]]


def media_type(request: Request) -> str:
    """Return the body's media type without its parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_json(request: Request) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return the body's document.

    Raises:
        UnsupportedMedia: it says that it is something else.
        Malformed: it is no JSON, or nested too deeply.
    """
    if media_type(request) != "application/json":
        raise _unsupported(request, "application/json")
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MOST_JSON_BYTES:
            raise TooLarge(
                "the JSON body is too large",
                allowed=f"up to {MOST_JSON_BYTES >> 20} MiB",
                fix="upload the still as a file",
            )
    return parse_json(bytes(data), "the body")


def parse_json(text: bytes | str, what: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Parse strict JSON of a sane depth.

    Raises:
        Malformed: it is none.
    """
    if _values(text) > MOST_VALUES:
        raise Malformed(
            f"{what} holds too many values", allowed=f"up to {MOST_VALUES}", fix="make it smaller"
        )
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise _too_deep(what) from None
    except ValueError as error:
        reason = error.msg.lower() if isinstance(error, json.JSONDecodeError) else "unreadable"
        raise Malformed(f"{what} is not JSON ({reason})", fix="mend it") from None
    _check_values(document, what)
    return document


@asynccontextmanager
async def read_form(request: Request, most_files: int) -> AsyncIterator[Form]:
    """Read a form; its files are gone when the block is left.

    Raises:
        UnsupportedMedia: it says that it is something else.
        Malformed: it is no form, or holds too much.
    """
    if media_type(request) != "multipart/form-data":
        raise _unsupported(request, "multipart/form-data")
    try:
        form = await request.form(
            max_files=most_files, max_fields=MOST_FIELDS, max_part_size=MOST_FIELD_BYTES
        )
    except HTTPException as error:
        if error.status_code != 400:
            raise
        raise Malformed("the form cannot be read", actual=error.detail, fix="mend it") from None
    try:
        yield _sorted(form)
    finally:
        await form.close()


def validated(model: type[Model], document: object, root: str = "") -> Model:
    """Return ``document`` as a model.

    Raises:
        Misplaced: it is none; says where.
    """
    if not isinstance(document, dict):
        said = InvalidRecipe("an object was expected", fix="write {…}")
        raise Misplaced(said, [Place(pointer=root, detail="Not an object.")])
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise misplaced(error, model, root) from None


async def keep_upload(
    desk: Desk, caller: Caller, upload: UploadFile, pointer: str = "/source", role: str = SOURCE
) -> str:
    """Keep an uploaded still, or another file of a recipe; return its source's id."""
    with placed(pointer):
        return await _keep(desk, caller, _pieces(upload.file), role)


async def keep_reference(
    desk: Desk,
    caller: Caller,
    source: SourceRef,
    pointer: str = "/source/{}",
    role: str = SOURCE,
) -> str:
    """Return the id of a file that is named by address, bytes or id; fetch and keep it first.

    Args:
        pointer: where the reference is in the request, ``{}`` standing for its kind.
        role: what the file is read as.
    """
    if source.id is not None:
        return source.id
    if source.base64 is not None:
        with placed(pointer.format("base64")):
            return await _keep(desk, caller, decoded(source.base64), role)
    assert source.url is not None
    with placed(pointer.format("url")), tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
        await desk.fetcher.fetch(source.url, cast(BinaryIO, file))
        return await _keep(desk, caller, _pieces(cast(BinaryIO, file)), role)


async def _keep(desk: Desk, caller: Caller, data: bytes | Iterator[bytes], role: str) -> str:
    return await in_turn(desk, desk.renders.add_source, caller.tenant, data, role)


@contextmanager
def placed(pointer: str) -> Iterator[None]:
    """Give what is wrong inside the block its place in the request.

    Raises:
        Misplaced: what was wrong, with its place.
    """
    try:
        yield
    except Misplaced:
        raise
    except InvalidInput as error:
        raise Misplaced(error, [Place(pointer=pointer, detail=str(error))]) from error


def decoded(text: str) -> bytes:
    """Return the bytes of a base64 text, which may be a ``data:`` address.

    Raises:
        InvalidSource: it is none.

    >>> decoded("data:image/png;base64,aGk=")
    b'hi'
    """
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidSource("source.base64 is not base64", fix="encode the file's bytes") from None


def missing_source(pointer: str = "/source") -> Misplaced:
    """Return the refusal of a request without a still."""
    said = InvalidSource(
        "there is no still in the request",
        allowed="a file field `source`, or source with url, id or base64",
        fix='add one, e.g. "source": {"url": "https://…"}',
    )
    return Misplaced(said, [Place(pointer=pointer, detail="Missing.")])


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def _sorted(form: FormData) -> Form:
    files: dict[str, tuple[UploadFile, ...]] = {}
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files[name] = (*files.get(name, ()), value)
        else:
            fields[name] = value
    return Form(fields, files)


def _values(text: bytes | str) -> int:
    """Return the most values that a text can hold, without reading them: each takes memory."""
    signs: tuple[Any, ...] = (b",", b"[", b"{") if isinstance(text, bytes) else (",", "[", "{")
    return sum(text.count(sign) for sign in signs)


def _check_values(document: object, what: str) -> None:
    """Refuse what would only fail later: depth, halves of characters, zero bytes, infinities."""
    level = [document]
    for _ in range(DEEPEST):
        if any(_is_odd(item) for item in level):
            raise Malformed(f"{what} holds a value that JSON cannot carry on", fix="mend it")
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return
    raise _too_deep(what)


def _is_odd(item: object) -> bool:
    if isinstance(item, float):
        return not math.isfinite(item)
    if isinstance(item, dict):
        return any(_is_odd(key) for key in item)
    return isinstance(item, str) and ("\0" in item or _has_surrogates(item))


def _has_surrogates(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _too_deep(what: str) -> Malformed:
    return Malformed(f"{what} is nested too deeply", allowed=f"{DEEPEST} levels", fix="flatten it")


def _no_constant(name: str) -> float:
    raise json.JSONDecodeError(f"{name} is no JSON number", name, 0)


def _unsupported(request: Request, allowed: str) -> UnsupportedMedia:
    actual = media_type(request) or "no Content-Type"
    return UnsupportedMedia(
        f"the body is {actual!r}", actual=actual, allowed=allowed, fix="set Content-Type"
    )
