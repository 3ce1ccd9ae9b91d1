"""``/v1/sources``: keep a still once, name it in many requests."""

from __future__ import annotations

from fastapi import APIRouter, Request

from service.api.bodies import (
    keep_reference,
    keep_upload,
    media_type,
    missing_source,
    read_form,
    read_json,
    validated,
)
from service.api.desk import AtDesk, Writer
from service.api.documents import RECIPE_FILES, STILL, form_body, json_body
from service.api.schemas import SourceRequest, SourceResource

router = APIRouter(prefix="/v1/sources", tags=["sources"])

_FIELDS = {"source": STILL, **RECIPE_FILES}
_BODY = json_body(SourceRequest)
_BODY["requestBody"]["content"] |= form_body(_FIELDS, [])["requestBody"]["content"]


@router.post("", status_code=201, openapi_extra=_BODY)
async def create_source(request: Request, desk: AtDesk, caller: Writer) -> SourceResource:
    """Keep a still: a file in a form, or an address or base64 in JSON.

    A file that a recipe names, a depth map for one, comes in the field of that name.
    """
    if media_type(request) == "multipart/form-data":
        async with read_form(request, most_files=1) as form:
            for role in _FIELDS:
                for upload in form.files.get(role, ()):
                    return SourceResource(
                        id=await keep_upload(desk, caller, upload, f"/{role}", role)
                    )
            raise missing_source()
    wanted = validated(SourceRequest, await read_json(request))
    return SourceResource(id=await keep_reference(desk, caller, wanted, "/{}"))
