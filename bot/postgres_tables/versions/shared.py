"""What builders and answering nodes share: jobs, and which generations are made of which parts."""

from alembic import op

revision = "shared"
down_revision = "shards"

_TABLES = """
-- Machines have clocks of their own; the database's counts, in seconds since 1970.
CREATE FUNCTION quoth_now() RETURNS double precision LANGUAGE sql AS
    $$ SELECT EXTRACT(EPOCH FROM clock_timestamp())::double precision $$;
-- Parts in storage by the name that each has where it is used: {name: [sha256, size]}. It stands
-- here before the parts are written, so that none of them is deleted meanwhile.
CREATE TABLE listings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created double precision NOT NULL,
    is_used boolean NOT NULL DEFAULT FALSE,
    files text NOT NULL
);
-- To go back to a generation, set "current".
CREATE TABLE collections (
    name text PRIMARY KEY,
    current text,
    is_held boolean NOT NULL DEFAULT FALSE,
    documents bigint REFERENCES listings
);
CREATE TABLE generations (
    collection text NOT NULL REFERENCES collections ON DELETE CASCADE,
    generation text NOT NULL,
    manifest text NOT NULL,
    listing bigint NOT NULL REFERENCES listings,
    PRIMARY KEY (collection, generation)
);
ALTER TABLE collections ADD FOREIGN KEY (name, current) REFERENCES generations;
CREATE TABLE jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    collection text NOT NULL,
    rebuild boolean NOT NULL,
    size bigint NOT NULL,
    documents bigint REFERENCES listings,
    overtaken integer NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    holder text,
    -- Nobody else may take it before; of one that is being built, its lease.
    due double precision NOT NULL DEFAULT 0,
    stage text NOT NULL DEFAULT 'wait',
    done bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL DEFAULT 0,
    outcome text,
    report text NOT NULL DEFAULT '',
    finished double precision
);
CREATE INDEX jobs_wanted ON jobs (id) WHERE outcome IS NULL;
-- One job a collection at a time.
CREATE UNIQUE INDEX jobs_running ON jobs (collection) WHERE outcome IS NULL AND holder IS NOT NULL;
CREATE TABLE lost_parts (sha256 text PRIMARY KEY, noted double precision NOT NULL);
"""
_NOTIFIED = """
CREATE FUNCTION quoth_generations_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('quoth_generations', '');
    RETURN NULL;
END $$;
CREATE TRIGGER quoth_generations_changed AFTER INSERT OR UPDATE OR DELETE ON collections
    FOR EACH STATEMENT EXECUTE FUNCTION quoth_generations_changed();
"""


def upgrade() -> None:
    """Make them."""
    op.execute(_TABLES + _NOTIFIED)
