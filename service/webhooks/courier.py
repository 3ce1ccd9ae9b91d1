"""The courier of a worker: makes deliveries of what happened and sends those that are due."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from pipelines.errors import StillwaveError
from service.addresses import policy_of
from service.chores import Chore
from service.jobs.database import connect, patiently, prepare
from service.settings import Settings
from service.webhooks.nouns import Claim
from service.webhooks.outbox import AT_ONCE, make_deliveries
from service.webhooks.sending import Answer, Sender
from service.webhooks.states import Verdict, claim, forget, settle

LOG = logging.getLogger("stillwave.webhooks")

LOOK_SECONDS = 0.5
"""Between two looks at what happened and what is due."""

CLEAN_SECONDS = 600.0

MOST = 32
"""Messages on their way at a time."""

LEASE_MARGIN = 5.0
"""Seconds beyond the longest attempt until a claim lapses; then its courier is taken for dead."""

LONGEST_WAIT = 86_400.0
"""Seconds that a receiver may ask to be left alone."""

JITTER = 0.2
"""A pause is longer by up to this part of it, so that what failed together returns apart."""

STOP_SECONDS = 2.0
"""For messages on their way when the worker stops; others send them again after their lease."""


class Courier:
    """One worker's courier; as many as there are share the work."""

    def __init__(self, settings: Settings, sender: Sender | None = None) -> None:
        self._settings = settings
        self._engine = connect(settings)
        patiently(lambda: prepare(self._engine))
        seconds = settings.webhook_timeout_seconds
        self._sender = sender or Sender(policy_of(settings), seconds)
        self._lease = seconds + LEASE_MARGIN
        self._pool = ThreadPoolExecutor(MOST, thread_name_prefix="webhook")
        self._lock = threading.Lock()
        self._under_way: Counter[str] = Counter()
        self._chores = [Chore(LOOK_SECONDS, self.look), Chore(CLEAN_SECONDS, self.clean)]

    def start(self) -> None:
        """Begin, in threads."""
        for chore in self._chores:
            chore.start()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Take nothing more, and wait a little for what is on its way."""
        for chore in self._chores:
            chore.end()
        deadline = time.monotonic() + seconds
        while self._under_way.total() and time.monotonic() < deadline:
            time.sleep(0.05)
        self._engine.dispose()

    def look(self) -> None:
        """Make deliveries of what happened, and begin to send what is due; waits for nobody."""
        while make_deliveries(self._engine) == AT_ONCE:
            pass
        with self._lock:
            busy = +self._under_way
        room = MOST - busy.total()
        if room <= 0:
            return
        with self._engine.begin() as connection:
            claims = claim(connection, self._lease, busy, room)
        for one in claims:
            self._count(one, 1)
            self._pool.submit(self._carry, one)

    def clean(self) -> None:
        """Forget old deliveries, as old jobs are."""
        with self._engine.begin() as connection:
            forget(connection, time.time() - self._settings.retention_days * 86_400)

    def _carry(self, one: Claim) -> None:
        try:
            answer = self._sender.send(one)
            verdict = judge(answer, one.attempts, self._settings.webhook_retry_seconds)
            patiently(lambda: self._settle(one, answer, verdict))
            _report(one, answer, verdict)
        except StillwaveError as error:
            LOG.warning("what came of delivery %s is not written down: %s", one.id, error)
        except Exception:  # nobody looks at this thread's end; the claim lapses
            LOG.exception("delivery %s broke", one.id)
        finally:
            self._count(one, -1)

    def _settle(self, one: Claim, answer: Answer, verdict: Verdict) -> None:
        with self._engine.begin() as connection:
            settle(connection, one, answer.tried, verdict)

    def _count(self, one: Claim, change: int) -> None:
        with self._lock:
            self._under_way[one.webhook_id] += change


def judge(
    answer: Answer, attempts: int, pauses: Sequence[float], chance: float | None = None
) -> Verdict:
    """Return what follows from an attempt.

    Args:
        attempts: this one included.
        pauses: seconds after the first attempt, after the second …
        chance: 0..1, for the jitter; drawn when None.
    """
    if answer.accepted:
        return Verdict("delivered")
    if answer.gone:
        return Verdict("dead", gone=True)
    if attempts > len(pauses):
        return Verdict("dead")
    stretch = 1 + JITTER * (random.random() if chance is None else chance)
    asked = min(answer.retry_after, LONGEST_WAIT)
    return Verdict("pending", max(pauses[attempts - 1], asked) * stretch)


def _report(one: Claim, answer: Answer, verdict: Verdict) -> None:
    """Write the log's line; addresses may hold secrets, and are left out."""
    fields = {
        "webhook": one.webhook_id,
        "delivery": one.id,
        "attempt": one.attempts,
        "outcome": answer.tried.detail,
        "state": verdict.state,
        "seconds": round(answer.tried.seconds, 3),
    }
    level = logging.WARNING if verdict.state == "dead" else logging.INFO
    LOG.log(level, "delivery", extra={"fields": fields})
