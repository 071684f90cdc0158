"""Documents that disagree are a conflict, also in answers that can be linked to."""

from alembic import op

revision = "conflict"
down_revision = "taught"


def upgrade() -> None:
    """Write the kind anew."""
    op.execute(
        "UPDATE kept_answers SET answer ="
        """ replace(answer, '"kind":"disagreement"', '"kind":"conflict"')"""
    )
