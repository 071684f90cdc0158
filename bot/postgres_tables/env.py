"""What alembic runs: the versions that a connection lacks, in the transaction that it is in."""

from alembic import context

from bot.postgres_tables import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
