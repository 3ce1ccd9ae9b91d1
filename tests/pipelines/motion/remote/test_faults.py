"""A server that is down, slow, sends a web page, fails, lies: one sentence each, nothing lost."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace

import pytest

from pipelines.context import Context
from pipelines.errors import Cancelled, RemoteFailed
from pipelines.machine import RemoteServer
from pipelines.motion.engine import Direction
from tests.pipelines.motion.remote.conftest import Animate
from tests.pipelines.motion.remote.running import RunningServer

PROMPT = 5.0
"""Seconds: far below what the tests' servers would take, far above a busy machine's delays."""


def refused(animate: Animate, **changes: object) -> RemoteFailed:
    """Return the error of an order that fails."""
    with pytest.raises(RemoteFailed) as caught:
        animate(**changes)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert caught.value.fix
    assert caught.value.exit_code == 3
    return caught.value


def test_nobody_listens(animate: Animate) -> None:
    nobody = RemoteServer("http://127.0.0.1:1/v1", timeout_seconds=0.5)
    sentence = str(refused(animate, server=nobody))
    assert "http://127.0.0.1:1/v1 cannot be reached" in sentence
    assert "STILLWAVE_REMOTE_URL" in sentence


@pytest.mark.parametrize("url", ["", "gpu:8000", "ftp://gpu/v1", "http://", "/v1"])
def test_an_address_that_is_none(animate: Animate, url: str) -> None:
    assert "address is none" in str(refused(animate, server=RemoteServer(url)))


def test_it_takes_too_long(animate: Animate, server: RunningServer, remote: RemoteServer) -> None:
    server.faults(frame_seconds=0.5)
    start = time.monotonic()
    sentence = str(refused(animate, server=replace(remote, timeout_seconds=0.6)))
    assert time.monotonic() - start < PROMPT
    assert "did not deliver within 0.6 s" in sentence
    assert len(server.asked("DELETE")) == 1


def test_it_is_silent(animate: Animate, server: RunningServer, remote: RemoteServer) -> None:
    server.faults(silent_seconds=9.0)
    start = time.monotonic()
    sentence = str(refused(animate, server=replace(remote, timeout_seconds=0.5)))
    assert time.monotonic() - start < PROMPT
    assert "does not answer in time" in sentence


def test_it_answers_a_web_page(animate: Animate, server: RunningServer) -> None:
    server.faults(html=True)
    sentence = str(refused(animate))
    assert "something else than JSON" in sentence
    assert "/v1" in sentence
    assert len(server.journal()) == 1  # no retry can help


def test_its_address_lacks_a_part(
    animate: Animate, server: RunningServer, remote: RemoteServer
) -> None:
    short = replace(remote, url=remote.url.removesuffix("/v1"))
    assert "has no such route (404)" in str(refused(animate, server=short))


def test_it_fails_half_way(animate: Animate, server: RunningServer) -> None:
    server.faults(fails_at=0.5)
    assert "could not make the video (failed): the model is out of memory" in str(refused(animate))
    assert len(server.asked("POST")) == 1
    assert len(server.asked("DELETE")) == 1


@pytest.mark.parametrize(
    ("share", "words"), [(0.6, "cut off or damaged"), (0.02, "cannot be decoded")]
)
def test_it_sends_a_truncated_video(
    animate: Animate, server: RunningServer, share: float, words: str
) -> None:
    server.faults(truncates=share)
    assert words in str(refused(animate))


def test_it_does_not_know_the_model(animate: Animate, server: RunningServer) -> None:
    server.faults(models=["zoom-1"])
    sentence = str(refused(animate, direction=Direction(model="zoom-9")))
    assert "does not take the request (404): model 'zoom-9' does not exist" in sentence
    assert len(server.asked("POST")) == 1


def test_it_makes_another_shape(animate: Animate, server: RunningServer) -> None:
    server.faults(size=[160, 96])
    assert "made 160×96 where 96×160 was ordered" in str(refused(animate))


def test_a_size_of_its_own_in_the_same_shape_is_taken(
    animate: Animate, server: RunningServer
) -> None:
    server.faults(size=[192, 320])
    clip = animate()
    assert (clip.width, clip.height) == (96, 160)
    assert clip.render(0).shape == (160, 96, 3)


@pytest.mark.parametrize(("status", "tries"), [(400, 1), (422, 1), (500, 1), (503, 5)])
def test_only_what_may_pass_is_tried_again(
    animate: Animate, server: RunningServer, status: int, tries: int
) -> None:
    server.faults(status=status)
    sentence = str(refused(animate))
    assert f"({status}): the model is out of memory" in sentence
    assert len(server.asked("POST")) == tries


def test_a_video_is_not_given_up_for_one_bad_answer(
    animate: Animate, server: RunningServer
) -> None:
    server.faults(stumbles=2)
    animate()
    assert len(server.asked("POST")) == 1


def test_a_server_that_only_fails_is_given_up(animate: Animate, server: RunningServer) -> None:
    server.faults(stumbles=99)
    assert "failed (500): the model is out of memory" in str(refused(animate))
    assert len(server.asked("GET")) == 5
    assert len(server.asked("DELETE")) == 1


def test_a_busy_server_is_asked_again_when_it_said(animate: Animate, server: RunningServer) -> None:
    server.faults(busy=1, retry_after="1")
    start = time.monotonic()
    animate()
    assert time.monotonic() - start > 1.0
    first, second = server.asked("POST")
    assert first["headers"]["idempotency-key"] == second["headers"]["idempotency-key"]


def test_a_server_that_says_when_to_come_back_is_believed_each_time(
    animate: Animate, server: RunningServer
) -> None:
    server.faults(busy=6, retry_after="0")
    animate()
    assert len(server.asked("POST")) == 7


@pytest.mark.parametrize("wait", ["3600", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_a_wait_longer_than_our_patience_is_not_begun(
    animate: Animate, server: RunningServer, wait: str
) -> None:
    server.faults(busy=1, retry_after=wait)
    start = time.monotonic()
    assert "is busy (429): queue full" in str(refused(animate))
    assert time.monotonic() - start < PROMPT


def test_an_order_whose_answer_was_lost_is_made_once(
    animate: Animate, server: RunningServer
) -> None:
    server.faults(loses_answers=1)
    animate()
    orders = server.asked("POST")
    assert len(orders) == 2
    assert len({order["headers"]["idempotency-key"] for order in orders}) == 1
    assert server.empties()  # a second video would lie there still


@pytest.mark.parametrize(("key", "words"), [(None, "asks for a key"), ("bad", "refuses the key")])
def test_it_wants_another_key(
    animate: Animate, server: RunningServer, remote: RemoteServer, key: str | None, words: str
) -> None:
    server.faults(key="right")
    sentence = str(refused(animate, server=replace(remote, key=key)))
    assert words in sentence
    assert "STILLWAVE_REMOTE_KEY" in sentence
    assert len(server.asked("POST")) == 1


KEY = "sk-3f9a-very-secret"


def chain(error: BaseException | None) -> list[str]:
    """Every word of an error and of what it came from."""
    words: list[str] = []
    while error is not None:
        words += [str(error), repr(error), *map(repr, getattr(error, "__notes__", []))]
        error = error.__cause__ or error.__context__
    return words


@pytest.mark.parametrize(
    "faults",
    [
        {"key": "other"},
        {"status": 400, "message": f"bad header: Bearer {KEY}"},
        {"fails_at": 0.5, "message": f"worker was called with {KEY}"},
        {"truncates": 0.5},
    ],
)
def test_the_key_is_in_no_sentence_and_no_log(
    animate: Animate,
    server: RunningServer,
    remote: RemoteServer,
    caplog: pytest.LogCaptureFixture,
    faults: dict[str, object],
) -> None:
    server.faults(**faults)
    with caplog.at_level(logging.DEBUG):
        error = refused(animate, server=replace(remote, key=KEY))
    assert server.journal()[0]["headers"]["authorization"] == f"Bearer {KEY}"
    assert KEY not in caplog.text + "".join(chain(error))


@pytest.mark.parametrize("key", ["two\nlines", "schlüssel", "tab\tbed"])
def test_a_key_that_no_header_carries_is_not_quoted(
    animate: Animate, remote: RemoteServer, key: str
) -> None:
    error = refused(animate, server=replace(remote, key=key))
    assert "STILLWAVE_REMOTE_KEY" in str(error)
    assert key not in "".join(chain(error))


def test_the_key_in_an_address_is_not_quoted(animate: Animate) -> None:
    secret = RemoteServer(f"http://ann:{KEY}@127.0.0.1:1/v1?token={KEY}", timeout_seconds=0.2)
    assert KEY not in "".join(chain(refused(animate, server=secret)))


def test_the_key_does_not_follow_to_another_host(
    animate: Animate, server: RunningServer, remote: RemoteServer
) -> None:
    elsewhere = f"{remote.url.replace('127.0.0.1', 'localhost')}/videos/x/content"
    server.faults(moved=elsewhere)
    refused(animate, server=replace(remote, key=KEY))
    there = [
        entry for entry in server.journal() if entry["headers"]["host"].startswith("localhost")
    ]
    assert there
    assert not any("authorization" in entry["headers"] for entry in there)


def test_a_cancel_stops_the_server_too(
    animate: Animate, server: RunningServer, context: Context
) -> None:
    server.faults(frame_seconds=0.5)
    seen: list[float] = []

    def cancel(stage: str, done: int, total: int) -> None:
        if done > 0 and not seen:
            seen.append(time.monotonic())
            context.cancel.set()

    with pytest.raises(Cancelled):
        animate(job=replace(context, progress=cancel))
    assert time.monotonic() - seen[0] < PROMPT
    assert len(server.asked("DELETE")) == 1
    assert server.empties()


def test_a_cancel_ends_a_wait(animate: Animate, server: RunningServer, context: Context) -> None:
    server.faults(busy=9, retry_after="15")
    timer = threading.Timer(0.3, context.cancel.set)
    timer.start()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        animate(job=context)
    assert time.monotonic() - start < PROMPT
    timer.join()
