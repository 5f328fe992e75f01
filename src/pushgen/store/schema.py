"""The tables of the database. Columns are the fields of the records; what is added says why.

The migrations in `migrations/` build the same; a test compares the two.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.types import JSON

from pushgen.store.types import Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)


def _text(*names: str, null: bool = True) -> list[Column[Any]]:
    return [Column(name, Text, nullable=null) for name in names]


def _instants(*names: str, null: bool = True) -> list[Column[Any]]:
    return [Column(name, Instant, nullable=null) for name in names]


def _key(name: str) -> Column[Any]:
    return Column(name, Text, primary_key=True)


def _of(name: str, target: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Text, ForeignKey(target), nullable=null)


contents = Table(
    "contents",
    metadata,
    _key("content_id"),
    *_text("title", "caption", "media", "language", "category"),
    *_instants("created_at"),
)
pushes = Table(
    "pushes",
    metadata,
    _key("push_id"),
    _of("content_id", "contents.content_id"),
    *_text("title"),
    *_text("body", null=False),
    *_text("style", "language", "link"),
    *_instants("expires_at"),
    *_text("media"),
    Index(None, "content_id"),
)
candidates = Table(
    "candidates",
    metadata,
    _key("candidate_id"),
    _of("content_id", "contents.content_id"),
    *_text("title"),
    *_text("body", "style", null=False),
    *_text("language"),
    *_text("generator", null=False),
    Column("seed", BigInteger, nullable=False),
    *_text("prompt_hash", null=False),
    *_text("repaired_from"),
    Index(None, "content_id"),
)
verdicts = Table(
    "verdicts",
    metadata,
    Column("candidate_id", Text, ForeignKey("candidates.candidate_id"), primary_key=True),
    _key("rule"),
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("end", Integer, primary_key=True, autoincrement=False),
    *_text("content_id", "severity", "message", null=False),
)
selections = Table(
    "selections",
    metadata,
    Column("content_id", Text, ForeignKey("contents.content_id"), primary_key=True),
    _of("candidate_id", "candidates.candidate_id"),
    *_text("title"),
    *_text("body", "style", null=False),
    *_text("language"),
    Column("p_win", Float, nullable=False),
    *_text("generator", null=False),
    Column("fallback", Boolean, nullable=False),
    Column("rivals", JSON, nullable=False),
    *_text("reason"),
)
reviews = Table(
    "reviews",
    metadata,
    _key("review_id"),
    _of("candidate_id", "candidates.candidate_id"),
    _of("content_id", "contents.content_id"),
    *_text("reviewer", "decision", null=False),
    *_instants("reviewed_at", null=False),
    *_text("title", "body", "reason"),
    Index(None, "content_id"),
    Index(None, "candidate_id"),
)
approved = Table(
    "approved",
    metadata,
    Column("content_id", Text, ForeignKey("contents.content_id"), primary_key=True),
    _of("push_id", "pushes.push_id"),
    _of("candidate_id", "candidates.candidate_id"),
    *_text("review_id", null=False),
    *_instants("approved_at", null=False),
)
experiments = Table(
    "experiments",
    metadata,
    _key("experiment_id"),
    _of("content_id", "contents.content_id"),
    *_instants("started_at"),
    Column("arms", Integer, nullable=False),
    *_text("stated_winner"),
    Column("stated_confidence", Float),
    *_text("excluded"),
)
arms = Table(
    "arms",
    metadata,
    Column("experiment_id", Text, ForeignKey("experiments.experiment_id"), primary_key=True),
    Column("place", SmallInteger, primary_key=True, autoincrement=False),
    _of("push_id", "pushes.push_id"),
    Column("weight", Integer, nullable=False),
)
campaigns = Table(
    "campaigns",
    metadata,
    _key("campaign_id"),
    *_text("topic", null=False),
    Column("priority", SmallInteger, nullable=False),
    Column("stale_after_seconds", Float),
)
recipients = Table(
    "recipients",
    metadata,
    _key("user_id"),
    *_text("zone"),
    Column("fields", JSON, nullable=False),
)
devices = Table(
    "devices",
    metadata,
    _key("device_id"),
    *_text("user_id", "channel", "address", null=False),
    Column("keys", JSON, nullable=False),
    *_instants("seen_at", null=False),
    *_instants("retired_at"),
    Index(None, "user_id"),
)
preferences = Table(
    "preferences",
    metadata,
    _key("user_id"),
    _key("topic"),
    Column("wanted", Boolean, nullable=False),
    *_instants("changed_at", null=False),
)
deliveries = Table(
    "deliveries",
    metadata,
    _key("key"),
    *_text("user_id", null=False),
    _of("campaign_id", "campaigns.campaign_id"),
    *_text("window", null=False),
    _of("push_id", "pushes.push_id"),
    *_text("channel", null=False),
    *_text("experiment_id"),
    Column("priority", SmallInteger, nullable=False),
    *_text("state", null=False),
    *_text("reason"),
    *_instants("due_at", null=False),
    *_instants("expires_at"),
    *_instants("planned_at", null=False),
    *_instants("decided_at", "rendered_at", "enqueued_at", "sent_at", "settled_at"),
    Column("attempts", Integer, nullable=False),
    Column("recoveries", Integer, nullable=False),
    Column("deferrals", Integer, nullable=False),
    *_text("device_id", "provider_id"),
    # The moment that counts against the caps of the user; null where nothing can have reached the user.
    Column("counted_at", Instant),
    # Whose hands it is in, and until when. A worker may act on a row only while the claim is its own.
    Column("claim", Text),
    Column("lease_until", Instant),
)
Index(
    "ix_deliveries_waiting",
    deliveries.c.channel,
    deliveries.c.priority,
    deliveries.c.due_at,
    sqlite_where=text("state = 'planned'"),
    postgresql_where=text("state = 'planned'"),
)
Index(
    "ix_deliveries_leased",
    deliveries.c.lease_until,
    sqlite_where=text("lease_until IS NOT NULL"),
    postgresql_where=text("lease_until IS NOT NULL"),
)
Index("ix_deliveries_user", deliveries.c.user_id, deliveries.c.counted_at)
Index(
    "ix_deliveries_experiment",
    deliveries.c.experiment_id,
    sqlite_where=text("experiment_id IS NOT NULL"),
    postgresql_where=text("experiment_id IS NOT NULL"),
)
events = Table(
    "events",
    metadata,
    _key("event_id"),
    *_text("kind", null=False),
    *_instants("at", null=False),
    *_text("user_id", "key", "push_id", "topic"),
    Index(None, "user_id"),
    Index(None, "key"),
    Index(None, "at"),
    Index(None, "push_id"),
)
audit = Table(
    "audit",
    metadata,
    Column("entry_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    *_instants("at", null=False),
    *_text("actor", "action", "noun", "noun_id", null=False),
    Column("detail", JSON, nullable=False),
    Index(None, "noun", "noun_id"),
)
models = Table(
    "models",
    metadata,
    _key("version_id"),
    *_text("kind", "folder", "sha256", null=False),
    *_instants("added_at", null=False),
    Column("metrics", JSON, nullable=False),
)
promotions = Table(
    "promotions",
    metadata,
    Column("promotion_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    *_text("kind", null=False),
    _of("version_id", "models.version_id"),
    *_instants("promoted_at", null=False),
    *_text("actor", null=False),
    # What serves is the last promotion that was not rolled back.
    *_instants("rolled_back_at"),
    Index(None, "kind"),
)
channels = Table(
    "channels",
    metadata,
    _key("channel"),
    # Tokens of the bucket that limits the rate of a channel over all workers.
    Column("tokens", Float, nullable=False),
    *_instants("filled_at", null=False),
)
api_keys = Table(
    "api_keys",
    metadata,
    _key("key_id"),
    *_text("name", "secret_sha256", null=False),
    Column("scopes", JSON, nullable=False),
    *_instants("created_at", null=False),
    *_instants("expires_at", "revoked_at"),
)
webhooks = Table(
    "webhooks",
    metadata,
    _key("webhook_id"),
    *_text("url", "secret", null=False),
    Column("kinds", JSON, nullable=False),
    *_instants("created_at", null=False),
)
notices = Table(
    "notices",
    metadata,
    _key("notice_id"),
    *_text("webhook_id", "kind", null=False),
    Column("data", JSON, nullable=False),
    *_instants("at", "due_at", null=False),
    Column("attempts", Integer, nullable=False),
    *_instants("settled_at"),
    *_text("outcome"),
)
Index(
    "ix_notices_waiting",
    notices.c.due_at,
    sqlite_where=text("settled_at IS NULL"),
    postgresql_where=text("settled_at IS NULL"),
)
jobs = Table(
    "jobs",
    metadata,
    _key("job_id"),
    *_text("kind", null=False),
    Column("styles", JSON, nullable=False),
    Column("per_style", Integer, nullable=False),
    Column("seed", BigInteger, nullable=False),
    *_text("state", null=False),
    Column("contents", Integer, nullable=False),
    *_text("asked_by", null=False),
    *_instants("created_at", null=False),
    *_instants("started_at", "finished_at"),
    # Whose hands it is in, and until when, as with deliveries.
    Column("claim", Text),
    Column("lease_until", Instant),
)
job_items = Table(
    "job_items",
    metadata,
    Column("job_id", Text, ForeignKey("jobs.job_id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    *_text("content_id", null=False),
    # Null until the content had its turn; then null stays in `reason` where all went well.
    Column("finished_at", Instant),
    Column("reason", Text),
)
Index(
    "ix_job_items_waiting",
    job_items.c.job_id,
    job_items.c.place,
    sqlite_where=text("finished_at IS NULL"),
    postgresql_where=text("finished_at IS NULL"),
)
Index(
    "ix_jobs_open",
    jobs.c.created_at,
    sqlite_where=text("finished_at IS NULL"),
    postgresql_where=text("finished_at IS NULL"),
)
accounts = Table(
    "accounts",
    metadata,
    _key("name"),
    *_text("role", "password_hash", null=False),
    *_instants("created_at", null=False),
    *_instants("ended_at"),
)
sessions = Table(
    "sessions",
    metadata,
    _key("secret_sha256"),
    _of("name", "accounts.name"),
    *_instants("created_at", "expires_at", null=False),
    Index(None, "name"),
)
judgements = Table(
    "judgements",
    metadata,
    Column("candidate_a", Text, ForeignKey("candidates.candidate_id"), primary_key=True),
    Column("candidate_b", Text, ForeignKey("candidates.candidate_id"), primary_key=True),
    _key("reviewer"),
    _of("content_id", "contents.content_id"),
    *_text("preferred"),
    *_text("shown_first", null=False),
    *_instants("judged_at", null=False),
    Index(None, "content_id"),
)
