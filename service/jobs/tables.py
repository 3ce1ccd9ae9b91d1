"""The service's own tables, beside the queue library's in the same database."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()

_ROW_ID = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by INTEGER alone

RENDERS = Table(
    "stillwave_renders",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("tenant", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("created_at", Float, nullable=False),  # seconds since 1970, UTC
    Column("started_at", Float),
    Column("finished_at", Float),
    Column("progress", JSON),
    Column("recipe", JSON, nullable=False),
    Column("options", JSON, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("source_id", String(64), nullable=False),
    Column("queue", String(20), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("crashes", Integer, nullable=False, default=0),  # attempts that ended in a crash
    Column("report", JSON),
    Column("artifacts", JSON, nullable=False, default=list),
    Column("error", JSON),
    Column("promoted_from", JSON),
    Column("idempotency_key", String(300)),
    Column("fingerprint", String(64), nullable=False),  # of the request, for its key
    UniqueConstraint("tenant", "idempotency_key", name="stillwave_renders_key"),
    Index("stillwave_renders_list", "tenant", "kind", "id"),
    Index("stillwave_renders_state", "state", "queue"),
    Index("stillwave_renders_live", "state", "tenant"),
)

EVENTS = Table(
    "stillwave_events",
    METADATA,
    Column("id", _ROW_ID, primary_key=True, autoincrement=True),
    Column("render_id", String(40), nullable=False),
    Column("tenant", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("at", Float, nullable=False),
    Column("data", JSON, nullable=False),
    Index("stillwave_events_render", "render_id", "id"),
    sqlite_autoincrement=True,  # an id is never given twice, even after a clean-up
)

OUTBOX = Table(
    "stillwave_outbox",
    METADATA,
    # a state that was entered and that nobody was told about yet
    Column("event_id", _ROW_ID, primary_key=True, autoincrement=False),
)

SOURCES = Table(
    "stillwave_sources",
    METADATA,
    Column("tenant", String(200), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("role", String(20), primary_key=True),  # what it was proven to be good for
    Column("size", BigInteger, nullable=False),
    Column("used_at", Float, nullable=False),
)

USES = Table(
    "stillwave_uses",
    METADATA,
    Column(
        "render_id",
        String(40),
        ForeignKey(RENDERS.c.id, ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("blob", String(64), primary_key=True),
    Column("role", String(20), primary_key=True),  # "input"; "kept": a stage's; "artifact"
    Column("size", BigInteger, nullable=False),
    Index("stillwave_uses_blob", "blob"),
)

WORKERS = Table(
    "stillwave_workers",
    METADATA,
    Column("id", String(60), primary_key=True),
    Column("beat", BigInteger, nullable=False),  # rises as long as the worker lives
    Column("about", Text, nullable=False),
)

WEBHOOKS = Table(
    "stillwave_webhooks",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("tenant", String(200), nullable=False),
    Column("url", Text, nullable=False),
    Column("events", JSON, nullable=False),
    Column("secret", String(100), nullable=False),  # as it is: signing needs it
    Column("old_secret", String(100)),
    Column("old_secret_until", Float),
    Column("created_at", Float, nullable=False),
    Column("disabled_at", Float),
    Index("stillwave_webhooks_list", "tenant", "id"),
)

DELIVERIES = Table(
    "stillwave_webhook_deliveries",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("webhook_id", String(40), ForeignKey(WEBHOOKS.c.id, ondelete="CASCADE"), nullable=False),
    Column("render_id", String(40), nullable=False),
    Column("type", String(40), nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("created_at", Float, nullable=False),  # when the event happened
    Column("due_at", Float, nullable=False),  # while it is claimed: when the claim lapses
    Column("claim", String(40)),
    Column("attempts", Integer, nullable=False, default=0),  # since it was made, or replayed
    Column("tries", JSON, nullable=False, default=list),
    Index("stillwave_webhook_deliveries_list", "webhook_id", "state", "id"),
    Index("stillwave_webhook_deliveries_due", "state", "due_at"),
    Index("stillwave_webhook_deliveries_age", "created_at"),
)
