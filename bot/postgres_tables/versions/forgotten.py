"""Members who had themselves forgotten: what another process still has of them is not written."""

from alembic import op

revision = "forgotten"
down_revision = "held"

# The second lock is the audit trail's own, which names members by their ids.
_FORGOTTEN = """
-- By hashed id. Nothing is written any more of what a member did until then.
CREATE TABLE forgotten (member text PRIMARY KEY, noted double precision NOT NULL);
-- Whoever is writing of members with the same number has ended before it is deleted what is kept of
-- one of them. A lock for each member would be too many for a long copy.
CREATE FUNCTION quoth_member_lock(who text) RETURNS integer IMMUTABLE LANGUAGE sql AS
    $$ SELECT hashtext(who) & 63 $$;
CREATE FUNCTION quoth_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1364545350, quoth_member_lock(NEW.member));
    LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE;
    RETURN NEW;
END $$;
CREATE TRIGGER quoth_forget BEFORE INSERT OR UPDATE ON forgotten
    FOR EACH ROW EXECUTE FUNCTION quoth_forget();
CREATE FUNCTION quoth_is_forgotten(who text, since double precision) RETURNS boolean
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1364545350, quoth_member_lock(who));
    RETURN EXISTS (SELECT 1 FROM forgotten WHERE member = who AND noted >= since);
END $$;
CREATE FUNCTION quoth_write_nothing() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RETURN NULL; END $$;
-- What others keep of the member in memory goes too.
CREATE TRIGGER quoth_rules_changed AFTER INSERT OR UPDATE ON forgotten
    FOR EACH STATEMENT EXECUTE FUNCTION quoth_rules_changed();
"""


def upgrade() -> None:
    """Add the table, and what looks into it."""
    op.execute(_FORGOTTEN)
    for table, member, time in (
        ("answers", "asker", "created"),
        ("questions", "asker", "created"),
        ("feedback", "voter", "created"),
        ("conversations", "asker", "touched"),
    ):
        op.execute(
            f"CREATE TRIGGER quoth_forgotten BEFORE INSERT ON {table} FOR EACH ROW"
            f" WHEN (quoth_is_forgotten(NEW.{member}, NEW.{time}))"
            " EXECUTE FUNCTION quoth_write_nothing()"
        )
