"""Without what the extra brings, the engine is a name and a sentence."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import sys
sys.modules[sys.argv[1]] = None  # as if it were not installed
from pipelines.errors import MissingExtra
from pipelines.motion.engine import MOTION_ENGINES
assert "remote" in MOTION_ENGINES.names
try:
    MOTION_ENGINES["remote"]
except MissingExtra as error:
    print(error)
"""


@pytest.mark.parametrize("library", ["httpx2", "tenacity"])
def test_a_missing_library_names_the_extra(library: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, library], capture_output=True, text=True, check=True
    )
    assert "pip install 'stillwave[remote]'" in done.stdout


def test_a_render_on_the_cpu_loads_no_http_client() -> None:
    script = (
        "import sys, pipelines.render; from pipelines.motion.engine import MOTION_ENGINES;"
        "MOTION_ENGINES['parallax']; print([name for name in ('httpx2', 'tenacity') "
        "if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
