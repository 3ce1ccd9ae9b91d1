"""One JSON object a line, with the ids of what it is about."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from service.logs import RENDER, REQUEST, JsonLines, about_render


def line(message: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - logging's own keywords
    logger = logging.getLogger("service.somewhere")
    record = logger.makeRecord("service.somewhere", logging.INFO, "f", 1, message, (), **more)
    written = JsonLines().format(record)
    assert "\n" not in written
    found: dict[str, Any] = json.loads(written)
    return found


def test_a_line_says_when_who_and_what() -> None:
    said = line("two\nlines “and” quotes", exc_info=None)
    assert (said["level"], said["logger"]) == ("info", "service.somewhere")
    assert said["message"] == "two\nlines “and” quotes"
    assert said["at"].endswith("+00:00")
    assert "request_id" not in said


def test_ids_and_fields_are_in_it() -> None:
    tokens = REQUEST.set("req_1"), RENDER.set(None)
    about_render("r1")
    said = line("x", exc_info=None, extra={"fields": {"status": 200}})
    REQUEST.reset(tokens[0])
    RENDER.reset(tokens[1])
    assert (said["request_id"], said["render_id"], said["status"]) == ("req_1", "r1", 200)


def test_a_traceback_stays_in_its_line() -> None:
    with pytest.raises(KeyError) as caught:
        dict[str, str]()["nothing"]
    said = line("failed", exc_info=(KeyError, caught.value, caught.tb))
    assert "KeyError: 'nothing'" in said["traceback"]


def test_every_logger_of_a_process_writes_so() -> None:
    script = "import logging; from service.logs import log_json; log_json(); "
    script += "logging.getLogger('other.library').warning('hello')"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stderr)["message"] == "hello"
    assert done.stdout == ""
