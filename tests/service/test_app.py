"""The HTTP process is light: what it imports, how soon, how much memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HEAVY = (
    "torch",
    "diffusers",
    "transformers",
    "onnxruntime",
    "rapidocr",
    "scipy",
    "av",
    "opentelemetry.sdk",
    "botocore",
)

START = "import time; import service.app; print(time.process_time())"

WORK = f"""
import sys
from pathlib import Path
from fastapi.testclient import TestClient
from service.app import create_app
from service.settings import read_settings
with TestClient(create_app(read_settings()), base_url="http://localhost") as http:
    for name in ("looks", "cameras", "ambient", "formats", "engines", "models"):
        assert http.get("/v1/" + name).status_code == 200, name
    still = Path("samples/coffee.jpg").read_bytes()
    answer = http.post("/v1/renders", files={{"source": still}})
    assert answer.status_code == 202, answer.text
print(*[name for name in {HEAVY} if name in sys.modules])
"""


def started(script: str, data_dir: Path) -> list[str]:
    root = str(Path(__file__).parents[2])
    environment = {
        **os.environ,
        "PYTHONPATH": root,
        "STILLWAVE_DATA_DIR": str(data_dir),
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.splitlines()


def test_importing_the_app_is_quick(tmp_path: Path) -> None:
    """Processor time of the whole interpreter, so that a busy machine does not count."""
    started(START, tmp_path)  # compiles
    (seconds,) = started(START, tmp_path)
    assert float(seconds) <= 1.5


def test_accepting_a_render_loads_no_engine(tmp_path: Path) -> None:
    assert started(WORK, tmp_path) == [""]
