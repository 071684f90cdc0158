"""Messages that servers were taught, as the file of SQLite has them."""

from alembic import op

revision = "taught"
down_revision = "forgotten"

_TAUGHT = """
CREATE TABLE taught (
    message_id bigint PRIMARY KEY,
    server_id bigint NOT NULL,
    channel_id bigint NOT NULL,
    server text NOT NULL,
    question text NOT NULL,
    text text NOT NULL,
    written text NOT NULL,
    author text NOT NULL,
    consent text NOT NULL,
    agreed double precision NOT NULL
);
CREATE INDEX taught_server ON taught (server);
CREATE INDEX taught_author ON taught (author);
CREATE TRIGGER quoth_forgotten BEFORE INSERT ON taught FOR EACH ROW
    WHEN (quoth_is_forgotten(NEW.author, NEW.agreed)) EXECUTE FUNCTION quoth_write_nothing();
"""


def upgrade() -> None:
    """Add the table."""
    op.execute(_TAUGHT)
