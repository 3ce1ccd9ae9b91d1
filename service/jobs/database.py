"""The one database: SQLite in the data folder, or Postgres for a fleet."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError

from service.errors import OutOfService
from service.jobs.tables import METADATA
from service.settings import Settings

T = TypeVar("T")

FILE = "service.sqlite"

PATIENCE_SECONDS = 120.0
"""A running job waits so long for a database that went away."""

IDLE = "-c idle_in_transaction_session_timeout=10s"
"""A process that sleeps, or whose machine is gone, in the midst of a change loses what it holds:
else the rows that it locked were nobody's to write."""

_MIGRATION_LOCK = 0x5711
"""Any number, the same for everybody who makes tables."""


def database_url(settings: Settings) -> str:
    """Return the address for SQLAlchemy and for the queue library."""
    if settings.database_url is None:
        return f"sqlite:///{settings.require_data_dir() / FILE}"
    address = settings.database_url.get_secret_value()
    for short in ("postgres://", "postgresql://"):
        if address.startswith(short):
            address = f"postgresql+psycopg://{address.removeprefix(short)}"
    url = sa.make_url(address)
    if url.get_backend_name() == "postgresql" and "options" not in url.query:
        url = url.update_query_dict({"options": IDLE})
    return url.render_as_string(hide_password=False)


def connect(settings: Settings, *, durable: bool = True) -> sa.Engine:
    """Open the database; one engine serves all threads of a process.

    Args:
        durable: a change is on the disk when its commit returns. Otherwise it follows within the
            moment, or with the next change that is durable; a power cut (or the crash of a
            Postgres server) loses the last ones, always the latest first. That is enough for what
            is only done again.
    """
    url = database_url(settings)
    if not url.startswith("sqlite"):
        told = {} if durable else {"options": "-c synchronous_commit=off"}
        return sa.create_engine(
            url, pool_pre_ping=True, pool_size=10, max_overflow=10, connect_args=told
        )
    engine = sa.create_engine(url, connect_args={"timeout": 30}, pool_size=10, max_overflow=20)
    sa.event.listen(engine, "connect", _tune)
    if not durable:
        sa.event.listen(engine, "connect", _hurry)
    return engine


def prepare(engine: sa.Engine) -> None:
    """Make the service's tables where they are missing; one process at a time.

    Raises:
        OutOfService: the database does not answer.
    """
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            else:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            METADATA.create_all(connection)
    except SQLAlchemyError as error:
        raise out_of_service(error) from error


def patiently(work: Callable[[], T]) -> T:
    """Do ``work`` again while the database is away: for jobs that have time.

    Raises:
        OutOfService: it stayed away.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return work()
        except OutOfService:
            if time.monotonic() > deadline:
                raise
        except DBAPIError as error:
            if not _passes(error) or time.monotonic() > deadline:
                raise out_of_service(error) from error
        time.sleep(0.5)


@contextmanager
def in_service() -> Iterator[None]:
    """Turn a database that does not do as told into our error, but for a broken constraint.

    Raises:
        OutOfService: it does not answer.
    """
    try:
        yield
    except IntegrityError:
        raise
    except SQLAlchemyError as error:
        raise out_of_service(error) from error


def out_of_service(error: SQLAlchemyError) -> OutOfService:
    """Return our error for a database that does not do as told."""
    fix = "start the database, or mend STILLWAVE_DATABASE_URL"
    return OutOfService("the database does not answer", actual=type(error).__name__, fix=fix)


def _passes(error: DBAPIError) -> bool:
    return error.connection_invalidated or isinstance(error, OperationalError)


def _tune(connection: sqlite3.Connection, _: object) -> None:
    """One writer at a time that takes its lock at once, beside any number of readers."""
    connection.isolation_level = "IMMEDIATE"
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA busy_timeout=30000")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA cache_size=-512")  # KiB; the system caches the file for all of them


def _hurry(connection: sqlite3.Connection, _: object) -> None:
    """Leave it to the system when the log of changes reaches the disk."""
    connection.execute("PRAGMA synchronous=NORMAL")
