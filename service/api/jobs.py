"""What renders and explorations have in common at this door."""

from __future__ import annotations

from typing import TypeVar

from fastapi import Request
from starlette.responses import Response

from pipelines.spec import RenderSpec
from service.api.bodies import (
    Form,
    keep_reference,
    keep_upload,
    media_type,
    missing_source,
    parse_json,
    read_form,
    read_json,
    validated,
)
from service.api.desk import Caller, Desk, in_thread
from service.api.files import send_file
from service.api.headers import wait_of
from service.api.recipe_files import with_files, without_files
from service.api.schemas import PageResource, RenderRequest
from service.api.stream import wait_for_end
from service.errors import Malformed, NotFound
from service.jobs.nouns import LIVE, Kind, Render, State
from service.jobs.recipe_files import PLACES, SOURCE
from service.logs import about_render
from service.resources import RenderResource, home_of

Wanted = TypeVar("Wanted", bound=RenderRequest)

FILES = (SOURCE, *PLACES)
"""Fields of a form that hold files."""


async def read_request(
    request: Request, desk: Desk, caller: Caller, model: type[Wanted]
) -> tuple[Wanted, str]:
    """Read a form or a JSON body; return what is wanted and the id of its kept still."""
    if media_type(request) == "multipart/form-data":
        return await _from_form(request, desk, caller, model)
    document = await read_json(request)
    wanted = _first_look(model, document, "")
    if wanted.source is None:
        raise missing_source()
    source_id = await keep_reference(desk, caller, wanted.source)
    whole = await with_files(desk, caller, document, "")
    return _second_look(wanted, document, whole, ""), source_id


async def _from_form(
    request: Request, desk: Desk, caller: Caller, model: type[Wanted]
) -> tuple[Wanted, str]:
    async with read_form(request, most_files=len(FILES)) as form:
        _require_our_fields(form)
        document = parse_json(form.fields.get("spec") or "{}", "spec")
        wanted = _first_look(model, document, "/spec")
        if "source" in form.files:
            source_id = await keep_upload(desk, caller, form.files["source"][0])
        elif wanted.source is not None:
            source_id = await keep_reference(desk, caller, wanted.source, "/spec/source/{}")
        else:
            raise missing_source()
        whole = await with_files(desk, caller, document, "/spec", form)
        return _second_look(wanted, document, whole, "/spec"), source_id


def _require_our_fields(form: Form) -> None:
    unknown = sorted({*form.fields, *form.files} - {"spec", *FILES})
    if unknown:
        raise Malformed(
            f"the form has a field {unknown[0]!r}",
            allowed=f"the files {', '.join(FILES)}, and spec as JSON",
            fix="put everything else into spec",
        )
    for name, uploads in form.files.items():
        if len(uploads) > 1:
            raise Malformed(f"the form has {len(uploads)} files {name!r}", fix="send one")


def _first_look(model: type[Wanted], document: object, root: str) -> Wanted:
    """Return what is wanted, before anything is fetched or kept for it."""
    told = without_files(document) if isinstance(document, dict) else document
    return validated(model, told, root)


def _second_look(wanted: Wanted, before: object, document: object, root: str) -> Wanted:
    """Return what is wanted, with the names of the files that were kept."""
    return wanted if document == before else validated(type(wanted), document, root)


def recipe_of(wanted: RenderRequest) -> RenderSpec:
    """Return the recipe alone, without what only the service reads."""
    keys = RenderSpec.model_fields.keys() - {"source"}
    return RenderSpec.model_construct(**{key: getattr(wanted, key) for key in keys})


async def accepted(desk: Desk, render: Render, prefer: str | None) -> Response:
    """Answer a new job: at once, or when it ended if the client prefers to wait."""
    about_render(render.id)
    headers = {"Location": home_of(render)}
    seconds = wait_of(prefer)
    if seconds:
        render = await wait_for_end(desk, render, seconds)
        headers["Preference-Applied"] = f"wait={seconds:g}"
    body = RenderResource.of(render).model_dump_json()
    status = 202 if render.state in LIVE else 200
    return Response(body, status, headers, media_type="application/json")


async def found(desk: Desk, caller: Caller, kind: Kind, id: str) -> Render:
    """Return the caller's job.

    Raises:
        NotFound: the caller has none of that id and kind.
    """
    about_render(id)
    render = await in_thread(desk.renders.get, caller.tenant, id)
    if render.kind != kind:
        raise NotFound(kind, id)
    return render


async def listed(
    desk: Desk, caller: Caller, kind: Kind, cursor: str | None, limit: int, state: State | None
) -> PageResource:
    """Return part of the caller's list."""
    page = await in_thread(
        desk.renders.list, caller.tenant, cursor=cursor, limit=limit, state=state, kind=kind
    )
    items = tuple(RenderResource.of(each, with_report=False) for each in page.items)
    return PageResource(data=items, next_cursor=page.next_cursor)


async def ended(desk: Desk, caller: Caller, kind: Kind, id: str) -> RenderResource:
    """Cancel a live job, which stays in the list; forget one that has ended, and its files."""
    render = await found(desk, caller, kind, id)
    if render.state in LIVE:
        render = await in_thread(desk.renders.cancel, caller.tenant, id)
    else:
        await in_thread(desk.renders.delete, caller.tenant, id)
    return RenderResource.of(render)


async def sent(
    request: Request, desk: Desk, caller: Caller, render: Render, name: str, download: bool
) -> Response:
    """Send one of a job's files."""
    stored = await in_thread(desk.renders.artifact, caller.tenant, render.id, name)
    return await in_thread(send_file, request, stored, f"{render.id}-{name}", download)
