"""Files over HTTP: whole, in part, or not at all (RFC 9110)."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.service.api.conftest import assert_problem

pytestmark = pytest.mark.xdist_group("service-api")


@pytest.fixture(scope="module")
def file(http: httpx2.Client, done: dict[str, Any]) -> tuple[str, bytes, str]:
    """A file's address, its bytes and its tag."""
    found = next(each for each in done["artifacts"] if each["name"] == "web-loop.mp4")
    answer = http.get(found["url"])
    assert answer.headers["etag"] == f'"{found["sha256"]}"'
    assert answer.headers["accept-ranges"] == "bytes"
    return found["url"], answer.content, answer.headers["etag"]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=100-100", 100, 100),
        ("bytes=500-", 500, None),
        ("bytes=-300", -300, None),
        ("bytes=10-99999999999", 10, None),
        ("bytes=-99999999999", 0, None),
    ],
)
def test_a_range_is_that_part(
    http: httpx2.Client, file: tuple[str, bytes, str], asked: str, first: int, last: int | None
) -> None:
    url, whole, tag = file
    answer = http.get(url, headers={"Range": asked})
    first %= len(whole)
    end = len(whole) - 1 if last is None else last
    assert answer.status_code == 206
    assert answer.content == whole[first : end + 1]
    assert answer.headers["content-range"] == f"bytes {first}-{end}/{len(whole)}"
    assert answer.headers["etag"] == tag


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,4-5", "items=0-1", "bytes=x-y", "bytes=-", "bytes=9-3"]
)
def test_what_is_no_single_range_is_answered_whole(
    http: httpx2.Client, file: tuple[str, bytes, str], asked: str
) -> None:
    answer = http.get(file[0], headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, file[1])


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0"])
def test_a_range_beyond_the_end_is_refused(
    http: httpx2.Client, file: tuple[str, bytes, str], asked: str
) -> None:
    answer = http.get(file[0], headers={"Range": asked})
    assert_problem(answer, 416, "range-refused")
    assert answer.headers["content-range"] == f"bytes */{len(file[1])}"


def test_a_changed_file_is_never_spliced(http: httpx2.Client, file: tuple[str, bytes, str]) -> None:
    url, whole, tag = file
    same = http.get(url, headers={"Range": "bytes=5-", "If-Range": tag})
    other = http.get(url, headers={"Range": "bytes=5-", "If-Range": '"another"'})
    assert (same.status_code, same.content) == (206, whole[5:])
    assert (other.status_code, other.content) == (200, whole)


@pytest.mark.parametrize("held", ["{tag}", "W/{tag}", '"x", {tag}', "*"])
def test_who_has_it_is_spared(http: httpx2.Client, file: tuple[str, bytes, str], held: str) -> None:
    answer = http.get(file[0], headers={"If-None-Match": held.format(tag=file[2])})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == file[2]
    assert http.get(file[0], headers={"If-None-Match": '"x"'}).status_code == 200


def test_head_tells_without_sending(http: httpx2.Client, file: tuple[str, bytes, str]) -> None:
    answer = http.head(file[0])
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) == len(file[1])


def test_it_is_shown_or_saved_and_nothing_in_it_runs(
    http: httpx2.Client, file: tuple[str, bytes, str], done: dict[str, Any]
) -> None:
    shown = http.get(file[0])
    saved = http.get(file[0], params={"download": "true"})
    name = f"{done['id']}-web-loop.mp4"
    assert shown.headers["content-disposition"] == f"inline; filename*=UTF-8''{name}"
    assert saved.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "name",
    ["nope.mp4", "..%2f", "%2e%2e%2f%2e%2e%2fservice.sqlite", "web-loop.mp4%00", "%0d%0aX: y"],
)
def test_only_its_own_files_are_there(http: httpx2.Client, done: dict[str, Any], name: str) -> None:
    answer = http.get(f"{done['links']['self']}/artifacts/{name}")
    assert answer.status_code == 404
    assert "x" not in answer.headers


def test_a_name_may_lie_in_a_folder(http: httpx2.Client, done: dict[str, Any]) -> None:
    """Variations of a still do: the route looks for them by their whole name."""
    answer = http.get(f"{done['links']['self']}/artifacts/stills/00.png")
    assert answer.status_code == 404
    assert "artifact 'stills/00.png'" in answer.json()["detail"]
