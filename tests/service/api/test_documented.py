"""docs/api.md names every route, and its lines of shell make a loop."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import av
import httpx2
import pytest

from service.settings import Settings
from tests.docs_text import DOCS, ROOT, blocks
from tests.service.api.conftest import Service

pytestmark = pytest.mark.xdist_group("service-api")

PAGE = DOCS / "api.md"


def test_every_route_has_its_line(http: httpx2.Client) -> None:
    document: dict[str, Any] = http.get("/openapi.json").json()
    routes = {
        f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item
    }
    assert routes == set(re.findall(r"^\| `([A-Z]+ /\S+)` \|", PAGE.read_text("utf-8"), re.M))


def test_the_three_lines_make_a_loop(service: Service, tmp_path: Path) -> None:
    (script,) = (block for block in blocks(PAGE, "sh") if "curl" in block)
    script = script.replace("http://127.0.0.1:8000", service.url)
    script = script.replace("@samples", f"@{ROOT}/samples")
    subprocess.run(["sh", "-euc", script], cwd=tmp_path, check=True, timeout=100)
    with av.open(str(tmp_path / "loop.mp4"), "r") as container:
        assert container.streams.video[0].frames > 10


@pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")
def test_the_python_lines_make_a_video(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    monkeypatch.chdir(tmp_path)
    (snippet,) = blocks(PAGE, "python")
    names: dict[str, Any] = {}
    exec(compile(snippet.replace("http://127.0.0.1:8000", service.url), str(PAGE), "exec"), names)
    names["client"].close()
    with av.open(str(tmp_path / "video.mp4"), "r") as container:
        assert container.streams.video[0].frames > 10


def test_settings_named_there_exist() -> None:
    named = set(re.findall(r"STILLWAVE_([A-Z_]+)", PAGE.read_text("utf-8")))
    assert named
    assert named <= {name.upper() for name in Settings.model_fields}
