"""Whoever goes back to a generation holds it against the builds that were asked for before."""

from alembic import op

revision = "held"
down_revision = "shared"

_HELD = """
-- Jobs up to this one publish nothing while "is_held".
ALTER TABLE collections ADD COLUMN held_after bigint NOT NULL DEFAULT 0;
-- Ids of generations sort by age.
CREATE FUNCTION quoth_gone_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.is_held := TRUE;
    NEW.held_after := COALESCE((SELECT max(id) FROM jobs), 0);
    RETURN NEW;
END $$;
CREATE TRIGGER quoth_gone_back BEFORE UPDATE OF current ON collections
    FOR EACH ROW WHEN (NEW.current < OLD.current) EXECUTE FUNCTION quoth_gone_back();
"""


def upgrade() -> None:
    """Add the column, and what sets it."""
    op.execute(_HELD)
