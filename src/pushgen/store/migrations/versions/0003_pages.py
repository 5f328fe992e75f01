"""What the pages keep: accounts, sessions, judgements of pairs."""

import sqlalchemy as sa
from alembic import op

from pushgen.store.types import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_accounts"),
    )
    op.create_table(
        "sessions",
        sa.Column("secret_sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["name"], ["accounts.name"], name="fk_sessions_name"),
        sa.PrimaryKeyConstraint("secret_sha256", name="pk_sessions"),
    )
    op.create_index("ix_sessions_name", "sessions", ["name"])
    op.create_table(
        "judgements",
        sa.Column("candidate_a", sa.Text(), nullable=False),
        sa.Column("candidate_b", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("content_id", sa.Text(), nullable=False),
        sa.Column("preferred", sa.Text(), nullable=True),
        sa.Column("shown_first", sa.Text(), nullable=False),
        sa.Column("judged_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["candidate_a"], ["candidates.candidate_id"], name="fk_judgements_candidate_a"),
        sa.ForeignKeyConstraint(["candidate_b"], ["candidates.candidate_id"], name="fk_judgements_candidate_b"),
        sa.ForeignKeyConstraint(["content_id"], ["contents.content_id"], name="fk_judgements_content_id"),
        sa.PrimaryKeyConstraint("candidate_a", "candidate_b", "reviewer", name="pk_judgements"),
    )
    op.create_index("ix_judgements_content_id", "judgements", ["content_id"])


def downgrade() -> None:
    for table in ("judgements", "sessions", "accounts"):
        op.drop_table(table)
