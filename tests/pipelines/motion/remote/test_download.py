"""A download that breaks off: resumed where that is safe, begun anew where it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from pipelines.context import Context
from pipelines.errors import Cancelled, RemoteFailed
from pipelines.machine import RemoteServer
from tests.pipelines.motion.remote.conftest import Animate
from tests.pipelines.motion.remote.running import RunningServer

SLOW = {"piece_seconds": 0.01}


def at_first_bytes(act: Callable[[], None]) -> Callable[[str, int, int], None]:
    """Return a listener that acts when the download has begun, once."""
    done: list[bool] = []

    def listen(stage: str, received: int, total: int) -> None:
        if stage == "download" and received and not done:
            assert received < total
            done.append(True)
            act()

    return listen


def test_a_dropped_connection_is_resumed(animate: Animate, server: RunningServer) -> None:
    whole = animate().stack()
    server.faults(drops=1)
    np.testing.assert_array_equal(animate().stack(), whole)
    first, second = server.asked("GET", "/content")
    assert "range" not in first["headers"]
    assert second["headers"]["range"].startswith("bytes=")
    assert second["headers"]["if-range"]


def test_a_line_that_drops_again_and_again_still_brings_it_home(
    animate: Animate, server: RunningServer
) -> None:
    """More often than one thing is tried in a row: each time something new has come."""
    server.faults(drops=8, drops_after=0.1)
    assert animate().count == 6
    assert len(server.asked("GET", "/content")) == 9


def test_a_line_that_never_brings_more_is_given_up(
    animate: Animate, server: RunningServer, remote: RemoteServer
) -> None:
    server.faults(drops=99, ranges=False, drops_after=0.2)
    with pytest.raises(RemoteFailed, match="broke off the connection"):
        animate(server=replace(remote, timeout_seconds=2.0))


def test_a_download_has_its_time_limit(
    animate: Animate, server: RunningServer, remote: RemoteServer
) -> None:
    server.faults(piece_seconds=0.5)
    with pytest.raises(RemoteFailed, match="did not deliver within 2 s"):
        animate(server=replace(remote, timeout_seconds=2.0))


def test_without_ranges_it_begins_anew(animate: Animate, server: RunningServer) -> None:
    whole = animate().stack()
    server.faults(drops=1, ranges=False)
    np.testing.assert_array_equal(animate().stack(), whole)
    assert len(server.asked("GET", "/content")) == 2


def test_a_server_killed_and_started_anew_is_gone_on_with(
    animate: Animate, server: RunningServer, context: Context
) -> None:
    whole = animate().stack()
    server.faults(**SLOW)

    def power_cut() -> None:
        server.kill()
        server.start()

    clip = animate(job=replace(context, progress=at_first_bytes(power_cut)))
    np.testing.assert_array_equal(clip.stack(), whole)
    (again,) = server.asked("GET", "/content")  # the new process's journal
    assert int(again["headers"]["range"].removeprefix("bytes=").removesuffix("-")) > 0
    assert len(server.asked("DELETE")) == 1


def test_a_server_that_lost_its_videos_says_so(
    animate: Animate, server: RunningServer, context: Context
) -> None:
    server.faults(**SLOW)

    def fire() -> None:
        server.kill()
        for path in server.folder.iterdir():
            path.unlink()
        server.start()

    with pytest.raises(RemoteFailed, match="no longer has the video"):
        animate(job=replace(context, progress=at_first_bytes(fire)))


def test_a_server_killed_for_good_ends_with_a_sentence(
    animate: Animate, server: RunningServer, remote: RemoteServer, context: Context
) -> None:
    server.faults(**SLOW)
    hasty = replace(remote, timeout_seconds=3.0)
    with pytest.raises(RemoteFailed, match="cannot be reached"):
        animate(job=replace(context, progress=at_first_bytes(server.kill)), server=hasty)
    server.start()


def test_a_cancel_is_seen_within_a_chunk(
    animate: Animate, server: RunningServer, context: Context
) -> None:
    server.faults(piece_seconds=0.1)
    with pytest.raises(Cancelled):
        animate(job=replace(context, progress=at_first_bytes(context.cancel.set)))
    assert len(server.asked("DELETE")) == 1
