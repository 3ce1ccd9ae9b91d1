"""Changes to the database from many threads: those that wait for one another share one commit.

SQLite has one writer at a time, and each commit waits until the disk has it. So a thread takes
whatever waits, does it in one transaction, each piece behind a savepoint of its own, and everybody
is told when the one commit is through: twenty callers wait for the disk once, not twenty times.
Postgres does the same by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from service.errors import OutOfService

T = TypeVar("T")

MOST_AT_ONCE = 64
"""Changes in one transaction, so that none waits for too many others."""


@dataclass(frozen=True)
class _Change:
    """Attributes:
    caller: what the caller knows of itself, such as the trace it is in.
    """

    work: Callable[[sa.Connection], Any]
    caller: Context = field(default_factory=copy_context)
    answer: Future[Any] = field(default_factory=Future)


class Writer:
    """Changes a database; safe from any thread.

    Args:
        engine: stays its owner's.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._waiting: SimpleQueue[_Change | None] = SimpleQueue()
        self._door = threading.Lock()
        self._closed = False
        self._thread: threading.Thread | None = None
        if engine.dialect.name == "sqlite":
            self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
            self._thread.start()

    def change(self, work: Callable[[sa.Connection], T]) -> T:
        """Do ``work`` in a transaction and return its result when that is committed.

        Raises:
            OutOfService: it is closed.
            Exception: whatever ``work`` or the commit raised; then nothing of it was done.
        """
        if self._thread is None:
            with self._engine.begin() as connection:
                return work(connection)
        change = _Change(work)
        with self._door:
            if self._closed:
                raise OutOfService("the service stops", fix="ask again when it is back")
            self._waiting.put(change)
        result: T = change.answer.result()
        return result

    def close(self) -> None:
        """End when everything that waits is done."""
        with self._door:
            self._closed = True
            self._waiting.put(None)
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        ending = False
        while not ending:
            taken = self._take()
            ending = None in taken
            changes = [change for change in taken if change is not None]
            try:
                _tell(changes, self._commit(changes))
            except Exception as error:  # theirs to know, not this thread's
                _tell(changes, [error] * len(changes))

    def _take(self) -> list[_Change | None]:
        """Wait for a change, and take what else waits."""
        taken = [self._waiting.get()]
        while len(taken) < MOST_AT_ONCE and not self._waiting.empty():  # nobody else takes
            taken.append(self._waiting.get())
        return taken

    def _commit(self, changes: list[_Change]) -> list[Any]:
        with self._engine.begin() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # a savepoint alone would begin nothing
            return [_done(connection, change) for change in changes]


def _done(connection: sa.Connection, change: _Change) -> Any:  # noqa: ANN401
    """Do one change; return its result, or what it raised where the others may go on."""
    connection.exec_driver_sql("SAVEPOINT change")
    try:
        answer = change.caller.run(change.work, connection)
    except Exception as error:
        if isinstance(error, SQLAlchemyError) and not isinstance(error, IntegrityError):
            raise  # a full disk, for one, undoes the whole transaction
        connection.exec_driver_sql("ROLLBACK TO change")
        answer = error
    connection.exec_driver_sql("RELEASE change")
    return answer


def _tell(changes: Sequence[_Change], answers: Sequence[Any]) -> None:
    for change, answer in zip(changes, answers, strict=True):
        if isinstance(answer, Exception):
            change.answer.set_exception(answer)
        else:
            change.answer.set_result(answer)
