"""Small modules, small functions, no swallowed errors, no test that cannot fail."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = sorted(
    path for room in ("pipelines", "service", "docs") for path in (ROOT / room).rglob("*.py")
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FILES = [*PROGRAM, *TESTS, *sorted((ROOT / "benchmarks").rglob("*.py"))]

LONGEST_MODULE, LONGEST_FUNCTION = 500, 60
MEDIAN_MODULE, MEDIAN_FUNCTION = 150, 10

Function = ast.FunctionDef | ast.AsyncFunctionDef


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def length(function: Function) -> int:
    """Lines from ``def`` to the end, docstring included."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def place(path: Path, node: ast.stmt | ast.ExceptHandler) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def test_no_module_is_long() -> None:
    assert [str(path) for path in FILES if lines(path) > LONGEST_MODULE] == []


def test_no_function_is_long() -> None:
    long = [
        place(path, each)
        for path in FILES
        for each in functions(path)
        if length(each) > LONGEST_FUNCTION
    ]
    assert long == []


def test_most_of_the_program_is_short() -> None:
    modules = [lines(path) for path in PROGRAM]
    bodies = [length(each) for path in PROGRAM for each in functions(path)]
    assert len(modules) > 100
    assert median(modules) <= MEDIAN_MODULE
    assert median(bodies) <= MEDIAN_FUNCTION


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Whether it catches everything."""
    named = [handler.type] if not isinstance(handler.type, ast.Tuple) else handler.type.elts
    broad = {None, "Exception", "BaseException"}
    return any((kind.id if isinstance(kind, ast.Name) else kind) in broad for kind in named)


def does_nothing(handler: ast.ExceptHandler) -> bool:
    """Whether it neither raises nor calls nor returns a thing."""
    doers = (ast.Raise, ast.Call, ast.Yield)
    returns = [node for node in ast.walk(handler) if isinstance(node, ast.Return)]
    acts = any(isinstance(node, doers) for node in ast.walk(handler))
    return not acts and all(node.value is None for node in returns)


def swallowed(path: Path) -> list[str]:
    handlers = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ExceptHandler)]
    return [place(path, each) for each in handlers if is_broad(each) and does_nothing(each)]


def test_no_error_is_swallowed() -> None:
    assert [found for path in FILES for found in swallowed(path)] == []


@pytest.mark.parametrize("kind", ["", " Exception", " BaseException", " (ValueError, Exception)"])
def test_a_swallowed_error_would_be_seen(kind: str) -> None:
    (attempt,) = ast.parse(f"try:\n  f()\nexcept{kind}:\n  pass").body
    assert isinstance(attempt, ast.Try)
    assert is_broad(attempt.handlers[0])
    assert does_nothing(attempt.handlers[0])


def called(function: Function) -> set[str]:
    """Names of what it calls, without what they belong to."""
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return {
        each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in calls
    }


def checks(function: Function) -> bool:
    """Whether it can fail by itself: an assert, an expected or the only allowed error, a check."""
    expects = {"raises", "warns", "fail", "suppress", "check_schema"} & called(function)
    numpy = any(name.startswith("assert_") for name in called(function))
    asserts = any(isinstance(node, ast.Assert) for node in ast.walk(function))
    return bool(expects) or numpy or asserts


def test_every_test_checks_something() -> None:
    """A test checks by itself, or calls a function of the tests that does."""
    everything = [(path, each) for path in TESTS for each in functions(path)]
    checkers = {each.name for _, each in everything if checks(each)}
    tests = [(path, each) for path, each in everything if each.name.startswith("test_")]
    idle = [
        f"{place(path, each)} {each.name}"
        for path, each in tests
        if not checks(each) and not called(each) & checkers
    ]
    assert len(tests) > 100
    assert idle == []
