"""Where those wait who are noted as waiting: another process may take their server over."""

from alembic import op

revision = "shards"
down_revision = "first"


def upgrade() -> None:
    """Add the column."""
    op.execute("ALTER TABLE unanswered ADD COLUMN server_id bigint")
