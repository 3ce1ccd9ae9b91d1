"""The protocol's side: lists the tools, and turns calls into answers and errors into sentences."""

from __future__ import annotations

import base64
import json
import logging
import threading
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anyio
from anyio import from_thread, to_thread
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ContentBlock,
    ImageContent,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp_types import Tool as ToolDescription
from pydantic import ValidationError

from pipelines.errors import StillwaveError, UnknownName
from pipelines.refusal import refusal
from service.mcp.home import Home
from service.mcp.tools import TOOLS, Answer, Call, Tool
from service.settings import Settings

LOG = logging.getLogger("stillwave.mcp")

NAME = "stillwave"

INSTRUCTIONS = (
    "Turns one product still into short, seamless loops for social platforms. The way of working: "
    "inspect the still; explore a few looks and cameras; wait and fetch, and let the person choose "
    "from the contact sheet; promote the chosen draft; wait and fetch the finals. For a single "
    "loop: render, wait, fetch. The tool list names looks, cameras and formats."
)

UNEXPECTED = "something went wrong here; the server's log says what."


def serve_agents(settings: Settings, url: str | None, out: Path) -> None:
    """Answer on stdin and stdout until the other side closes them.

    Args:
        settings: of this machine.
        url: of the service that does the work; None starts one here when it is needed.
        out: receives the files.
    """
    anyio.run(_serve, Door(settings, Home(settings, url), out))


async def _serve(door: Door) -> None:
    server = Server(
        NAME,
        version=version("stillwave"),
        title="Stillwave",
        instructions=INSTRUCTIONS,
        on_list_tools=door.list_tools,
        on_call_tool=door.call_tool,
    )
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


class Door:
    """Answers what an agent asks.

    Args:
        settings: of this machine.
        home: where the work is done.
        out: receives the files.
    """

    def __init__(self, settings: Settings, home: Home, out: Path) -> None:
        self._settings = settings
        self._home = home
        self._out = out

    async def list_tools(
        self, context: ServerRequestContext, params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        """Describe the tools."""
        return ListToolsResult(tools=[describe(tool) for tool in TOOLS.values()])

    async def call_tool(
        self, context: ServerRequestContext, params: CallToolRequestParams
    ) -> CallToolResult:
        """Do what a tool does, in a thread; an expected error is the answer's sentence."""
        cancel = threading.Event()
        call = Call(self._settings, self._home, self._out, _listener(context), cancel)
        work = partial(answer, call, params.name, params.arguments or {})
        try:
            return written(await to_thread.run_sync(work, abandon_on_cancel=True))
        except StillwaveError as error:
            return refused(str(error), error)
        except Exception:  # the last place to catch one: its trace is for the log alone
            LOG.exception("unexpected")
            return refused(UNEXPECTED)
        finally:
            cancel.set()


def answer(call: Call, name: str, arguments: dict[str, Any]) -> Answer:
    """Find a tool, read what it is told, and do it.

    Raises:
        UnknownName: no such tool, or no such argument.
        InvalidInput: an argument that does not parse.
        StillwaveError: whatever the tool raises.
    """
    if name not in TOOLS:
        raise UnknownName("tool", name, TOOLS)
    tool = TOOLS[name]
    try:
        told = tool.arguments.model_validate(arguments)
    except ValidationError as error:
        raise refusal(error, tool.arguments) from None
    return tool.do(call, told)


def describe(tool: Tool) -> ToolDescription:
    """Say what a tool does and what it is told."""
    return ToolDescription(
        name=tool.name,
        description=tool.do.__doc__,
        input_schema=tool.arguments.model_json_schema(),
        annotations=ToolAnnotations(
            read_only_hint=tool.reads_only, destructive_hint=tool.name == "cancel"
        ),
    )


def written(said: Answer) -> CallToolResult:
    """Write an answer: its document as text and as data, then the pictures with their captions."""
    text = json.dumps(dict(said.document), ensure_ascii=False, default=str)
    content: list[ContentBlock] = [TextContent(type="text", text=text)]
    for caption, data in said.pictures:
        content.append(TextContent(type="text", text=caption))
        encoded = base64.b64encode(data).decode()
        content.append(ImageContent(type="image", data=encoded, mime_type="image/jpeg"))
    return CallToolResult(content=content, structured_content=json.loads(text))


def refused(sentence: str, error: StillwaveError | None = None) -> CallToolResult:
    """Write an error, so that an agent can mend what it asked for."""
    content: list[ContentBlock] = [TextContent(type="text", text=sentence)]
    if error is None:
        return CallToolResult(content=content, is_error=True)
    told = {"type": type(error).__name__, "detail": sentence}
    told |= {"allowed": error.allowed, "fix": error.fix}
    return CallToolResult(content=content, structured_content=told, is_error=True)


def _listener(context: ServerRequestContext) -> Callable[[str, int, int], None]:
    """Return what passes progress on from the tool's thread; each figure is above the last."""
    steps = 0
    last = ""

    def heard(stage: str, done: int, total: int) -> None:
        nonlocal steps, last
        text = f"{stage} {done}/{total}" if total else stage
        if text != last:
            steps, last = steps + 1, text
            from_thread.run(context.session.report_progress, float(steps), None, text)

    return heard
