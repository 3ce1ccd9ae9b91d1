"""The agents' door, driven by the SDK's own client over stdin and stdout of a real process."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import psutil
import pytest
from jsonschema import Draft202012Validator
from mcp import Client, StdioServerParameters, stdio_client
from mcp_types import CallToolResult, ImageContent, TextContent
from PIL import Image

from pipelines.spec import RenderSpec
from service.mcp.server import describe
from service.mcp.tools import TOOLS
from tests.docs_text import DOCS
from tests.service.api.conftest import DRAFT, ROOT, serving, surroundings

pytestmark = pytest.mark.xdist_group("service-mcp")

NAMES = ["inspect", "list", "explore", "render", "promote", "wait", "fetch", "cancel"]


def talk(folder: Path, talk_to: Callable[[Client], Awaitable[None]], *options: str) -> None:
    """Start the program and have an agent talk to it."""
    told = surroundings(folder / "data", min_free_mb="0")
    start = StdioServerParameters(
        command=sys.executable,
        args=["-c", "from service.cli import main; main()", "mcp", "--out", "made", *options],
        env={name: told[name] for name in ("STILLWAVE_DATA_DIR", "PYTHONPATH")},
        cwd=folder,
    )

    async def session() -> None:
        with Path(os.devnull).open("w") as log:
            async with Client(stdio_client(start, errlog=log)) as client:
                await talk_to(client)

    asyncio.run(asyncio.wait_for(session(), 120))


def document(result: CallToolResult) -> dict[str, Any]:
    """Return an answer's data, which its first text repeats."""
    text = result.content[0]
    assert isinstance(text, TextContent)
    assert not result.is_error, text.text
    assert json.loads(text.text) == result.structured_content
    found: dict[str, Any] = result.structured_content
    return found


def pictures(result: CallToolResult) -> list[Image.Image]:
    """Decode an answer's pictures."""
    found = [each for each in result.content if isinstance(each, ImageContent)]
    opened: list[Image.Image] = [Image.open(BytesIO(base64.b64decode(each.data))) for each in found]
    for picture, content in zip(opened, found, strict=True):
        picture.load()
        assert Image.MIME[str(picture.format)] == content.mime_type
        assert max(picture.size) <= 1568
    return opened


def processes() -> list[psutil.Process]:
    """The program and what it started."""
    (program,) = (each for each in psutil.Process().children() if "mcp" in each.cmdline())
    return [program, *program.children(recursive=True)]


def test_alone_it_does_the_whole_journey_and_leaves_nobody_behind(
    samples: Path, tmp_path: Path
) -> None:
    still = str(samples / "coffee.jpg")
    heard: list[tuple[float, str | None]] = []
    family: list[psutil.Process] = []

    async def told(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, message))

    async def agent(client: Client) -> None:
        listed = (await client.list_tools()).tools
        assert [tool.name for tool in listed] == NAMES
        looked = document(await client.call_tool("inspect", {"still": still}))
        assert (looked["figures"]["width"], looked["figures"]["height"]) == (600, 400)

        tried = {"still": still, **DRAFT, "looks": ["winter", "noir"], "cameras": ["orbit"]}
        job = document(await client.call_tool("explore", tried))["job"]
        family.extend(processes())
        ended = document(
            await client.call_tool("wait", {"job": job, "seconds": 100}, progress_callback=told)
        )
        assert ended["state"] == "succeeded"
        fetched = await client.call_tool("fetch", {"job": job})
        files = [Path(name) for name in document(fetched)["files"]]
        assert {path.name for path in files} >= {"01.mp4", "02.mp4", "contact-sheet.png"}
        assert all(path.parent == tmp_path / "made" / job for path in files)
        assert all(path.stat().st_size for path in files)
        (sheet,) = pictures(fetched)
        assert sheet.width > sheet.height

        chosen = {"exploration": job, "draft": "02", "changes": {"seconds": 0.5, "fps": 12}}
        final = document(await client.call_tool("promote", chosen))["job"]
        done = document(await client.call_tool("wait", {"job": final, "seconds": 100}))
        assert done["artifacts"][0]["falls_short_of"] == []
        fetched = await client.call_tool("fetch", {"job": final, "folder": str(tmp_path / "mine")})
        poster, frames = pictures(fetched)
        assert poster.size == (done["artifacts"][0]["width"], done["artifacts"][0]["height"])
        assert frames.width > 3 * frames.height
        report = json.loads((tmp_path / "mine/report.json").read_text())
        assert report["recipe"]["look"]["name"] == "noir"
        assert report["recipe"]["quality"] == "final"

    talk(tmp_path, agent)
    steps = [step for step, _ in heard]
    assert steps == sorted(set(steps))
    assert {"drafts 0/2"} & {str(message) for _, message in heard}
    assert len(family) >= 3, "the program, and its service: HTTP and worker"
    assert psutil.wait_procs(family, timeout=30)[1] == []


def test_with_a_service_it_does_what_that_one_does_and_says_what_it_says(
    samples: Path, tmp_path: Path
) -> None:
    still = str(samples / "coffee.jpg")

    async def said(client: Client, name: str, arguments: dict[str, Any]) -> str:
        result = await client.call_tool(name, arguments)
        assert result.is_error
        text = result.content[0]
        assert isinstance(text, TextContent)
        assert text.text == result.structured_content["detail"]
        assert "Traceback" not in text.text
        return text.text

    async def agent(client: Client) -> None:
        looks = document(await client.call_tool("list", {"what": "looks"}))["looks"]
        assert "golden-hour" in {look["id"] for look in looks}
        job = document(await client.call_tool("render", {"still": still, **DRAFT}))
        assert job["state"] == "queued"
        waited = document(await client.call_tool("wait", {"job": job["job"], "seconds": 0}))
        assert (waited["state"], waited["next"]) == ("queued", "call wait with this job")
        assert "queued" in await said(client, "fetch", {"job": job["job"]})
        ended = document(await client.call_tool("cancel", {"job": job["job"]}))
        assert ended["state"] == "canceled"
        assert "cancelled" in await said(client, "wait", {"job": job["job"]})

        wrong = {"still": still, "look": "golden-hou"}
        assert "did you mean 'golden-hour'" in await said(client, "render", wrong)
        assert "seconds" in await said(client, "render", {"still": still, "secnds": 2})
        assert "0.5 to 60" in await said(client, "render", {"still": still, "seconds": 99})
        assert "does not exist" in await said(client, "render", {"still": "/none/cup.jpg"})
        assert "exactly one of still and source" in await said(client, "explore", {})
        assert "check the id" in await said(client, "wait", {"job": "nope"})
        assert "did you mean 'render'" in await said(client, "rendr", {})
        private = {"source": {"url": "http://127.0.0.1/cup.jpg"}}
        assert "127.0.0.1" in await said(client, "render", private)

    with serving(surroundings(tmp_path / "theirs"), "--workers", "0") as service:
        talk(tmp_path, agent, "--server", service.url)
        with service.client() as http:
            (only,) = http.get("/v1/renders").json()["data"]
    assert only["state"] == "canceled"


@pytest.mark.parametrize("name", NAMES)
def test_every_tool_is_described_by_its_models(name: str) -> None:
    tool = describe(TOOLS[name])
    Draft202012Validator.check_schema(tool.input_schema)
    assert tool.description
    for key, part in tool.input_schema["properties"].items():
        assert part.get("description"), key
    for example in tool.input_schema.get("examples", ()):
        Draft202012Validator(tool.input_schema).validate(example)
        TOOLS[name].arguments.model_validate(example)


@pytest.mark.parametrize("name", ["render", "explore"])
def test_a_recipe_is_written_once(name: str) -> None:
    """Every key of a recipe, with its own schema, and nothing of it by hand."""
    recipe = RenderSpec.model_json_schema()
    tool = describe(TOOLS[name])
    for key, part in recipe["properties"].items():
        assert tool.input_schema["properties"][key] == part


def test_the_guide_names_every_tool() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (DOCS / "agents.md").read_text("utf-8"), re.M)
    assert rows == NAMES


def test_help_says_what_it_is() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from service.cli import main; main()", "mcp", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Model Context Protocol" in done.stdout
