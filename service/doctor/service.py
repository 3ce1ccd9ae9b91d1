"""What the HTTP service needs; an optional part, so that its absence is no fault."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec

from service.doctor.finding import Finding

PACKAGES = ("fastapi", "dbos", "sqlalchemy", "obstore", "mcp")
"""That the optional part brings and a newcomer lacks."""


def examine(with_folder: bool) -> Iterator[Finding]:
    """Yield what is found; what stands on something that fails is not looked at.

    Args:
        with_folder: whether the data folder works.
    """
    yield (parts := _parts())
    if parts.fix or not with_folder:
        return
    yield _disk()
    yield (database := _database())
    yield _storage()
    if database.ok:
        yield _keys()


def _parts() -> Finding:
    absent = [package for package in PACKAGES if find_spec(package) is None]
    if absent:
        fix = "optional: pip install 'stillwave[service]'"
        return Finding("service", f"not installed: {', '.join(absent)}", fix=fix)
    return Finding("service", ", ".join(f"{name} {version(name)}" for name in PACKAGES))


def _disk() -> Finding:
    from service.settings import read_settings

    settings = read_settings()
    free, least = shutil.disk_usage(settings.data_dir).free, settings.min_free_mb * 10**6
    state = f"{free / 1e9:.1f} GB free, {least / 1e9:g} GB needed to accept jobs"
    if free < least:
        return Finding("disk", state, False, "free some space, or lower STILLWAVE_MIN_FREE_MB")
    return Finding("disk", state)


def _database() -> Finding:
    """Whether the database answers, by asking it the shortest question."""
    import sqlalchemy as sa
    from sqlalchemy.exc import SQLAlchemyError

    from service.jobs.database import connect, out_of_service
    from service.settings import read_settings

    try:
        engine = connect(read_settings())
    except (SQLAlchemyError, ImportError) as error:
        fix = "mend STILLWAVE_DATABASE_URL; Postgres needs: pip install 'psycopg[binary]'"
        return Finding("database", f"cannot be used ({type(error).__name__})", False, fix)
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
            kept = ".".join(str(part) for part in engine.dialect.server_version_info or ())
    except SQLAlchemyError as error:
        refusal = out_of_service(error)
        return Finding("database", refusal.problem, False, refusal.fix)
    finally:
        engine.dispose()
    address = engine.url
    where = address.database if address.host is None else f"{address.host}/{address.database}"
    return Finding("database", f"{engine.dialect.name} {kept}, {where}")


def _storage() -> Finding:
    """Whether the store takes bytes, by having it keep some."""
    from pipelines.errors import StillwaveError
    from service.settings import read_settings
    from service.storage.store import open_storage

    settings = read_settings()
    try:
        open_storage(settings).check()
    except StillwaveError as error:
        return Finding("storage", error.problem, False, error.fix)
    except ValueError:
        fix = "write STILLWAVE_STORAGE_URL as s3://bucket/prefix"
        return Finding("storage", "its address is none", False, fix)
    return Finding("storage", settings.storage_url or str(settings.data_dir / "blobs"))


def _keys() -> Finding:
    """Whether the service asks for keys; without any it answers to this machine alone."""
    from service.auth import Keys
    from service.jobs.database import connect
    from service.settings import read_settings

    keys = Keys(connect(read_settings()))
    count = sum(key.state == "active" for key in keys.list())
    keys.close()
    if count:
        return Finding("keys", f"{count} active: every request needs one")
    fix = "optional: stillwave keys create NAME"
    return Finding("keys", "none: it answers to this machine alone", fix=fix)
