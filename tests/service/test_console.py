"""Plain progress: a line when a stage starts, and one at each quarter."""

from __future__ import annotations

import pytest

from service.console import PlainLines


def test_a_counted_stage_says_its_quarters(capsys: pytest.CaptureFixture[str]) -> None:
    listener = PlainLines()
    listener("look", 0, 0)
    for done in range(101):
        listener("encode", done, 100)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "look",
        "encode",
        "encode 25/100",
        "encode 50/100",
        "encode 75/100",
        "encode 100/100",
    ]


def test_a_stage_that_runs_again_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    listener = PlainLines()
    for done in (0, 1, 0, 1):
        listener("encode", done, 1)
    assert capsys.readouterr().err.splitlines() == ["encode", "encode 1/1"] * 2


def test_nothing_goes_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    PlainLines()("look", 0, 0)
    assert capsys.readouterr().out == ""
